"""What holds for every desk, start and target, against a reference that counts minutes."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from services.sla.domain.business_time import due_at, due_with_holds, elapsed, elapsed_with_holds
from services.sla.domain.schedule import STRETCH_MICROS, Schedule, to_micros
from services.sla.domain.windows import parse_day_windows, parse_week
from tests.sla import reference

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Desk(NamedTuple):
    schedule: Schedule
    is_open: reference.IsOpen


def clock_text(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@st.composite
def windows(draw: st.DrawFn, *, overnight: bool) -> tuple[str, str]:
    opens = draw(st.integers(0, 1439))
    lowest = 0 if overnight else opens + 1
    closes = draw(st.integers(lowest, 1440).filter(lambda closes: closes != opens))
    return clock_text(opens), clock_text(closes)


def day_hours(*, overnight: bool) -> st.SearchStrategy[list[tuple[str, str]]]:
    return st.lists(windows(overnight=overnight), max_size=3)


moments = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(2100, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
whole_minutes = moments.map(lambda moment: moment.replace(second=0, microsecond=0))
targets = st.timedeltas(timedelta(milliseconds=1), timedelta(days=40)).map(
    lambda span: timedelta(milliseconds=span // timedelta(milliseconds=1) + 1)
)


@st.composite
def desks(draw: st.DrawFn, near: datetime | None = None) -> Desk:
    """With one day's hours at least that do not vanish in a change of summer time."""
    zone = draw(st.sampled_from(ZONES))
    week = [draw(day_hours(overnight=True)) for _ in WEEKDAYS]
    week[draw(st.integers(0, 6))].append(("08:00", "17:00"))
    start = near or datetime(2026, 3, 2, tzinfo=UTC)
    closed_days = draw(st.dictionaries(st.integers(-3, 20), day_hours(overnight=False), max_size=3))
    closed = {start.date() + timedelta(days=n): tuple(hours) for n, hours in closed_days.items()}
    return build(zone, week, closed)


def build(
    zone: str,
    week: list[list[tuple[str, str]]],
    closed: dict[date, tuple[tuple[str, str], ...]],
) -> Desk:
    hours = {
        day: tuple("-".join(window) for window in own)
        for day, own in zip(WEEKDAYS, week, strict=True)
    }
    own = {day: parse_day_windows("-".join(w) for w in ws) for day, ws in closed.items()}
    schedule = Schedule(ZoneInfo(zone), parse_week(hours), lambda _year: own)
    return Desk(schedule, reference.desk(zone, week, closed))


@st.composite
def questions(draw: st.DrawFn, starts: st.SearchStrategy[datetime]) -> tuple[Desk, datetime]:
    start = draw(starts)
    return draw(desks(start)), start


def some(
    strategy: st.SearchStrategy[datetime] = moments,
) -> st.SearchStrategy[tuple[Desk, datetime]]:
    return questions(strategy)


# Around the changes of summer time, where arithmetic on local times goes wrong.
changes = st.sampled_from(
    [
        datetime(2026, 3, 29, 0, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 0, tzinfo=UTC),
        datetime(2026, 3, 8, 6, 0, tzinfo=UTC),
        datetime(2026, 11, 1, 5, 0, tzinfo=UTC),
        datetime(2026, 4, 4, 15, 0, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
        datetime(2011, 12, 30, 9, 0, tzinfo=UTC),
        datetime(2026, 2, 15, 2, 0, tzinfo=UTC),
    ]
)
near_changes = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes), changes, st.integers(-2000, 600)
)


@settings(max_examples=80, deadline=None)
@given(some(st.one_of(whole_minutes, near_changes)), st.integers(1, 2_000))
def test_due_and_elapsed_are_those_of_a_count_of_minutes(
    question: tuple[Desk, datetime], minutes: int
) -> None:
    (schedule, is_open), start = question
    due = due_at(start, timedelta(minutes=minutes), schedule)
    assert due == reference.due_at(start, minutes, is_open)
    end = start + timedelta(minutes=minutes)
    assert elapsed(start, end, schedule) == reference.elapsed(start, end, is_open)


@settings(max_examples=60, deadline=None)
@given(some(), targets, targets)
def test_more_target_is_never_due_sooner(
    question: tuple[Desk, datetime], target: timedelta, more: timedelta
) -> None:
    (schedule, _), start = question
    assert due_at(start, target, schedule) < due_at(start, target + more, schedule)


@settings(max_examples=60, deadline=None)
@given(some(), targets)
def test_due_is_inside_opening_hours_and_the_target_has_passed_there(
    question: tuple[Desk, datetime], target: timedelta
) -> None:
    (schedule, _), start = question
    due = due_at(start, target, schedule)
    assert elapsed(start, due, schedule) == target
    just_before = due - timedelta(microseconds=1)
    assert schedule.is_open(just_before)
    assert elapsed(start, just_before, schedule) < target


@settings(max_examples=60, deadline=None)
@given(some(), targets, targets, targets)
def test_pause_of_some_business_time_moves_due_by_it(
    question: tuple[Desk, datetime], before: timedelta, pause: timedelta, after: timedelta
) -> None:
    (schedule, _), start = question
    paused_at = due_at(start, before, schedule)
    resumed_at = due_at(paused_at, pause, schedule)
    due = due_with_holds(start, before + after, schedule, [(paused_at, resumed_at)])
    assert due == due_at(start, before + pause + after, schedule)
    assert elapsed_with_holds(start, due, schedule, [(paused_at, resumed_at)]) == before + after


@settings(max_examples=60, deadline=None)
@given(some(), targets, st.floats(0, 1))
def test_interval_split_anywhere_adds_up(
    question: tuple[Desk, datetime], length: timedelta, share: float
) -> None:
    (schedule, _), start = question
    middle, end = start + length * share, start + length
    whole = elapsed(start, end, schedule)
    assert elapsed(start, middle, schedule) + elapsed(middle, end, schedule) == whole
    assert timedelta(0) <= whole <= length


@settings(max_examples=50, deadline=None)
@given(some(), targets)
def test_spans_are_the_same_time_as_the_sums(
    question: tuple[Desk, datetime], length: timedelta
) -> None:
    (schedule, _), start = question
    end, total = start + length, timedelta(0)
    last = start
    for opens, closes in schedule.open_spans(start):
        assert last <= opens < closes
        last = closes
        if opens >= end:
            break
        total += min(closes, end) - opens
    assert total == elapsed(start, end, schedule)


@settings(max_examples=50, deadline=None)
@given(some())
def test_a_stretch_s_sums_fit_its_spans(question: tuple[Desk, datetime]) -> None:
    (schedule, _), start = question
    number = to_micros(start) // STRETCH_MICROS
    stretch = schedule.stretch(number)
    lengths = [close - open_ for open_, close in zip(stretch.opens, stretch.closes, strict=True)]
    assert stretch.total == sum(lengths)
    assert stretch.open_until((number + 1) * STRETCH_MICROS) == stretch.total
    assert stretch.open_until(number * STRETCH_MICROS) == 0
