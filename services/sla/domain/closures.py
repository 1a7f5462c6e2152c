"""When a desk is shut against its weekly hours, as people write it.

`12-24` every year, `2026-12-24` once, `2026-08-03 to 2026-08-14` all of these days, and each with
hours for a part of the day: `2026-12-24 13:00-24:00`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from services.sla.domain.windows import DAY, Window, Windows, merged, parse_window

LEAP_YEAR = 2000
WHOLE_DAY: Windows = ((0, DAY),)
ONE_DAY = timedelta(days=1)
LONGEST_DAYS = 366

_DATE = r"(?:\d{4}-)?\d{2}-\d{2}"
_WRITTEN = re.compile(rf"({_DATE})(?:\s+to\s+({_DATE}))?(?:\s+(\d.*))?")


class Closure(NamedTuple):
    """Shut on every day from `first` to `last`, in these hours; `tail` lies on the day after each.

    Dates are texts, as those of every year have no year.
    """

    first: str
    last: str
    hours: Windows = WHOLE_DAY
    tail: Windows = ()


def parse_closure(text: str) -> Closure:
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f'"{text}" is no closing; write 2026-12-24, 12-24 for every year, '
            '"2026-08-03 to 2026-08-14" or "2026-12-24 13:00-24:00"'
        )
    first, last, window = found[1], found[2] or found[1], found[3]
    _check_order(text, first, last)
    hours, tail = (WHOLE_DAY, ()) if window is None else parse_window(window)
    return Closure(first, last, hours, tail)


def _check_order(text: str, first: str, last: str) -> None:
    if is_dated(first) != is_dated(last):
        raise ValueError(f'"{text}": write the year at both ends, or at none for every year')
    length = check_date(last) - check_date(first)
    if is_dated(first) and not timedelta(0) <= length < timedelta(days=LONGEST_DAYS):
        raise ValueError(f'"{text}" must go forward, and over a year at most')


def check_date(text: str) -> date:
    """`2026-12-24` once, or `12-24` every year."""
    try:
        return date.fromisoformat(text if is_dated(text) else f"{LEAP_YEAR}-{text}")
    except ValueError:
        raise ValueError(
            f'"{text}" is no date; write 2026-12-24, or 12-24 for every year'
        ) from None


def is_dated(text: str) -> bool:
    return len(text) == len("2026-12-24")


def day_in(text: str, year: int) -> date | None:
    """None for another year's date, and for 29 February where there is none."""
    if is_dated(text):
        day = date.fromisoformat(text)
        return day if day.year == year else None
    try:
        return date.fromisoformat(f"{year:04d}-{text}")
    except ValueError:
        return None


def closed_hours(closures: Iterable[Closure], year: int) -> dict[date, Windows]:
    """The shut hours of each day of the year on which there are any."""
    shut: dict[date, list[Window]] = {}
    for closure in closures:
        for day in _days(closure, year):
            shut.setdefault(day, []).extend(closure.hours)
            shut.setdefault(day + ONE_DAY, []).extend(closure.tail)
    return {day: merged(hours) for day, hours in shut.items() if day.year == year and hours}


def _days(closure: Closure, year: int) -> Iterator[date]:
    """Also of the winter before, whose last night or long stretch reaches into this year."""
    for start in (year - 1, year):
        first, last = _ends(closure, start)
        while first is not None and last is not None and first <= last:
            yield first
            first += ONE_DAY


def _ends(closure: Closure, year: int) -> tuple[date | None, date | None]:
    first = day_in(closure.first, year)
    last = check_date(closure.last) if is_dated(closure.last) else _leap_safe(closure.last, year)
    if first is not None and last < first and not is_dated(closure.last):
        last = _leap_safe(closure.last, year + 1)  # 12-24 to 01-02
    return first, last if closure.first != closure.last else first


def _leap_safe(text: str, year: int) -> date:
    """The last day of February stands for its 29th in the years that have none."""
    return day_in(text, year) or date(year, 2, 28)


def together(parts: Iterable[Mapping[date, Windows]]) -> dict[date, Windows]:
    """What several sources close, day by day."""
    shut: dict[date, Windows] = {}
    for part in parts:
        for day, hours in part.items():
            shut[day] = merged((*shut.get(day, ()), *hours))
    return shut
