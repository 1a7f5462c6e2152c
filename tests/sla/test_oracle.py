"""The oracle agrees with us on a sample, and would say so if it did not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from services.sla.domain.schedule import Schedule
from services.sla.domain.windows import parse_week
from tests.sla import oracle, reference
from tests.sla.minute_walk import Walked

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def test_no_difference_in_a_sample() -> None:
    assert list(oracle.differences(600, Random(7))) == []  # noqa: S311 - repeatable, no secret


def test_wrong_desk_is_found_out() -> None:
    desk = next(oracle.desks(Random(3)))  # noqa: S311
    shut = Schedule(ZoneInfo("UTC"), parse_week({"mon": ("09:00-09:01",)}))
    wrong = replace(desk, schedule=shut)
    chance = Random(5)  # noqa: S311
    assert any(list(oracle._compared(wrong, chance)) for _ in range(20))


def test_minutes_that_were_walked_tell_due_and_elapsed() -> None:
    week = [[("09:00", "17:00")]] * 5 + [[]] * 2
    walked = Walked(MONDAY, 3 * 1_440, reference.desk("UTC", week, {}))
    nine, hour = MONDAY + timedelta(hours=9), 3_600_000
    assert walked.due_at(nine, 8 * hour) == MONDAY + timedelta(hours=17)
    assert walked.due_at(nine, 8 * hour + 1) == MONDAY + timedelta(hours=33, milliseconds=1)
    assert walked.due_at(nine, 30 * hour) is None
    assert walked.due_at(MONDAY, 0) == nine
    assert walked.elapsed_ms(MONDAY, nine + timedelta(seconds=1, milliseconds=5)) == 1_005
    hold = (nine + timedelta(minutes=10), nine + timedelta(minutes=20))
    assert walked.due_with_holds(nine, hour, [hold]) == nine + timedelta(minutes=70)
