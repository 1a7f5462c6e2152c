"""Which targets a ticket's clocks have: on triage, on a new cycle, and when the facts change."""

from collections.abc import Iterable

from services.sla.domain.clock_states import both, replace, say_breached, say_fulfilled
from services.sla.domain.hearing import Hearing
from services.sla.domain.policy import INTERNAL, Policy, Target
from services.sla.domain.sla_clock import (
    Clock,
    companion,
    judged,
    promises,
    recounted,
    retargeted,
    started,
    stopped,
)
from services.sla.domain.ticket_facts import TicketFacts, what_changed
from shared.contracts.fields import Status
from shared.contracts.sla import Metric, SlaRetargeted, SlaTargetsSet

ONCE = (
    *both(Metric.FIRST_RESPONSE),
    Metric.ASSIGNMENT,
    *both(Metric.RESOLUTION),
)
NEW_RULES = "the policies were changed"


def start_clock(hearing: Hearing, metric: Metric, *, cycle: int = 1) -> None:
    """A new clock from the input's instant on; it has a target once triage has spoken."""
    _start(hearing, metric, cycle)
    for inner in both(metric)[1:]:
        if _wants(hearing, inner) and hearing.state.promised:
            _start(hearing, inner, cycle)


def _wants(hearing: Hearing, metric: Metric) -> bool:
    return hearing.policy.target(metric, hearing.state.facts.priority) is not None


def _start(hearing: Hearing, metric: Metric, cycle: int) -> None:
    policy, facts = hearing.policy, hearing.state.facts
    target = policy.target(metric, facts.priority) if hearing.state.promised else None
    name = policy.schedule if target is None else target.schedule
    schedule = hearing.rules.schedule(name)
    clock = started(hearing.at, name, target, schedule, cycle=cycle)
    hearing.put(metric, clock if hearing.runs(metric) else stopped(clock, hearing.at, schedule))


def announce(hearing: Hearing, metric: Metric) -> None:
    """A new cycle's targets: the outer, and the internal beside it."""
    new = [each for each in both(metric) if _is_of_cycle(hearing, each, metric)]
    _announce(hearing, new)


def _is_of_cycle(hearing: Hearing, metric: Metric, outer: Metric) -> bool:
    clocks = hearing.state.clocks
    return metric in clocks and clocks[metric].cycle == clocks[outer].cycle


def _announce(hearing: Hearing, metrics: Iterable[Metric]) -> None:
    targets = hearing.targets(metrics)
    if targets:
        hearing.say(
            SlaTargetsSet(
                policy=hearing.policy.name,
                policy_version=hearing.rules.version,
                schedule=hearing.policy.schedule,
                targets=targets,
            )
        )


def follow_facts(hearing: Hearing, facts: TicketFacts) -> None:
    """The policy that fits now, with its targets, as soon as the priority is known."""
    before = hearing.state.facts
    hearing.change(facts=facts)
    reasons = what_changed(before, facts)
    if not reasons or facts.priority is None:
        return
    if not hearing.state.promised:
        _promise(hearing)
    elif not _fits_still(hearing, before):
        _take_back(hearing)
        _aim_anew(hearing, "; ".join(reasons))


def _take_back(hearing: Hearing) -> None:
    """Breaches of targets that no longer held at the deadline: the fact was accepted by then."""
    policy = hearing.rules.choose_policy(hearing.state.facts)
    for metric, clock in hearing.open_clocks():
        if clock.breached_at is None or hearing.at > clock.breached_at or not clock.running:
            continue
        target = policy.target(metric, hearing.state.facts.priority)
        anew = _aimed_at(hearing, target, clock._replace(breached_at=None))
        if anew.due_at != clock.breached_at:
            replace(hearing, metric, clock, clock._replace(breached_at=None), "retargeted")
        else:  # due at the same instant: it is the other target that was missed
            hearing.put(metric, clock._replace(target_ms=anew.target_ms))


