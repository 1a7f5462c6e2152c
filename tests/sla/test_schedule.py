"""When the desk is open, and when a target falls due: the cases that others get wrong."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.sla.domain.business_time import due_at, due_with_holds, elapsed, elapsed_with_holds
from services.sla.domain.desk_hours import ScheduleConfig
from services.sla.domain.schedule import ALWAYS, STRETCH_MICROS, Schedule, to_micros

HOUR = timedelta(hours=1)
WORKWEEK = {"mon-fri": "09:00-17:00"}


def schedule(hours: Any = WORKWEEK, zone: str = "Europe/Berlin", **more: Any) -> Schedule:
    return ScheduleConfig.model_validate({"time_zone": zone, "hours": hours, **more}).compiled()


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


OFFICE = schedule()
LUNCH = schedule({"mon-fri": ["09:00-12:00", "13:00-17:30"]})
NIGHT = schedule({"mon-fri": "22:00-06:00"})
HOLIDAYS = schedule(holidays={"country": "DE", "region": "BE"})


@pytest.mark.parametrize(
    ("desk", "start", "hours", "due"),
    [
        pytest.param(OFFICE, "2026-04-29 10:00", 4, "2026-04-29 14:00", id="within a day"),
        pytest.param(OFFICE, "2026-04-29 06:30", 4, "2026-04-29 13:00", id="before opening"),
        pytest.param(OFFICE, "2026-04-29 15:00", 4, "2026-04-30 11:00", id="into the next day"),
        pytest.param(OFFICE, "2026-04-29 15:00", 2, "2026-04-29 17:00", id="at closing, not later"),
        pytest.param(OFFICE, "2026-04-24 16:00", 2, "2026-04-27 10:00", id="over a weekend"),
        pytest.param(LUNCH, "2026-04-29 11:00", 2, "2026-04-29 14:00", id="over lunch"),
        pytest.param(LUNCH, "2026-04-29 11:00", 1, "2026-04-29 12:00", id="at the start of lunch"),
        pytest.param(NIGHT, "2026-04-29 12:00", 3, "2026-04-30 01:00", id="past midnight"),
        pytest.param(
            NIGHT, "2026-05-01 23:00", 8, "2026-05-04 23:00", id="Saturday morning counts"
        ),
        pytest.param(HOLIDAYS, "2026-04-30 16:00", 2, "2026-05-04 10:00", id="skips 1 May"),
        pytest.param(HOLIDAYS, "2026-03-06 16:00", 2, "2026-03-09 10:00", id="8 March is Sunday"),
        pytest.param(OFFICE, "2026-12-31 16:00", 1, "2026-12-31 17:00", id="last of the year"),
        pytest.param(OFFICE, "2026-12-31 16:00", 2, "2027-01-01 10:00", id="over the year's end"),
        pytest.param(ALWAYS, "2026-12-31 23:00", 2, "2027-01-01 01:00", id="calendar, year's end"),
        pytest.param(ALWAYS, "2026-03-28 12:00", 24, "2026-03-29 13:00", id="calendar, spring"),
    ],
)
def test_due(desk: Schedule, start: str, hours: int, due: str) -> None:
    assert due_at(at(start), hours * HOUR, desk) == at(due)
    assert elapsed(at(start), at(due), desk) == hours * HOUR


@pytest.mark.parametrize(
    ("zone", "hours", "start", "end", "open_hours"),
    [
        pytest.param("Europe/Berlin", "00:00-24:00", "2026-03-29 00:00", "2026-03-30 00:00", 23),
        pytest.param("Europe/Berlin", "00:00-24:00", "2026-10-25 00:00", "2026-10-26 00:00", 25),
        pytest.param("Europe/Berlin", "22:00-06:00", "2026-03-28 12:00", "2026-03-29 12:00", 7),
        pytest.param("Europe/Berlin", "22:00-06:00", "2026-10-24 12:00", "2026-10-25 12:00", 9),
        pytest.param("Europe/Berlin", "02:30-04:00", "2026-03-29 00:00", "2026-03-29 12:00", 1),
        pytest.param("Europe/Berlin", "02:00-03:00", "2026-03-29 00:00", "2026-03-29 12:00", 0),
        pytest.param("Europe/Berlin", "02:00-03:00", "2026-10-25 00:00", "2026-10-25 12:00", 2),
        pytest.param("Europe/Berlin", "02:30-04:00", "2026-10-25 00:00", "2026-10-25 12:00", 2),
        pytest.param(
            "Australia/Lord_Howe", "00:00-24:00", "2026-10-04 00:00", "2026-10-05 00:00", 23.5
        ),
        pytest.param("Asia/Kathmandu", "09:00-17:00", "2026-03-02 00:00", "2026-03-03 00:00", 8),
        pytest.param("Pacific/Apia", "00:00-24:00", "2011-12-29 00:00", "2011-12-31 00:00", 24),
    ],
)
def test_open_hours_where_the_clock_is_changed(
    zone: str, hours: str, start: str, end: str, open_hours: float
) -> None:
    desk = schedule({"daily": hours}, zone)
    assert elapsed(at(start, zone), at(end, zone), desk) == open_hours * HOUR


def test_no_time_at_all_is_due_at_the_first_open_moment() -> None:
    assert due_at(at("2026-04-29 12:34"), timedelta(0), OFFICE) == at("2026-04-29 12:34")
    assert due_at(at("2026-04-29 17:00"), timedelta(0), OFFICE) == at("2026-04-30 09:00")
    assert due_at(at("2026-12-31 23:00"), timedelta(0), schedule({"fri": "09:00-10:00"})) == at(
        "2027-01-01 09:00"
    )


def test_milliseconds_are_exact() -> None:
    start = at("2026-04-29 16:59:59.750")
    assert due_at(start, timedelta(milliseconds=251), OFFICE) == at("2026-04-30 09:00:00.001")
    assert elapsed(start, at("2026-04-30 09:00:00.001"), OFFICE) == timedelta(milliseconds=251)


def test_nothing_has_passed_where_the_end_comes_first() -> None:
    assert elapsed(at("2026-04-29 12:00"), at("2026-04-29 11:00"), OFFICE) == timedelta(0)


def test_target_less_than_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="less than nothing"):
        due_at(at("2026-04-29 12:00"), -HOUR, OFFICE)


def test_target_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(OverflowError, match="out of the years"):
        due_at(datetime(9990, 1, 1, tzinfo=UTC), timedelta(days=9_000), OFFICE)


def test_open_spans_go_on_from_within_one_in_order() -> None:
    spans = list(islice(LUNCH.open_spans(at("2026-12-31 10:00")), 4))
    assert spans == [
        (at("2026-12-31 10:00"), at("2026-12-31 12:00")),
        (at("2026-12-31 13:00"), at("2026-12-31 17:30")),
        (at("2027-01-01 09:00"), at("2027-01-01 12:00")),
        (at("2027-01-01 13:00"), at("2027-01-01 17:30")),
    ]


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-04-29 09:00", True),
        ("2026-04-29 08:59:59.999", False),
        ("2026-04-29 16:59:59.999", True),
        ("2026-04-29 17:00", False),
        ("2026-04-26 12:00", False),
    ],
)
def test_opening_is_open_and_closing_is_closed(moment: str, *, is_open: bool) -> None:
    assert OFFICE.is_open(at(moment)) is is_open


def test_special_day_takes_the_place_of_hours_and_holiday() -> None:
    desk = schedule(
        holidays={"country": "DE"},
        special_days={"2026-05-01": "10:00-12:00", "2026-05-04": ["13:00-15:00", "16:00-17:00"]},
    )
    assert due_at(at("2026-04-30 17:00"), 3 * HOUR, desk) == at("2026-05-04 14:00")
    assert due_at(at("2026-04-30 17:00"), 5 * HOUR, desk) == at("2026-05-04 17:00")


def test_special_day_of_every_year_opens_no_closed_day() -> None:
    desk = schedule(special_days={"12-31": "09:00-12:00"}, closed=["12-24", "02-29"])
    year_2026 = elapsed(at("2026-12-31 00:00"), at("2027-01-01 00:00"), desk)
    year_2028 = elapsed(at("2028-12-31 00:00"), at("2029-01-01 00:00"), desk)  # a Sunday
    assert (year_2026, year_2028) == (3 * HOUR, timedelta(0))
    assert elapsed(at("2026-12-24 00:00"), at("2026-12-25 00:00"), desk) == timedelta(0)
    assert elapsed(at("2028-02-29 00:00"), at("2028-03-01 00:00"), desk) == timedelta(0)


def test_holiday_closes_the_morning_of_a_night_that_began_before_it() -> None:
    desk = schedule({"daily": "22:00-06:00"}, closed=["2026-05-01"])
    assert elapsed(at("2026-04-30 12:00"), at("2026-05-01 12:00"), desk) == 2 * HOUR
    assert elapsed(at("2026-05-01 12:00"), at("2026-05-02 12:00"), desk) == 6 * HOUR


def test_holiday_observed_on_the_last_day_of_the_year_before() -> None:
    desk = schedule(zone="America/New_York", holidays={"country": "US"})
    friday = date(2021, 12, 31)
    start = at(f"{friday} 00:00", "America/New_York")
    assert elapsed(start, start + timedelta(days=1), desk) == timedelta(0)


def test_holds_may_overlap_and_begin_before_the_clock() -> None:
    holds = [
        (at("2026-04-28 08:00"), at("2026-04-28 10:00")),
        (at("2026-04-29 08:00"), at("2026-04-29 10:00")),
        (at("2026-04-29 11:00"), at("2026-04-29 12:00")),
        (at("2026-04-29 11:30"), at("2026-04-29 13:00")),
    ]
    start = at("2026-04-29 09:00")
    due = due_with_holds(start, 2 * HOUR, OFFICE, holds)
    assert due == at("2026-04-29 14:00")
    assert elapsed_with_holds(start, due, OFFICE, holds) == 2 * HOUR
    assert due_with_holds(start, HOUR, OFFICE, holds) == at("2026-04-29 11:00")


def test_long_closure_costs_no_more_than_a_short_one() -> None:
    """A stretch of 365 days is worked out once; then a question is a search, not a walk."""
    closed = [f"{month:02d}-{day:02d}" for month in range(2, 12) for day in range(1, 29)]
    desk = schedule(closed=closed)
    assert due_at(at("2026-01-31 00:00"), HOUR, desk) == at("2026-03-30 10:00")
    first = to_micros(at("2026-01-31 00:00")) // STRETCH_MICROS
    assert set(desk._stretches) <= {first, first + 1}
