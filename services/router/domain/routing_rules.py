"""Which rule holds for a ticket: routing.yaml, made quick to ask."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from services.router.domain.first_fit import FirstFit, Test, fits
from services.router.domain.on_call import Rota
from services.router.domain.opening import OpeningHours, State
from services.router.domain.routing_config import (
    ArrivalCondition,
    EscalationConfig,
    QueueConfig,
    RotaConfig,
    Route,
    RoutingConfig,
    RuleConfig,
    Selection,
    Trigger,
)
from services.router.domain.ticket import Facts, RoutedTicket
from shared.contracts.sla import Metric

OTHERWISE = "otherwise"


@dataclass(frozen=True, slots=True)
class Opening:
    """Which queue takes tickets now, if one is open, and until when that holds."""

    queue: str
    is_open: bool
    until: datetime | None


def _tests(condition: ArrivalCondition | None) -> tuple[Test, ...]:
    if condition is None:
        return ()
    given = ((name, getattr(condition, name)) for name in type(condition).model_fields)
    return tuple(
        (name, frozenset(value if isinstance(value, tuple) else (value,)))
        for name, value in given
        if value is not None
    )


def _hours_by_queue(config: RoutingConfig) -> dict[str, OpeningHours]:
    hours = {
        each.name: OpeningHours(each.time_zone, each.open, frozenset(each.closed_on))
        for each in config.hours
    }
    return {queue.name: hours[queue.hours] for queue in config.queues if queue.hours}


def _chain(name: str, config: RoutingConfig) -> Iterator[str]:
    """The queue and those that take its tickets in turn; round the world and back ends it."""
    stands_in = {queue.name: queue.when_closed for queue in config.queues}
    met: set[str] = set()
    at: str | None = name
    while at is not None and at not in met:
        yield at
        met.add(at)
        at = stands_in.get(at)


def _rota(written: RotaConfig) -> Rota:
    return Rota(
        name=written.name,
        time_zone=written.time_zone,
        since=written.since,
        at=written.at,
        days=written.every.days,
        agents=written.agents,
    )


@dataclass(frozen=True, slots=True)
class RoutingRules:
    config: RoutingConfig
    version: str
    _queues: dict[str, QueueConfig] = field(init=False)
    _rules: FirstFit[RuleConfig] = field(init=False)
    _escalations: tuple[tuple[tuple[Test, ...], EscalationConfig], ...] = field(init=False)
    _pools: tuple[tuple[tuple[Test, ...], str], ...] = field(init=False)
    _efforts: tuple[tuple[tuple[Test, ...], int], ...] = field(init=False)
    _hours: dict[str, OpeningHours] = field(init=False)
    _chains: dict[str, tuple[str, ...]] = field(init=False)
    _rotas: dict[str, Rota] = field(init=False)
    _selections: dict[str, Selection] = field(init=False)

    def __post_init__(self) -> None:
        config = self.config
        compiled = {
            "_queues": {queue.name: queue for queue in config.queues},
            "_rules": FirstFit([(_tests(rule.when), rule) for rule in config.rules]),
            "_escalations": tuple((_tests(rule.when), rule) for rule in config.escalations),
            "_pools": tuple((_tests(pool.when), pool.name) for pool in config.pools[:-1]),
            "_efforts": tuple((_tests(each.when), each.effort) for each in config.efforts),
            "_hours": _hours_by_queue(config),
            "_chains": {queue.name: tuple(_chain(queue.name, config)) for queue in config.queues},
            "_rotas": {rota.name: _rota(rota) for rota in config.on_call},
            "_selections": {q.name: q.selection or config.selection for q in config.queues},
        }
        for name, value in compiled.items():
            object.__setattr__(self, name, value)

    def route_for(self, facts: Facts) -> tuple[str, Route]:
        """The first rule that fits, by name."""
        rule = self._rules.find(facts)
        return (rule.name, rule) if rule is not None else (OTHERWISE, self.config.otherwise)

    def escalation_for(
        self, trigger: Trigger, metric: Metric | None, facts: Facts
    ) -> EscalationConfig | None:
        """The first rule that fits."""
        for tests, rule in self._escalations:
            heard = trigger in rule.on and (rule.metrics is None or metric in rule.metrics)
            if heard and fits(tests, facts):
                return rule
        return None

    def queue(self, name: str) -> QueueConfig | None:
        return self._queues.get(name)

    def selection(self, queue: str) -> Selection:
        return self._selections.get(queue, self.config.selection)

    def opening(self, queue: str, now: datetime) -> Opening | None:
        """None: it never closes.

        While it is closed, the first open queue of those that stand in for one another; if all are
        closed, nobody until the first of them opens.
        """
        if queue not in self._hours:
            return None
        chain = self._chains[queue]
        states = [(name, self._state(name, now)) for name in chain]
        found = next((name for name, state in states if state.is_open), None)
        # Whatever opens or closes up to the open one may change who takes it.
        seen = states if found is None else states[: chain.index(found) + 1]
        changes = [state.until for _, state in seen if state.until is not None]
        return Opening(found or queue, found is not None, min(changes, default=None))

    def _state(self, queue: str, now: datetime) -> State:
        hours = self._hours.get(queue)
        return hours.at(now) if hours is not None else State(is_open=True, until=None)

    def rota(self, name: str) -> Rota:
        return self._rotas[name]

    def effort(self, facts: Facts) -> int:
        """How many places a ticket takes: the first that fits, else one."""
        for tests, effort in self._efforts:
            if fits(tests, facts):
                return effort
        return 1

    def weight(self, agent_id: str, teams: Iterable[str]) -> int:
        """His own, else the largest of his teams', else one."""
        weights = self.config.weights
        return weights.get(agent_id) or max((weights.get(team, 1) for team in teams), default=1)

    def pool_of_ticket(self, facts: Facts) -> str:
        """The first pool that fits; the last takes every other ticket."""
        for tests, name in self._pools:
            if fits(tests, facts):
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
