"""When an SLA target falls due, and how much of it has passed, in a schedule's open time."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.sla.domain.schedule import (
    MICROS,
    STRETCH_MICROS,
    Schedule,
    from_micros,
    to_micros,
)
from services.sla.domain.windows import DAY

Hold = tuple[datetime, datetime]
"""From and until when a clock stood still; one that ends before it begins is none."""

CLOSED_STRETCHES = 12  # of 365 days: 29 February comes within eight years, so then it never opens


def due_at(start: datetime, target: timedelta, schedule: Schedule) -> datetime:
    """The moment the desk has been open for `target` since `start`.

    Time that is used up exactly at closing is due at that closing, not at the next opening. No
    time at all is due at the first open moment.
    """
    if target < timedelta(0):
        raise ValueError("a target cannot be less than nothing")
    moment = to_micros(start)
    number = opened = moment // STRETCH_MICROS
    if not target:
        return from_micros(_next_open(moment, number, schedule))
    stretch = schedule.stretch(number)
    needed = stretch.open_until(moment) + _micros(target)
    while needed > stretch.total:
        needed -= stretch.total
        opened = number if stretch.total else opened
        number += 1
        if number - opened > CLOSED_STRETCHES:
            raise NeverOpenError
        stretch = schedule.stretch(number)
    return from_micros(stretch.moment_after(needed))


class NeverOpenError(ValueError):
    def __init__(self) -> None:
        super().__init__("the desk never opens again, so nothing can fall due")


def elapsed(start: datetime, end: datetime, schedule: Schedule) -> timedelta:
    """How long the desk was open from `start` to `end`; nothing where the end comes first."""
    since, until = to_micros(start), to_micros(end)
    if until <= since:
        return timedelta(0)
    first, last = since // STRETCH_MICROS, until // STRETCH_MICROS
    counted = schedule.stretch(last).open_until(until) - schedule.stretch(first).open_until(since)
    for number in range(first, last):
        counted += schedule.stretch(number).total
    return timedelta(microseconds=counted)


def due_with_holds(
    start: datetime, target: timedelta, schedule: Schedule, holds: Iterable[Hold]
) -> datetime:
    """As `due_at`, for a clock that stands still in each hold; holds may overlap."""
    for held_from, held_until in sorted(holds):
        if held_until <= max(start, held_from):
            continue
        running = elapsed(start, held_from, schedule)
        if running and target <= running:
            break
        target -= running
        start = held_until
    return due_at(start, target, schedule)


def started_before(
    end: datetime, length: timedelta, schedule: Schedule, holds: Iterable[Hold] = ()
) -> datetime:
    """From when the desk was open for `length` until `end`: `due_with_holds` backwards in time.

    Time that is used up exactly at an opening began at that opening.
    """
    for held_from, held_until in sorted(holds, key=lambda hold: hold[1], reverse=True):
        if held_from >= min(end, held_until):
            continue
        running = elapsed(held_until, end, schedule)
        if running and length <= running:
            break
        length -= running
        end = held_from
    return _opened_for(end, length, schedule)


def _opened_for(end: datetime, length: timedelta, schedule: Schedule) -> datetime:
    moment = to_micros(end)
    number = opened = moment // STRETCH_MICROS
    stretch = schedule.stretch(number)
    needed, there = _micros(length), stretch.open_until(moment)
    while needed > there:
        needed -= there
        opened = number if there else opened
        number -= 1
        if opened - number > CLOSED_STRETCHES:
            raise NeverOpenError
        stretch = schedule.stretch(number)
        there = stretch.total
    return from_micros(stretch.moment_before(there - needed)) if needed else end


def elapsed_with_holds(
    start: datetime, end: datetime, schedule: Schedule, holds: Iterable[Hold]
) -> timedelta:
    total = timedelta(0)
    for held_from, held_until in sorted(holds):
        if held_until <= held_from:
            continue
        total += elapsed(start, min(held_from, end), schedule)
        start = max(start, held_until)
    return total + elapsed(start, end, schedule)


def _next_open(moment: int, number: int, schedule: Schedule) -> int:
    for stretch in range(number, number + CLOSED_STRETCHES):
        found = schedule.stretch(stretch).next_open(moment)
        if found is not None:
            return found
    raise NeverOpenError


def _micros(span: timedelta) -> int:
    return (span.days * DAY + span.seconds) * MICROS + span.microseconds
