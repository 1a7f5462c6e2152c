"""Closings from iCal files: whole days, parts of days, series with their exceptions."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from services.sla.domain.closures import WHOLE_DAY
from services.sla.domain.desk_hours import ScheduleConfig
from services.sla.domain.ical_feed import IcalFeed
from services.sla.domain.windows import Windows

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3_600


def feed(*events: str) -> IcalFeed:
    body = "".join(
        f"BEGIN:VEVENT\r\nUID:{i}\r\n{e}\r\nEND:VEVENT\r\n" for i, e in enumerate(events)
    )
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n"
    return IcalFeed(f"{head}{body}END:VCALENDAR\r\n")


def closed(*events: str, year: int = 2026, zone: ZoneInfo = BERLIN) -> dict[str, Windows]:
    return {str(day): hours for day, hours in feed(*events).closed_hours(year, zone).items()}


@pytest.mark.parametrize(
    ("event", "days"),
    [
        ("DTSTART;VALUE=DATE:20260501", {"2026-05-01": WHOLE_DAY}),
        (
            "DTSTART;VALUE=DATE:20260501\r\nDTEND;VALUE=DATE:20260503",
            {"2026-05-01": WHOLE_DAY, "2026-05-02": WHOLE_DAY},
        ),
        (
            "DTSTART;VALUE=DATE:20200501\r\nRRULE:FREQ=YEARLY\r\nTRANSP:TRANSPARENT",
            {"2026-05-01": WHOLE_DAY},
        ),
        (
            "DTSTART:20261224T130000\r\nDTEND:20261224T180000",
            {"2026-12-24": ((13 * HOUR, 18 * HOUR),)},
        ),
        (
            "DTSTART:20261224T120000Z\r\nDURATION:PT2H",
            {"2026-12-24": ((13 * HOUR, 15 * HOUR),)},
        ),
        (
            "DTSTART;TZID=America/New_York:20260310T170000\r\nDURATION:PT4H",
            {"2026-03-10": ((22 * HOUR, 24 * HOUR),), "2026-03-11": ((0, 2 * HOUR),)},
        ),
        ("DTSTART:20260501T100000", {}),
        ("DTSTART;VALUE=DATE:20260501\r\nSTATUS:CANCELLED", {}),
    ],
)
def test_event_closes_the_desk(event: str, days: dict[str, Windows]) -> None:
    assert closed(event) == days


def test_series_is_known_for_its_year_only_and_ends() -> None:
    series = "DTSTART;VALUE=DATE:20241231\r\nDURATION:P2D\r\nRRULE:FREQ=YEARLY;UNTIL=20251231"
    assert closed(series, year=2024) == {"2024-12-31": WHOLE_DAY}
    assert list(closed(series, year=2025)) == ["2025-01-01", "2025-12-31"]
    assert list(closed(series, year=2026)) == ["2026-01-01"]
    assert closed(series, year=2027) == {}


def test_series_leaves_out_and_adds_single_days() -> None:
    series = (
        "DTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=MONTHLY;BYDAY=1MO;COUNT=4\r\n"
        "EXDATE;VALUE=DATE:20260202\r\nRDATE;VALUE=DATE:20260220"
    )
    assert list(closed(series)) == ["2026-01-05", "2026-02-20", "2026-03-02", "2026-04-06"]


def test_series_keeps_its_hour_on_its_own_clock_over_a_change_of_summer_time() -> None:
    series = (
        "DTSTART;TZID=America/New_York:20260302T090000\r\nDURATION:PT1H\r\n"
        "RRULE:FREQ=WEEKLY;UNTIL=20260317T000000Z"
    )
    berlin = {day: hours[0][0] // HOUR for day, hours in closed(series).items()}
    assert berlin == {"2026-03-02": 15, "2026-03-09": 14, "2026-03-16": 14}


def test_moved_occasion_of_a_series_closes_where_it_was_moved_to() -> None:
    master = "UID:x\r\nDTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=WEEKLY;COUNT=3"
    moved = "UID:x\r\nRECURRENCE-ID;VALUE=DATE:20260112\r\nDTSTART;VALUE=DATE:20260113"
    away = "UID:x\r\nRECURRENCE-ID;VALUE=DATE:20260119\r\nDTSTART;VALUE=DATE:20260119"
    off = f"{away}\r\nSTATUS:CANCELLED"
    text = "".join(f"BEGIN:VEVENT\r\n{each}\r\nEND:VEVENT\r\n" for each in (master, moved, off))
    calendar = IcalFeed(f"BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n")
    days = sorted(calendar.closed_hours(2026, BERLIN))
    assert days == [date(2026, 1, 5), date(2026, 1, 13)]


def test_feed_closes_what_the_weekly_hours_open() -> None:
    config = ScheduleConfig.model_validate(
        {
            "time_zone": "Europe/Berlin",
            "hours": {"mon-fri": "09:00-17:00"},
            "feeds": "office.ics",
            "special_days": {"2026-05-04": "10:00-11:00"},
        }
    )
    office = feed(
        "DTSTART;VALUE=DATE:20260501\r\nDURATION:P4D",
        "DTSTART:20260505T150000\r\nDURATION:PT1H",
    )
    schedule = config.compiled({"office.ics": office})
    exceptions = schedule.exceptions(2026)
    assert exceptions[date(2026, 5, 1)] == ()
    assert exceptions[date(2026, 5, 4)] == ((10 * HOUR, 11 * HOUR),)
    assert exceptions[date(2026, 5, 5)] == ((9 * HOUR, 15 * HOUR), (16 * HOUR, 17 * HOUR))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hello", "is no iCal file"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", "without a start"),
        (
            "BEGIN:VEVENT\r\nDTSTART:20260101T000000\r\nRRULE:FREQ=SECONDLY\r\nEND:VEVENT\r\n",
            "more often than daily",
        ),
    ],
)
def test_what_is_no_calendar_of_closings_is_told(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        IcalFeed(text)
