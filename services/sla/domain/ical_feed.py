"""A calendar of closings as an iCal file (RFC 5545): whole days, parts of days, what recurs.

Every event closes the desk, whether it is marked as busy or not: public feeds of holidays mark
theirs as free. Times without a zone are those of the desk's own clocks.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr
from icalendar import Calendar, Component

from services.sla.domain.windows import DAY, Window, Windows, merged

ONE_DAY = timedelta(days=1)
LONGEST = timedelta(days=366)
TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")


class Occasion(NamedTuple):
    """Starts are on the clocks of `zone`, None: on the desk's own."""

    starts: rruleset
    length: timedelta
    zone: tzinfo | None


class IcalFeed:
    """Raises ValueError for what is no calendar."""

    def __init__(self, text: str | bytes) -> None:
        try:
            events = Calendar.from_ical(text).walk("VEVENT")
        except (ValueError, KeyError, IndexError) as error:
            raise ValueError(f"is no iCal file: {error}") from None
        moved = _moved(events)
        self._occasions = [
            _occasion(event, moved.get(str(event.get("UID")), []))
            for event in events
            if str(event.get("STATUS")).upper() != "CANCELLED"
        ]

    def closed_hours(self, year: int, zone: ZoneInfo) -> Mapping[date, Windows]:
        shut: dict[date, list[Window]] = {}
        for occasion in self._occasions:
            for start, end in _in_year(occasion, year, zone):
                for day, window in _by_day(start, end):
                    shut.setdefault(day, []).append(window)
        return {day: merged(windows) for day, windows in shut.items() if day.year == year}


def _moved(events: Sequence[Component]) -> dict[str, list[datetime]]:
    """Single occasions of a series that have an event of their own, or are called off."""
    moved: dict[str, list[datetime]] = {}
    for event in events:
        instance = event.get("RECURRENCE-ID")
        if instance is not None:
            moved.setdefault(str(event.get("UID")), []).append(_wall(instance.dt))
    return moved


def _occasion(event: Component, moved: Sequence[datetime]) -> Occasion:
    if event.get("DTSTART") is None:
        raise ValueError(f'has an event without a start: "{event.get("SUMMARY", "")}"')
    first = event.decoded("DTSTART")
    starts = rruleset()
    rule = event.get("RRULE")
    if rule is None or event.get("RECURRENCE-ID") is not None:
        starts.rdate(_wall(first))
    else:
        starts.rrule(_rule(rule, first))
        for each in moved:
            starts.exdate(each)
    for extra in _dates(event.get("RDATE")):
        starts.rdate(extra)
    for out in _dates(event.get("EXDATE")):
        starts.exdate(out)
    return Occasion(starts, _length(event, first), _zone(first))


def _rule(rule: Any, first: date) -> rrule:
    if any(str(each).upper() in TOO_OFTEN for each in rule.get("FREQ", ())):
        raise ValueError("closes the desk more often than daily, which is no calendar of closings")
    rule = rule.copy()
    if "UNTIL" in rule:
        rule["UNTIL"] = [_until(each, first) for each in rule["UNTIL"]]
    found = rrulestr(rule.to_ical().decode(), dtstart=_wall(first))
    assert isinstance(found, rrule)  # noqa: S101 - there is one rule in it
    return found


def _until(until: date, first: date) -> datetime:
    """On the clocks of the event, whose zone a rule's end in UTC does not have."""
    zone = _zone(first)
    if isinstance(until, datetime) and until.tzinfo is not None and zone is not None:
        until = until.astimezone(zone)
    return _wall(until)


def _dates(lists: Any) -> Iterator[datetime]:
    for each in lists if isinstance(lists, list) else [lists]:
        for value in () if each is None else each.dts:
            yield _wall(value.dt)


def _length(event: Component, first: date) -> timedelta:
    """RFC 5545, 3.6.1: without an end a date lasts a day, and a time no time at all."""
    if event.get("DTEND") is not None:
        length = _wall(event.decoded("DTEND")) - _wall(first)
    elif event.get("DURATION") is not None:
        length = event.decoded("DURATION")
    else:
        length = timedelta(0) if isinstance(first, datetime) else ONE_DAY
    return min(max(length, timedelta(0)), LONGEST)


def _wall(moment: date) -> datetime:
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=None)
    return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - a wall clock's


def _zone(moment: date) -> tzinfo | None:
    return moment.tzinfo if isinstance(moment, datetime) else None


def _in_year(occasion: Occasion, year: int, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Start and end on the desk's clocks."""
    begin = datetime(year, 1, 1) - occasion.length - ONE_DAY  # noqa: DTZ001
    for start in occasion.starts.between(begin, datetime(year + 1, 1, 2), inc=True):  # noqa: DTZ001
        if occasion.zone is None:
            yield start, start + occasion.length
        else:
            instant = start.replace(tzinfo=occasion.zone).astimezone(UTC)
            yield _there(instant, zone), _there(instant + occasion.length, zone)


def _there(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def _by_day(start: datetime, end: datetime) -> Iterator[tuple[date, Window]]:
    day = start.date()
    while datetime(day.year, day.month, day.day) < end:  # noqa: DTZ001
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
        opens = max(int((start - midnight).total_seconds()), 0)
        closes = min(int((end - midnight).total_seconds()), DAY)
        if opens < closes:
            yield day, (opens, closes)
        day += ONE_DAY
