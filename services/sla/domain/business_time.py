"""When an SLA target falls due, and how much of it has passed, in a schedule's open time."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from services.sla.domain.schedule import MICROS, Schedule, from_micros, to_micros
from services.sla.domain.windows import DAY

Hold = tuple[datetime, datetime]
"""From and until when a clock stood still; one that ends before it begins is none."""

CLOSED_YEARS = 12  # 29 February comes within eight years, so after these a desk never opens


def due_at(start: datetime, target: timedelta, schedule: Schedule) -> datetime:
    """The moment the desk has been open for `target` since `start`.

    Time that is used up exactly at closing is due at that closing, not at the next opening. No
    time at all is due at the first open moment.
    """
    if target < timedelta(0):
        raise ValueError("a target cannot be less than nothing")
    moment, number = to_micros(start), start.astimezone(UTC).year
    if not target:
        return from_micros(_next_open(moment, number, schedule))
    year = schedule.year(number)
    needed = year.open_until(moment) + _micros(target)
    opened = number
    while needed > year.total:
        needed -= year.total
        opened = number if year.total else opened
        number += 1
        if number - opened > CLOSED_YEARS:
            raise NeverOpenError
        year = schedule.year(number)
    return from_micros(year.moment_after(needed))


class NeverOpenError(ValueError):
    def __init__(self) -> None:
        super().__init__("the desk never opens again, so nothing can fall due")


def elapsed(start: datetime, end: datetime, schedule: Schedule) -> timedelta:
    """How long the desk was open from `start` to `end`; nothing where the end comes first."""
    if end <= start:
        return timedelta(0)
    first, last = start.astimezone(UTC).year, end.astimezone(UTC).year
    years = sum(schedule.year(number).total for number in range(first, last))
    before = schedule.year(first).open_until(to_micros(start))
    return timedelta(microseconds=years + schedule.year(last).open_until(to_micros(end)) - before)


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
    number = opened = end.astimezone(UTC).year
    year = schedule.year(number)
    needed, there = _micros(length), year.open_until(to_micros(end))
    while needed > there:
        needed -= there
        opened = number if there else opened
        number -= 1
        if opened - number > CLOSED_YEARS:
            raise NeverOpenError
        year = schedule.year(number)
        there = year.total
    return from_micros(year.moment_before(there - needed)) if needed else end


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
    for year in range(number, number + CLOSED_YEARS):
        found = schedule.year(year).next_open(moment)
        if found is not None:
            return found
    raise NeverOpenError


def _micros(span: timedelta) -> int:
    return (span.days * DAY + span.seconds) * MICROS + span.microseconds
