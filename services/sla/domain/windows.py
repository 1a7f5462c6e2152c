"""At what hours of a day the desk is open, as people write it: `09:00-17:30`, `22:00-06:00`."""

import re
from collections.abc import Iterable

DAY = 86_400
_FULL_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS = tuple(name[:3] for name in _FULL_NAMES)

Window = tuple[int, int]
"""Opening and closing in seconds of the local day, 0 ≤ opening < closing ≤ 86,400."""
Windows = tuple[Window, ...]

_WINDOW = re.compile(r"(\d\d?):(\d\d)(?::(\d\d))?\s*[-–]\s*(\d\d?):(\d\d)(?::(\d\d))?")  # noqa: RUF001 - people type both dashes


def parse_window(text: str) -> tuple[Windows, Windows]:
    """The parts of a window on its own day and on the day after."""
    found = _WINDOW.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text}" is no opening window; write it as 09:00-17:30')
    parts = [int(part or 0) for part in found.groups()]
    opens, closes = _seconds(parts[:3], text), _seconds(parts[3:], text)
    if opens in (closes, DAY):
        raise ValueError(f'"{text}" is never open; a whole day is 00:00-24:00')
    if opens < closes:
        return ((opens, closes),), ()
    return ((opens, DAY),), ((0, closes),) if closes else ()


def _seconds(parts: list[int], text: str) -> int:
    hours, minutes, seconds = parts
    total = hours * 3_600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > DAY:  # noqa: PLR2004
        raise ValueError(f'"{text}" has a time that no clock shows; the last is 24:00')
    return total


def parse_day_windows(texts: Iterable[str]) -> Windows:
    """The windows of one date, which cannot reach into the next."""
    own: list[Window] = []
    for text in texts:
        windows, tail = parse_window(text)
        if tail:
            raise ValueError(f'"{text}" goes past midnight; give the rest to the next date')
        own.extend(windows)
    return merged(own)


def parse_week(hours: dict[str, tuple[str, ...]]) -> tuple[Windows, ...]:
    """Seven days of windows, Monday first. What goes past midnight belongs to the next day."""
    week: list[list[Window]] = [[] for _ in WEEKDAYS]
    for days, texts in hours.items():
        for day in parse_days(days):
            for text in texts:
                own, tail = parse_window(text)
                week[day].extend(own)
                week[(day + 1) % 7].extend(tail)
    return tuple(merged(day) for day in week)


def parse_days(text: str) -> tuple[int, ...]:
    """`mon`, `mon-fri`, `sat-mon`, `mon, thu` or `daily` as numbers, Monday 0."""
    if text.strip().lower() == "daily":
        return tuple(range(7))
    return tuple(day for part in text.split(",") for day in _day_range(part))


def _day_range(text: str) -> list[int]:
    first, dash, last = (part.strip() for part in text.partition("-"))
    start = _weekday(first)
    end = _weekday(last) if dash else start
    return [(start + step) % 7 for step in range((end - start) % 7 + 1)]


def _weekday(text: str) -> int:
    """The name may be written out: `mon` and `Monday` are one."""
    for number, name in enumerate(_FULL_NAMES):
        if len(text) > 2 and name.startswith(text.lower()):  # noqa: PLR2004
            return number
    known = ", ".join(WEEKDAYS)
    raise ValueError(f'"{text}" is no weekday; write {known}, mon-fri or daily')


def merged(windows: Iterable[Window]) -> Windows:
    """The same time as windows that neither touch nor overlap, in order."""
    result: list[Window] = []
    for opens, closes in sorted(windows):
        if result and opens <= result[-1][1]:
            result[-1] = (result[-1][0], max(closes, result[-1][1]))
        else:
            result.append((opens, closes))
    return tuple(result)


def without(windows: Windows, shut: Windows) -> Windows:
    """What of these windows lies outside the shut ones."""
    left: list[Window] = []
    for opens, closes in windows:
        start = opens
        for shut_from, shut_until in shut:
            if start < shut_from < closes:
                left.append((start, shut_from))
            if shut_from < closes:
                start = max(start, shut_until)
        if start < closes:
            left.append((start, closes))
    return tuple(left)
