"""How a question about business time may be spelled: its calendar, its moments, its pauses."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from services.sla.domain.desk_hours import ALWAYS_OPEN, DayWeek, ScheduleConfig
from services.sla.domain.schedule import EPOCH

Spelled = Mapping[str, Any]
OpenHold = tuple[datetime, datetime | None]
"""Without an end a clock stands still for good."""

ZONE = ("timezone", "time_zone", "tz", "zone")
HOURS = ("hours", "working_hours", "business_hours", "week", "windows")
HOLIDAYS = ("holidays", "closed", "closures")
SPECIAL = ("special_days", "special_hours", "exceptions")
SPAN_STARTS = ("start", "from", "begin", "open", "opens", "start_utc", "paused_at", "start_time")
SPAN_ENDS = ("end", "to", "until", "close", "closes", "end_utc", "resumed_at", "end_time")
UNITS = {"milliseconds": 0.001, "seconds": 1, "minutes": 60, "hours": 3_600}

_HOUR = re.compile(r"(\d{1,2})")
_MILITARY = re.compile(r"(\d{1,2})(\d\d)")
_IS_TIME = re.compile(r"\d{1,2}(:\d\d){1,2}")
_UTC_SUFFIX = re.compile(r"\s*(?:[zZ]|UTC|GMT)$")


class FormError(ValueError):
    """What is wrong with the question, in a line."""


class CaseSchedule(ScheduleConfig):
    """As in the policies' file, but a desk may be closed on every weekday."""

    hours: DayWeek


def schedule_of(calendar: Any) -> CaseSchedule:
    """No calendar, or no hours: time never stops. Hours without a weekday: closed on it."""
    if calendar is None:
        calendar = {}
    if not isinstance(calendar, Mapping):
        raise FormError('calendar must be an object with "timezone" and "hours"')
    closed, special = _exceptions(first_of(calendar, HOLIDAYS))
    special |= _dated_hours(first_of(calendar, SPECIAL))
    return CaseSchedule.model_validate(
        {
            "time_zone": _zone_name(first_of(calendar, ZONE)),
            "hours": _week(first_of(calendar, HOURS)),
            "closed": closed,
            "special_days": special,
        }
    )


def first_of(spelled: Spelled, names: Iterable[str]) -> Any:
    """The value under the first of these names that is given."""
    return next((spelled[name] for name in names if spelled.get(name) is not None), None)


def _zone_name(zone: Any) -> str:
    """As it is written, or in the capitals of the zone's own name."""
    text = "UTC" if zone in (None, "", "Z", "z") else str(zone).strip()
    return text if text in available_timezones() else _zones().get(text.lower(), text)


@cache
def _zones() -> Mapping[str, str]:
    return {name.lower(): name for name in available_timezones()}


def _week(hours: Any) -> Any:
    if hours is None or (isinstance(hours, str) and hours.lower() in ("24/7", "24x7", "always")):
        return ALWAYS_OPEN
    if not isinstance(hours, Mapping):
        raise FormError('hours must be an object such as {"mon": [["09:00", "17:00"]]}')
    return {str(days): windows_of(windows) for days, windows in hours.items()}


def windows_of(value: Any) -> tuple[str, ...]:
    """One day's windows: pairs, objects with start and end, or texts such as 09:00-17:00."""
    if value in (None, False, "closed", "", [], {}):
        return ()
    if isinstance(value, Mapping) and not _is_window(value):
        return tuple(_window(pair) for pair in value.items())  # {"09:00": "17:00"}
    if isinstance(value, str | Mapping) or _is_pair(value):
        return (_window(value),)
    if not isinstance(value, list | tuple):
        raise FormError(f'hours of a day must be a list of pairs, not "{value}"')
    return tuple(_window(window) for window in value)


def _is_window(value: Spelled) -> bool:
    return first_of(value, SPAN_STARTS) is not None


def _is_pair(value: Any) -> bool:
    """`["09:00", "17:00"]`, which is one window, not two."""
    return (
        isinstance(value, list | tuple)
        and len(value) == 2  # noqa: PLR2004 - a pair
        and all(isinstance(each, str) and _IS_TIME.fullmatch(each.strip()) for each in value)
    )


