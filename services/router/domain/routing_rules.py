"""Which rule holds for a ticket: routing.yaml, made quick to ask."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from services.router.domain.routing_config import (
    ArrivalCondition,
    EscalationConfig,
    QueueConfig,
    Route,
    RoutingConfig,
    RuleConfig,
    Selection,
    Trigger,
)
from services.router.domain.ticket import Facts, RoutedTicket
from shared.contracts.sla import Metric

OTHERWISE = "otherwise"
Test = tuple[str, frozenset[Any]]


def _tests(condition: ArrivalCondition | None) -> tuple[Test, ...]:
    if condition is None:
        return ()
    given = ((name, getattr(condition, name)) for name in type(condition).model_fields)
    return tuple(
        (name, frozenset(value if isinstance(value, tuple) else (value,)))
        for name, value in given
        if value is not None
    )


def _fits(tests: tuple[Test, ...], facts: Facts) -> bool:
    for name, allowed in tests:
        value = getattr(facts, name)
        fits = not allowed.isdisjoint(value) if isinstance(value, tuple) else value in allowed
        if not fits:
            return False
    return True


@dataclass(frozen=True, slots=True)
class RoutingRules:
    config: RoutingConfig
    version: str
    _queues: dict[str, QueueConfig] = field(init=False)
    _rules: tuple[tuple[tuple[Test, ...], RuleConfig], ...] = field(init=False)
    _escalations: tuple[tuple[tuple[Test, ...], EscalationConfig], ...] = field(init=False)
    _pools: tuple[tuple[tuple[Test, ...], str], ...] = field(init=False)

    def __post_init__(self) -> None:
        config = self.config
        compiled = {
            "_queues": {queue.name: queue for queue in config.queues},
            "_rules": tuple((_tests(rule.when), rule) for rule in config.rules),
            "_escalations": tuple((_tests(rule.when), rule) for rule in config.escalations),
            "_pools": tuple((_tests(pool.when), pool.name) for pool in config.pools[:-1]),
        }
        for name, value in compiled.items():
            object.__setattr__(self, name, value)

    def route_for(self, facts: Facts) -> tuple[str, Route]:
        """The first rule that fits, by name."""
        for tests, rule in self._rules:
            if _fits(tests, facts):
                return rule.name, rule
        return OTHERWISE, self.config.otherwise

    def escalation_for(
        self, trigger: Trigger, metric: Metric | None, facts: Facts
    ) -> EscalationConfig | None:
        """The first rule that fits."""
        for tests, rule in self._escalations:
            heard = trigger in rule.on and (rule.metrics is None or metric in rule.metrics)
            if heard and _fits(tests, facts):
                return rule
        return None

    def queue(self, name: str) -> QueueConfig | None:
        return self._queues.get(name)

    def selection(self, queue: str) -> Selection:
        known = self._queues.get(queue)
        return (known.selection if known is not None else None) or self.config.selection

    def pool_of_ticket(self, facts: Facts) -> str:
        """The first pool that fits; the last takes every other ticket."""
        for tests, name in self._pools:
            if _fits(tests, facts):
                return name
        return self.config.pools[-1].name

    def pool_of_agent(self, teams: Iterable[str]) -> str:
        """The first pool that has one of the teams: an agent's load has one writer."""
        own = frozenset(teams)
        for pool in self.config.pools:
            if not own.isdisjoint(pool.teams):
                return pool.name
        return self.config.pools[-1].name

    def is_work(self, ticket: RoutedTicket) -> bool:
        """Whether it counts as load, and is handed out: not while it waits for others."""
        return not ticket.gone and ticket.status in self.config.load_counts
