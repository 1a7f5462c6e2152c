"""What is wrong with routing.yaml that no single field shows: names that miss, rules in vain."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from services.router.domain.routing_config import (
    Condition,
    Route,
    RoutingConfig,
    Selection,
    Trigger,
)

Loc = tuple[str | int, ...]
Finding = tuple[Loc, str]

_WITH_METRIC = {Trigger.WARNING, Trigger.BREACH}


def findings(config: RoutingConfig) -> list[Finding]:
    """Each with the place in the file that has to change; empty: nothing is wrong."""
    return [
        *_twice(config),
        *_unknown_queues(config),
        *_last_pool(config),
        *_empty_conditions(config),
        *_wishes_in_vain(config),
        *_metrics_in_vain(config),
        *_hours(config),
        *_rotas(config),
        *_alarm(config),
        *_weights(config),
        *_hidden(config),
    ]


def _routes(config: RoutingConfig) -> Iterator[tuple[Loc, Route]]:
    for index, rule in enumerate(config.rules):
        yield ("rules", index), rule
    yield ("otherwise",), config.otherwise


def _twice(config: RoutingConfig) -> Iterator[Finding]:
    for section in ("pools", "queues", "rules", "escalations", "hours", "on_call"):
        seen: set[str] = set()
        for index, item in enumerate(getattr(config, section)):
            if item.name in seen:
                said = f'there is another "{item.name}" above; give this one a name of its own'
                yield (section, index, "name"), said
            seen.add(item.name)


def _unknown_queues(config: RoutingConfig) -> Iterator[Finding]:
    known = [queue.name for queue in config.queues]
    for loc, name in _named_queues(config):
        if name not in known:
            yield loc, _unknown(name, known)
    for at, route in _routes(config):
        if route.overflow is not None and route.overflow.queue == route.queue:
            said = f'"{route.queue}" cannot overflow into itself; name another queue'
            yield (*at, "overflow", "queue"), said


def _named_queues(config: RoutingConfig) -> Iterator[tuple[Loc, str]]:
    for at, route in _routes(config):
        yield (*at, "queue"), route.queue
        if route.overflow is not None:
            yield (*at, "overflow", "queue"), route.overflow.queue
    for index, escalation in enumerate(config.escalations):
        if escalation.queue is not None:
            yield ("escalations", index, "queue"), escalation.queue
    for index, queue in enumerate(config.queues):
        if queue.when_closed is not None:
            yield ("queues", index, "when_closed"), queue.when_closed


def _unknown(name: str, known: Sequence[str]) -> str:
    nearest = get_close_matches(name, known, n=1)
    hint = f'did you mean "{nearest[0]}"?' if nearest else f"queues: {', '.join(known)}"
    return f'there is no queue "{name}"; {hint}'


def _unwritten(name: str, section: str, known: Sequence[str]) -> str:
    nearest = get_close_matches(name, known, n=1)
    hint = f'did you mean "{nearest[0]}"?' if nearest else "write it there first"
    return f'there is no "{name}" under `{section}`; {hint}'


def _last_pool(config: RoutingConfig) -> Iterator[Finding]:
    last = len(config.pools) - 1
    for index, pool in enumerate(config.pools):
        if index == last and pool.when is not None:
            yield ("pools", index, "when"), "the last pool takes every other ticket: leave it out"
        if index != last and pool.when is None:
            yield ("pools", index), "must have `when`: without it no ticket ever comes here"
        if index != last and not pool.teams:
            yield ("pools", index), "must have `teams`: without them no agent ever comes here"


def _empty_conditions(config: RoutingConfig) -> Iterator[Finding]:
    for index, rule in enumerate(config.rules):
        if not rule.when.model_fields_set:
            yield (
                ("rules", index, "when"),
                "must name at least one field; what fits every ticket belongs under `otherwise`",
            )


def _wishes_in_vain(config: RoutingConfig) -> Iterator[Finding]:
    for at, route in _routes(config):
        for skill, level in route.prefer.items():
            if level <= route.skills.get(skill, 0):
                least = route.skills[skill]
                said = f"level {least} is required anyway; prefer a higher one, or leave this out"
                yield (*at, "prefer", skill), said


def _metrics_in_vain(config: RoutingConfig) -> Iterator[Finding]:
    for index, rule in enumerate(config.escalations):
        if rule.metrics is not None and not _WITH_METRIC.intersection(rule.on):
            yield (
                ("escalations", index, "metrics"),
                "only a warning or a breach has a metric, and this rule is for neither",
            )


def _hours(config: RoutingConfig) -> Iterator[Finding]:
    known = [hours.name for hours in config.hours]
    for index, queue in enumerate(config.queues):
        at: Loc = ("queues", index)
        if queue.hours is not None and queue.hours not in known:
            yield (*at, "hours"), _unwritten(queue.hours, "hours", known)
        if queue.when_closed is not None and queue.hours is None:
            yield (
                (*at, "when_closed"),
                "this queue never closes: give it `hours`, or leave this out",
            )
        if queue.when_closed == queue.name:
            said = f'"{queue.name}" cannot stand in for itself; name another queue'
            yield (*at, "when_closed"), said


def _rotas(config: RoutingConfig) -> Iterator[Finding]:
    known = [rota.name for rota in config.on_call]
    for index, escalation in enumerate(config.escalations):
        if escalation.on_call is not None and escalation.on_call not in known:
            yield (
                ("escalations", index, "on_call"),
                _unwritten(escalation.on_call, "on_call", known),
            )


def _alarm(config: RoutingConfig) -> Iterator[Finding]:
    if config.never_assigned is not None:
        return
    for index, escalation in enumerate(config.escalations):
        if Trigger.UNASSIGNED in escalation.on:
            yield (
                ("escalations", index, "on"),
                "nothing is ever unassigned for too long: say `never_assigned: 15m` above",
            )


def _weights(config: RoutingConfig) -> Iterator[Finding]:
    used = {config.selection, *(queue.selection for queue in config.queues)}
    if config.weights and Selection.WEIGHTED not in used:
        yield ("weights",), "no queue selects by weight: say `selection: weighted` for one"


def _hidden(config: RoutingConfig) -> Iterator[Finding]:
    """A rule that asks for all that an earlier one asks for, and more, is never reached."""
    for later, rule in enumerate(config.rules):
        for earlier in config.rules[:later]:
            if earlier.when.model_fields_set and _covers(earlier.when, rule.when):
                why = f'never reached: "{earlier.name}" above takes all of its tickets'
                yield ("rules", later, "when"), f"{why}; move this rule up"
                break


def _covers(wide: Condition, narrow: Condition) -> bool:
    for name in wide.model_fields_set:
        asked, given = getattr(wide, name), getattr(narrow, name)
        if asked is None:
            continue
        if not isinstance(asked, tuple):
            if given != asked:
                return False
        elif given is None or not set(given) <= set(asked):
            return False
    return True
