"""What became of each of a ticket's clocks, as its log tells it: spans, warnings, outcome."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.sla.domain.configuration import CALENDAR
from services.sla.domain.retelling import Fact
from shared.contracts.message import Message
from shared.contracts.sla import (
    Metric,
    SlaBreached,
    SlaCorrected,
    SlaFulfilled,
    SlaPaused,
    SlaResumed,
    SlaRetargeted,
    SlaTarget,
    SlaTargetsSet,
    SlaWarning,
)
from shared.contracts.ticket import (
    TicketClosed,
    TicketMarkedSpam,
    TicketMerged,
    TicketResolved,
)

ANSWERED_BY_THE_END = (Metric.NEXT_RESPONSE, Metric.UPDATE)


@dataclass(slots=True)
class Span:
    start: datetime
    running: bool
    end: datetime | None = None  # None: still


@dataclass(slots=True)
class ClockStory:
    metric: Metric
    cycle: int
    policy: str
    policy_version: str
    schedule: str
    started_at: datetime
    target_seconds: float
    spans: list[Span] = field(default_factory=list)
    due_at: datetime | None = None
    remaining_seconds: float | None = None  # while it stands still
    retargets: list[tuple[datetime, str]] = field(default_factory=list)
    warnings: list[tuple[datetime, str]] = field(default_factory=list)
    breached_at: datetime | None = None
    corrected: str | None = None
    ended_at: datetime | None = None
    met: SlaFulfilled | None = None

    @property
    def open(self) -> bool:
        return self.ended_at is None

    def turn(self, at: datetime, *, running: bool) -> None:
        """A new span from `at` on, unless it goes on as before."""
        last = self.spans[-1] if self.spans else None
        if last is not None and last.end is None:
            if last.running is running:
                return
            last.end = at
        self.spans.append(Span(at, running))

    def end(self, at: datetime) -> None:
        self.ended_at = at
        if self.spans and self.spans[-1].end is None:
            self.spans[-1].end = at


@dataclass(slots=True)
class Told:
    """The stories so far, by metric and cycle."""

    stories: dict[tuple[Metric, int], ClockStory] = field(default_factory=dict)

    def latest(self, metric: Metric) -> ClockStory | None:
        return max(
            (story for story in self.stories.values() if story.metric is metric),
            key=lambda story: story.cycle,
            default=None,
        )


def stories_of(log: Iterable[Fact]) -> list[ClockStory]:
    """In order of their start; of clocks without a promise the log says nothing."""
    told = Told()
    for fact in log:
        if tell := _TELLERS.get(type(fact.message)):
            tell(told, fact.message, fact.at)
    return sorted(told.stories.values(), key=lambda story: (story.started_at, story.metric))


def _set(told: Told, event: SlaTargetsSet | SlaRetargeted, at: datetime) -> None:
    if isinstance(event, SlaRetargeted):
        _drop(told, {target.metric for target in event.targets}, at)
    for target in event.targets:
        key = (target.metric, target.cycle)
        story = told.stories.get(key)
        if story is None:
            story = told.stories[key] = _begun(event, target, at)
        if isinstance(event, SlaRetargeted):
            story.retargets.append((at, event.reason))
        if not story.open:
            story.ended_at = None
            story.turn(at, running=target.due_at is not None)
        story.policy, story.policy_version = event.policy, event.policy_version
        story.schedule = event.schedule if target.business else CALENDAR
        _aim(story, target)


def _drop(told: Told, still_promised: Collection[Metric], at: datetime) -> None:
    """A metric that is no longer named is no longer promised; what was missed stays missed."""
    for metric in {story.metric for story in told.stories.values()} - set(still_promised):
        story = told.latest(metric)
        if story is not None and story.open and story.breached_at is None:
            story.end(at)


def _begun(event: SlaTargetsSet | SlaRetargeted, target: SlaTarget, at: datetime) -> ClockStory:
    schedule = event.schedule if target.business else CALENDAR
    story = ClockStory(
        target.metric,
        target.cycle,
        event.policy,
        event.policy_version,
        schedule,
        target.started_at,
        target.seconds,
    )
    story.turn(target.started_at, running=True)
    if target.due_at is None:
        story.turn(at, running=False)
    return story


def _aim(story: ClockStory, target: SlaTarget) -> None:
    story.target_seconds = target.seconds
    story.due_at = target.due_at
    story.remaining_seconds = target.remaining_seconds if target.due_at is None else None


def _pause(told: Told, event: SlaPaused, at: datetime) -> None:
    for metric, remaining in zip(event.metrics, event.remaining_seconds, strict=False):
        story = told.latest(metric)
        if story is not None:
            story.turn(at, running=False)
            story.due_at, story.remaining_seconds = None, remaining


def _resume(told: Told, event: SlaResumed, at: datetime) -> None:
    for target in event.targets:
        story = told.stories.get((target.metric, target.cycle))
        if story is not None:
            story.ended_at = story.met = None
            story.turn(at, running=True)
            _aim(story, target)


def _warn(told: Told, event: SlaWarning, _at: datetime) -> None:
    if story := told.stories.get((event.metric, event.cycle)):
        story.warnings.append((event.warned_at, event.level))


def _breach(told: Told, event: SlaBreached, _at: datetime) -> None:
    if story := told.stories.get((event.metric, event.cycle)):
        story.breached_at, story.corrected = event.breached_at, None
        story.due_at = event.breached_at


def _correct(told: Told, event: SlaCorrected, _at: datetime) -> None:
    if story := told.stories.get((event.metric, event.cycle)):
        story.breached_at, story.corrected = None, event.fact


def _fulfil(told: Told, event: SlaFulfilled, _at: datetime) -> None:
    if story := told.stories.get((event.metric, event.cycle)):
        story.met = event
        story.due_at = event.due_at
        story.end(event.fulfilled_at)


def _resolve(told: Told, _event: TicketResolved, at: datetime) -> None:
    _cancel(told, ANSWERED_BY_THE_END, at)


def _close(told: Told, event: Message, at: datetime) -> None:
    if not isinstance(event, TicketMerged) or event.side == "source":
        _cancel(told, list(Metric), at)


def _cancel(told: Told, metrics: Iterable[Metric], at: datetime) -> None:
    """Nobody waits for them any more; sla says nothing of that."""
    for metric in metrics:
        story = told.latest(metric)
        if story is not None and story.open:
            story.end(at)


_TELLERS: Mapping[type[Message], Callable[[Told, Any, datetime], None]] = {
    SlaTargetsSet: _set,
    SlaRetargeted: _set,
    SlaPaused: _pause,
    SlaResumed: _resume,
    SlaWarning: _warn,
    SlaBreached: _breach,
    SlaCorrected: _correct,
    SlaFulfilled: _fulfil,
    TicketResolved: _resolve,
    TicketClosed: _close,
    TicketMarkedSpam: _close,
    TicketMerged: _close,
}