def _fits_still(hearing: Hearing, before: TicketFacts) -> bool:
    """The same policy for the same priority promises the same."""
    facts = hearing.state.facts
    chosen = hearing.rules.choose_policy(facts).name
    return chosen == hearing.state.policy and facts.priority is before.priority


def follow_rules(hearing: Hearing) -> None:
    """A ticket that was promised something under another version of the file moves over."""
    if hearing.state.policy_version == hearing.rules.version:
        return
    if hearing.state.promised:
        _aim_anew(hearing, NEW_RULES)
    else:
        _adopt(hearing, hearing.rules.choose_policy(hearing.state.facts))


def _adopt(hearing: Hearing, policy: Policy) -> None:
    rules = hearing.rules
    hearing.change(policy=policy.name, policy_version=rules.version, desks=rules.desks)


def _promise(hearing: Hearing) -> None:
    """The first targets; what was reached before they were known is judged by them."""
    _adopt(hearing, hearing.rules.choose_policy(hearing.state.facts))
    hearing.change(promised=True)
    _add_internal(hearing)
    for metric, clock in list(hearing.state.clocks.items()):
        hearing.put(metric, _first_aimed(hearing, metric, clock))
    clocks = hearing.state.clocks
    reached = [metric for metric in ONCE if metric in clocks and not clocks[metric].open]
    _announce(hearing, [m for m, clock in clocks.items() if clock.open or m in reached])
    for metric in reached:
        _judge(hearing, metric)


def _first_aimed(hearing: Hearing, metric: Metric, clock: Clock) -> Clock:
    target = hearing.policy.target(metric, hearing.state.facts.priority)
    name = hearing.policy.schedule if target is None else target.schedule
    aimed = _aimed(hearing, metric, recounted(clock, name))
    return judged(aimed, hearing.rules.schedule(name)) if metric in ONCE else aimed


def _judge(hearing: Hearing, metric: Metric) -> None:
    clock = hearing.state.clocks[metric]
    if clock.due_at is not None and clock.ended_at is not None and clock.ended_at > clock.due_at:
        say_breached(hearing, metric, clock.due_at)
    say_fulfilled(hearing, metric)


def _aim_anew(hearing: Hearing, reason: str) -> None:
    before = hearing.state.policy, dict(hearing.state.clocks)
    same_desks = hearing.state.desks == hearing.rules.desks
    _adopt(hearing, hearing.rules.choose_policy(hearing.state.facts))
    _add_internal(hearing)
    policy, priority = hearing.policy, hearing.state.facts.priority
    for metric, clock in hearing.open_clocks():
        if not (same_desks and promises(clock, policy.target(metric, priority))):
            hearing.put(metric, _aimed(hearing, metric, clock))
    after = hearing.state
    if before == (after.policy, after.clocks) or after.status is Status.CLOSED:
        return
    hearing.say(
        SlaRetargeted(
            policy=after.policy,
            policy_version=after.policy_version,
            schedule=policy.schedule,
            targets=hearing.targets(metric for metric, clock in hearing.open_clocks()),
            reason=reason,
        )
    )


def _add_internal(hearing: Hearing) -> None:
    """An internal promise that is new finds what has passed on the outer one's clock."""
    clocks = hearing.state.clocks
    for outer, inner in INTERNAL.items():
        if outer in clocks and inner not in clocks and _wants(hearing, inner):
            hearing.put(inner, companion(clocks[outer]))


def aim_again(hearing: Hearing, metric: Metric, clock: Clock) -> Clock:
    """The target that holds now, for a clock that was over while the facts changed."""
    return _aimed(hearing, metric, clock) if hearing.state.promised else clock


def _aimed(hearing: Hearing, metric: Metric, clock: Clock) -> Clock:
    target = hearing.policy.target(metric, hearing.state.facts.priority)
    return _aimed_at(hearing, target, clock)


def _aimed_at(hearing: Hearing, target: Target | None, clock: Clock) -> Clock:
    new = hearing.rules.schedule(clock.schedule if target is None else target.schedule)
    old = hearing.rules.schedules.get(clock.schedule, new)
    return retargeted(clock, target, old, new, hearing.at)
