"""One clock of one promise: started, paused, resumed, fulfilled, breached, aimed anew."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from services.sla.domain.business_time import due_at, elapsed
from services.sla.domain.duration import milliseconds
from services.sla.domain.policy import Target
from services.sla.domain.schedule import Schedule
from shared.contracts.sla import Metric


class WarningPoint(NamedTuple):
    """To be given once so much of the target has passed."""

    level: str
    after_ms: int
    due_at: datetime | None = None


class Clock(NamedTuple):
    """What has been counted so far, and what is due if nothing happens.

    `elapsed_ms` is the time before `changed_at`; since then it counts, or stands still. A clock
    without a target counts all the same, so that a target given later finds what has passed.
    """

    started_at: datetime
    changed_at: datetime
    schedule: str
    cycle: int = 1
    running: bool = True
    elapsed_ms: int = 0
    target_ms: int | None = None
    due_at: datetime | None = None
    warnings: tuple[WarningPoint, ...] = ()
    warned: tuple[str, ...] = ()
    breached_at: datetime | None = None
    ended_at: datetime | None = None
    taken_back: int = 0  # so many breaches; another one is another event

    @property
    def open(self) -> bool:
        return self.ended_at is None

    @property
    def promised(self) -> bool:
        """There is a target that can still be kept."""
        return self.target_ms is not None and self.ended_at is None and self.breached_at is None


def stored(clock: Clock) -> dict[str, Any]:
    """As a document, without what is as in every new clock."""
    document: dict[str, Any] = {
        "started_at": clock.started_at,
        "changed_at": clock.changed_at,
        "schedule": clock.schedule,
    }
    for place, name, usual in _OPTIONAL:
        value = clock[place]
        if value is not usual:
            document[name] = value
    if clock.warnings:
        document["warnings"] = [
            {"level": level, "after_ms": after_ms, "due_at": due}
            for level, after_ms, due in clock.warnings
        ]
    return document


_OPTIONAL = [
    (place, name, Clock._field_defaults[name])
    for place, name in enumerate(Clock._fields)
    if name in Clock._field_defaults
]


class Deadline(NamedTuple):
    """An instant at which a clock has something to say; a warning comes before a breach."""

    due_at: datetime
    is_breach: bool
    metric: Metric
    level: str = ""


def started(
    at: datetime, schedule_name: str, target: Target | None, schedule: Schedule, *, cycle: int = 1
) -> Clock:
    clock = Clock(cycle=cycle, started_at=at, changed_at=at, schedule=schedule_name)
    return clock if target is None else _timed(_aimed(clock, target), schedule)


def companion(clock: Clock) -> Clock:
    """A clock of another promise that has run, paused and ended like this one."""
    return clock._replace(target_ms=None, due_at=None, warnings=(), warned=(), breached_at=None)


def elapsed_ms(clock: Clock, at: datetime, schedule: Schedule) -> int:
    """All that has been counted up to `at`, in the clock's own time."""
    if not clock.running:
        return clock.elapsed_ms
    return clock.elapsed_ms + milliseconds(elapsed(clock.changed_at, at, schedule))


def stopped(clock: Clock, at: datetime, schedule: Schedule) -> Clock:
    """It stands still from `at` on. A breach that came only after `at` never was."""
    return clock._replace(**_still(clock, max(at, clock.changed_at), schedule))


def _still(clock: Clock, at: datetime, schedule: Schedule) -> dict[str, Any]:
    return {
        "elapsed_ms": elapsed_ms(clock, at, schedule),
        "changed_at": at,
        "running": False,
        "due_at": None,
        "breached_at": None if _in_time(clock, at) else clock.breached_at,
    }


def resumed(clock: Clock, at: datetime, schedule: Schedule) -> Clock:
    at = max(at, clock.changed_at)
    going = clock._replace(changed_at=at, running=True, ended_at=None)
    return _timed(going, schedule)


def fulfilled(clock: Clock, at: datetime, schedule: Schedule) -> Clock:
    """Its end was reached. What was accepted by the deadline is in time, whenever it is told."""
    ended = _still(clock, max(at, clock.changed_at), schedule)
    ended |= {"ended_at": at, "due_at": clock.breached_at or clock.due_at, "warnings": ()}
    if _in_time(clock, at):
        ended["breached_at"] = None
    return clock._replace(**ended)


def _in_time(clock: Clock, at: datetime) -> bool:
    return clock.breached_at is not None and at <= clock.breached_at


def breached(clock: Clock, due_at: datetime) -> Clock:
    """At its deadline, from which it goes on counting; there is nothing left to warn of."""
    return clock._replace(breached_at=due_at, warnings=())