def _window(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        value = first_of(value, SPAN_STARTS), first_of(value, SPAN_ENDS)
    if not isinstance(value, list | tuple) or len(value) != 2:  # noqa: PLR2004 - a pair
        raise FormError(f'"{value}" is no opening window; write it as ["09:00", "17:00"]')
    return "-".join(_clock(each) for each in value)


def _clock(value: Any) -> str:
    """`9`, `900` and `09:00` are one."""
    text = str(value).strip()
    if _HOUR.fullmatch(text):
        return f"{text}:00"
    military = _MILITARY.fullmatch(text)
    return text if military is None else f"{military[1]}:{military[2]}"


def _exceptions(holidays: Any) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Closings, and the days that are open for a while all the same."""
    closed: list[str] = []
    special: dict[str, tuple[str, ...]] = {}
    for holiday in _each(holidays):
        if not isinstance(holiday, Mapping):
            closed.append(_day(holiday))
        elif (hours := first_of(holiday, HOURS)) is not None:
            special[_day(first_of(holiday, ("date", "day")))] = windows_of(hours)
        else:
            closed.append(_closing(holiday))
    return closed, special


def _each(days: Any) -> Iterable[Any]:
    """Of an object with dates for names the dates are meant: the values say what is kept there."""
    if isinstance(days, Mapping):
        days = [name if isinstance(value, str | None) else value for name, value in days.items()]
    return [days] if isinstance(days, str) else days or ()


def _closing(holiday: Spelled) -> str:
    day, start, end = (
        first_of(holiday, ("date", "day")),
        first_of(holiday, SPAN_STARTS),
        first_of(holiday, SPAN_ENDS),
    )
    if day is None:
        return _day(start) if end is None else f"{_day(start)} to {_day(end)}"
    return _day(day) if start is None else f"{_day(day)} {_window((start, end))}"


def _day(value: Any) -> str:
    """The date of a moment, if it is one."""
    return re.split(r"[T ](?=\d\d:)", str(value).strip().removeprefix("--"))[0]


def _dated_hours(special: Any) -> dict[str, tuple[str, ...]]:
    if isinstance(special, Mapping):
        return {_day(day): windows_of(hours) for day, hours in special.items()}
    return {
        _day(first_of(each, ("date", "day"))): windows_of(
            first_of(each, HOURS) if first_of(each, HOURS) is not None else _own_window(each)
        )
        for each in special or ()
    }


def _own_window(day: Spelled) -> Any:
    return day if _is_window(day) else None


def moment_of(value: Any, name: str, zone: tzinfo) -> datetime:
    """ISO 8601, where it has no offset the calendar's local time; or seconds since 1970."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return EPOCH + timedelta(seconds=value)
        moment = datetime.fromisoformat(_UTC_SUFFIX.sub("+00:00", str(value).strip()))
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        written = "a time such as 2026-03-02T09:00:00Z"
        raise FormError(f'{name} must be {written}, not "{value}"') from None


def holds_of(holds: Any, zone: tzinfo) -> list[OpenHold]:
    if isinstance(holds, Mapping):
        holds = [holds]
    if not isinstance(holds, list | None):
        raise FormError(f'holds must be a list of pairs of times, not "{holds}"')
    return [_hold(hold, zone) for hold in holds or ()]


def _hold(hold: Any, zone: tzinfo) -> OpenHold:
    if isinstance(hold, Mapping):
        hold = first_of(hold, SPAN_STARTS), first_of(hold, SPAN_ENDS)
    if not isinstance(hold, list | tuple) or len(hold) != 2:  # noqa: PLR2004 - a pair
        raise FormError(f'each of holds must be a pair of times, not "{hold}"')
    start, end = hold
    until = None if end is None else moment_of(end, "the end of a hold", zone)
    return moment_of(start, "the start of a hold", zone), until


def length_of(question: Spelled) -> timedelta:
    """`seconds`, or else minutes or hours: of the same length where several are given."""
    for unit, factor in sorted(UNITS.items(), key=lambda item: item[0] != "seconds"):
        if question.get(unit) is not None:
            return timedelta(seconds=_number(question[unit], unit) * factor)
    raise FormError(f"add needs one of {', '.join(UNITS)}")


def _number(value: Any, name: str) -> float:
    try:
        if not isinstance(value, bool):
            return float(value)
    except (TypeError, ValueError):
        pass
    raise FormError(f'{name} must be a number, not "{value}"')
