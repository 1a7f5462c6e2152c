"""One input on its way through a ticket's clocks, and what is said of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.sla.domain.configuration import CALENDAR
from services.sla.domain.duration import SECOND_MS
from services.sla.domain.policy import QUIET, Policy, Rules
from services.sla.domain.schedule import Schedule
from services.sla.domain.sla_clock import Clock, elapsed_ms
from services.sla.domain.ticket_state import SlaState
from shared.contracts.message import Message
from shared.contracts.sla import Metric, SlaTarget


class Timer(NamedTuple):
    """One of a ticket's, as it is kept; `due_at` may long be past when it is handled."""

    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Utterance:
    """Said because of what was heard, or because of a timer that came due before it."""

    message: Message
    timer: Timer | None = None


@dataclass(slots=True)
class Hearing:
    """The state so far and the words so far.

    `at` is when the input was accepted, on which everything is decided. `now` only tells how late
    a breach is noticed.
    """

    state: SlaState
    rules: Rules
    at: datetime
    now: datetime
    said: list[Utterance] = field(default_factory=list)

    def __post_init__(self) -> None:
        clocks = dict(self.state.clocks)
        self.state = self.state.model_copy(update={"clocks": clocks})  # ours to change in place

    def say(self, message: Message, timer: Timer | None = None) -> None:
        self.said.append(Utterance(message, timer))

    @property
    def pinned(self) -> dict[str, str]:
        """By what this is decided, for whoever retraces it."""
        return {"policy": self.state.policy, "policy_version": self.state.policy_version}

    def change(self, **news: object) -> None:
        for name, value in news.items():
            setattr(self.state, name, value)

    def put(self, metric: Metric, clock: Clock) -> None:
        self.state.clocks[metric] = clock

    @property
    def policy(self) -> Policy:
        return self.rules.policy(self.state.policy)

    def runs(self, metric: Metric) -> bool:
        """Whether a clock of this metric counts in the ticket's status."""
        return not self.state.over and not self.policy.pauses_in(metric, self.state.status)

    def schedule_of(self, clock: Clock) -> Schedule:
        return self.rules.schedule(clock.schedule)

    def open_clocks(self) -> Iterator[tuple[Metric, Clock]]:
        yield from [(metric, clock) for metric, clock in self.state.clocks.items() if clock.open]

    def targets(self, metrics: Iterable[Metric]) -> tuple[SlaTarget, ...]:
        """What these clocks promise now; those without a promise left are silent."""
        clocks = ((metric, self.state.clocks[metric]) for metric in metrics)
        return tuple(
            self._target(metric, clock)
            for metric, clock in clocks
            if metric not in QUIET and clock.target_ms is not None and clock.breached_at is None
        )

    def _target(self, metric: Metric, clock: Clock) -> SlaTarget:
        target_ms = clock.target_ms or 0
        counted = elapsed_ms(clock, self.at, self.schedule_of(clock))
        return SlaTarget(
            metric=metric,
            cycle=clock.cycle,
            seconds=target_ms / SECOND_MS,
            business=clock.schedule != CALENDAR,
            started_at=clock.started_at,
            due_at=clock.due_at,
            remaining_seconds=(target_ms - counted) / SECOND_MS,
        )