def warned(clock: Clock, level: str) -> Clock:
    left = tuple(warning for warning in clock.warnings if warning.level != level)
    return clock._replace(warnings=left, warned=(*clock.warned, level))


def retargeted(
    clock: Clock, target: Target | None, old: Schedule, new: Schedule, at: datetime
) -> Clock:
    """Another promise for the same clock: what has passed stays passed.

    The same schedule: as if the new target had held from the start, so its deadline may lie in
    the past. Another one: what was counted in the old stays, the rest counts in the new. Of the
    warnings that are past already only the last is given.
    """
    if clock.breached_at is not None:
        return clock
    if target is not None and target.schedule != clock.schedule:
        at = max(at, clock.changed_at)
        counted = elapsed_ms(clock, at, old)
        if clock.running:
            clock = clock._replace(elapsed_ms=counted, changed_at=at)
        clock = clock._replace(schedule=target.schedule)
    aimed = _timed(_aimed(clock, target), new)
    return _without_superseded(aimed, at)


def promises(clock: Clock, target: Target | None) -> bool:
    """This target, with all its warnings that were not given yet; so there is nothing to aim."""
    if target is None or target.milliseconds != clock.target_ms:
        return target is None and clock.target_ms is None
    if target.schedule != clock.schedule:
        return False
    awaited = [(warning.level, warning.after_ms) for warning in clock.warnings]
    return awaited == [warning for warning in target.warnings if warning[0] not in clock.warned]


def recounted(clock: Clock, schedule_name: str) -> Clock:
    """Before its first target a clock that never stood still counts in whichever schedule."""
    untouched = clock.running and clock.elapsed_ms == 0
    return clock._replace(schedule=schedule_name) if untouched else clock


def judged(clock: Clock, schedule: Schedule) -> Clock:
    """One that had ended before it was given a target: as if it had run from start to end.

    Pauses of that time are not known any more; they matter only where triage was away for hours.
    """
    if clock.target_ms is None or clock.ended_at is None:
        return clock
    due = due_at(clock.started_at, timedelta(milliseconds=clock.target_ms), schedule)
    counted = milliseconds(elapsed(clock.started_at, clock.ended_at, schedule))
    return clock._replace(due_at=due, elapsed_ms=counted)


def deadlines(metric: Metric, clock: Clock) -> Iterator[Deadline]:
    """All that it will say if nothing happens, in no order."""
    if not clock.promised or clock.due_at is None:
        return
    for warning in clock.warnings:
        due = warning.due_at or clock.due_at
        yield Deadline(due, is_breach=False, metric=metric, level=warning.level)
    yield Deadline(clock.due_at, is_breach=True, metric=metric)


def next_due(clock: Clock) -> datetime | None:
    """The first of its deadlines; warnings are in order of time."""
    if not clock.promised or clock.due_at is None:
        return None
    first = clock.warnings[0].due_at if clock.warnings else None
    return clock.due_at if first is None else min(first, clock.due_at)


def _aimed(clock: Clock, target: Target | None) -> Clock:
    if target is None:
        return clock._replace(target_ms=None, due_at=None, warnings=())
    warnings = tuple(
        WarningPoint(level=level, after_ms=after)
        for level, after in target.warnings
        if level not in clock.warned
    )
    return clock._replace(
        target_ms=target.milliseconds, schedule=target.schedule, warnings=warnings
    )


def _timed(clock: Clock, schedule: Schedule) -> Clock:
    """With the instants at which it warns and is due, as long as it runs."""
    if clock.target_ms is None or not clock.running or not clock.open:
        return clock
    warnings = tuple(
        WarningPoint(
            level=warning.level,
            after_ms=warning.after_ms,
            due_at=_reaches(clock, warning.after_ms, schedule),
        )
        for warning in clock.warnings
    )
    due = clock.breached_at or _reaches(clock, clock.target_ms, schedule)
    return clock._replace(warnings=warnings, due_at=due)


def _reaches(clock: Clock, total_ms: int, schedule: Schedule) -> datetime:
    """When so much will have been counted; what was counted before `changed_at` is due there."""
    left = total_ms - clock.elapsed_ms
    if left < 0:
        return clock.changed_at
    return due_at(clock.changed_at, timedelta(milliseconds=left), schedule)


def _without_superseded(clock: Clock, at: datetime) -> Clock:
    past = [w for w in clock.warnings if w.due_at is not None and w.due_at <= at]
    for warning in past[:-1]:
        clock = warned(clock, warning.level)
    return clock
