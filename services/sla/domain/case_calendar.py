"""How the calendar of a question may be spelled: its zone, week, days off and special days."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from services.sla.domain.case_form import (
    SPAN_ENDS,
    SPAN_STARTS,
    FormError,
    Spelled,
    first_of,
    reading,
)
from services.sla.domain.case_hours import ALL_TEXTS, IF_ALL_DAY, IF_OPEN, is_window, windows_of
from services.sla.domain.desk_hours import ALWAYS_OPEN, DayWeek, ScheduleConfig
from services.sla.domain.windows import WEEKDAYS

ZONE = ("timezone", "tz", "zone")
HOURS = ("hours", "workinghours", "businesshours", "week", "windows")
HOLIDAYS = ("holidays", "publicholidays", "closed", "closures")
SPECIAL = ("specialdays", "specialhours", "exceptions", "shifts")
BREAKS = ("breaks",)
DATE = ("date", "day")
WEEKDAY_NAMES = ("weekday", "workday", "dayofweek", "day", "days")
YEARLY = ("recurring", "yearly", "annual", "annually", "everyyear", "isperpetual")

_YEAR = re.compile(r"^\d{4}-")
_TIME_OF_DAY = re.compile(r"[T ](?=\d\d:)")


class CaseSchedule(ScheduleConfig):
    """As in the policies' file, but a desk may be closed on every weekday."""

    hours: DayWeek


def schedule_of(calendar: Any) -> CaseSchedule:
    """No calendar, or no hours: time never stops. Hours without a weekday: closed on it.

    The weekdays may stand in the calendar itself.
    """
    if calendar is None:
        calendar = {}
    if not isinstance(calendar, Mapping):
        raise FormError('calendar must be an object with "timezone" and "hours"')
    closed, special = _days_off(calendar)
    with reading("calendar.special_days"):
        special |= dict(_special(first_of(calendar, SPECIAL)))
    with reading("calendar.breaks"):
        closed.extend(_breaks(first_of(calendar, BREAKS)))
    return CaseSchedule.model_validate(
        {
            "time_zone": _zone_name(first_of(calendar, ZONE)),
            "hours": _week(calendar),
            "closed": closed,
            "special_days": special,
        }
    )


def _zone_name(zone: Any) -> str:
    """As it is written, or in the capitals of the zone's own name."""
    text = "UTC" if zone in (None, "", "Z", "z") else str(zone).strip()
    return text if text in available_timezones() else _zones().get(text.lower(), text)


@cache
def _zones() -> Mapping[str, str]:
    return {name.lower(): name for name in available_timezones()}


def _week(calendar: Spelled) -> Any:
    hours = first_of(calendar, HOURS)
    if hours is None:
        hours = {day: own for day, own in calendar.items() if day[:3].lower() in WEEKDAYS} or "24/7"
    if first_of(calendar, IF_ALL_DAY) is True or str(hours).lower() in ALL_TEXTS:
        return ALWAYS_OPEN
    with reading("calendar.hours"):
        week: dict[str, tuple[str, ...]] = {}
        for days, windows in _weekdays(hours):
            week[days] = (*week.get(days, ()), *windows_of(windows))
        return week


def _weekdays(hours: Any) -> Iterator[tuple[str, Any]]:
    """From an object by weekday, or a list of objects that name theirs."""
    if isinstance(hours, Mapping):
        yield from ((str(days), windows) for days, windows in hours.items())
        return
    if not isinstance(hours, list) or not hours:
        raise FormError('must be an object such as {"mon": [["09:00", "17:00"]]}')
    for each in hours:
        weekday = first_of(_object(each), WEEKDAY_NAMES)
        if not isinstance(weekday, str):
            raise FormError(f'"{each}" must name a weekday, such as "day": "mon"')
        yield weekday, each


def _object(value: Any) -> Spelled:
    if not isinstance(value, Mapping):
        raise FormError(f'"{value}" must be an object')
    return value


def _days_off(calendar: Spelled) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Closings, and the days that are open for a while all the same."""
    closed: list[str] = []
    special: dict[str, tuple[str, ...]] = {}
    with reading("calendar.holidays"):
        for holiday in _holidays(first_of(calendar, HOLIDAYS)):
            if (hours := first_of(holiday, HOURS)) is not None:
                special[_dated(holiday)] = windows_of(hours)
            elif first_of(holiday, IF_OPEN) is not False:
                closed.extend(_closings(holiday))
    return closed, special


def _holidays(holidays: Any) -> Iterator[Spelled]:
    """From a list of dates or objects, or an object by date whose values say what is kept then."""
    if isinstance(holidays, Mapping):
        for date, kept in holidays.items():
            yield {**kept, "date": date} if isinstance(kept, Mapping) else _kept(date, kept)
        return
    for each in _list(holidays):
        yield each if isinstance(each, Mapping) else {"date": each}


def _kept(date: str, what: Any) -> Spelled:
    if not isinstance(what, str | bool | None):
        raise FormError(f'{date} must have a name, not "{what}"')
    return {"date": date, "active": what is not False}


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise FormError(f'must be a list of dates such as 2026-12-24, not "{value}"')
    return value


def _closings(holiday: Spelled) -> list[str]:
    day, start, end = (first_of(holiday, names) for names in (DATE, SPAN_STARTS, SPAN_ENDS))
    if day is None and start is None:
        raise FormError(f'"{dict(holiday)}" has no date')
    if day is None:
        first, last = _date(start, holiday), _date(end, holiday)
        return [first if end is None else f"{first} to {last}"]
    if start is None:
        return [_date(day, holiday)]
    return [f"{_date(day, holiday)} {window}" for window in windows_of({"from": start, "to": end})]


def _dated(holiday: Spelled) -> str:
    day = first_of(holiday, DATE)
    if day is None:
        raise FormError(f'"{dict(holiday)}" has no date')
    return _date(day, holiday)


def _date(value: Any, holiday: Spelled) -> str:
    """The date of a moment, if it is one; without its year if it is kept every year."""
    text = _TIME_OF_DAY.split(str(value).strip().removeprefix("--"))[0]
    return _YEAR.sub("", text) if first_of(holiday, YEARLY) is True else text


def _special(special: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(special, Mapping):
        yield from ((_date(day, {}), windows_of(hours)) for day, hours in special.items())
        return
    for each in _list(special):
        hours = first_of(_object(each), HOURS)
        own = each if is_window(each) else None
        yield _dated(each), windows_of(own if hours is None else hours)


def _breaks(breaks: Any) -> Iterator[str]:
    if not isinstance(breaks, Mapping | None):
        raise FormError('must be an object such as {"2026-12-24": [["12:00", "13:00"]]}')
    for day, hours in (breaks or {}).items():
        yield from (f"{_date(day, {})} {window}" for window in windows_of(hours))
