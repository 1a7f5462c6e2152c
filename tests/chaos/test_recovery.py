"""Recovery and stalls, from moments in the log."""

import pytest

from tests.chaos.faults import Fault, Kind
from tests.chaos.recovery import (
    Strike,
    Waits,
    by_kind,
    longest_silence,
    recoveries,
    waits_by_mood,
)

KILLED = Fault(5.0, Kind.KILL_SERVICE, "sla", 0.0)
FROZEN = Fault(20.0, Kind.FREEZE_BROKER, "broker", 4.0)


def test_recovered_when_all_that_had_arrived_is_ready() -> None:
    strikes = [Strike(KILLED, 5_000, 5_000), Strike(FROZEN, 20_000, 24_000)]
    tickets = [
        (4_900.0, 7_500.0),
        (5_100.0, 9_000.0),  # arrived after it: no matter how long it took
        (21_000.0, 24_800.0),
        (23_900.0, 25_500.0),
    ]
    found = recoveries(strikes, tickets, [4_000, 4_900, 7_500, 19_900, 24_100, 25_500])
    assert [each.recovered for each in found] == [2.5, 1.5]
    assert [each.stalled for each in found] == [12.4, 4.1]


def test_what_was_never_ready_has_not_recovered() -> None:
    [found] = recoveries([Strike(KILLED, 5_000, 5_000)], [(4_000.0, None)], [])
    assert found.recovered is None
    assert by_kind([found])["kill-service sla"] == (1, None, 0.0)


def test_what_was_ready_before_is_recovered_at_once() -> None:
    [found] = recoveries([Strike(KILLED, 5_000, 5_000)], [(4_000.0, 4_500.0)], [4_000, 4_500])
    assert found.recovered == 0


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [(10, 100, 40), (35, 50, 15), (35, 75, 35), (75, 80, 5), (100, 200, 0), (0, 9, 9)],
)
def test_a_silence_counts_as_far_as_it_lies_within_the_time(
    begin: float, end: float, expected: float
) -> None:
    assert longest_silence([10, 20, 30, 70, 80, 100], begin, end) == expected


def test_summed_up_by_fault() -> None:
    strikes = [Strike(KILLED, t, t) for t in (1_000, 2_000, 3_000)]
    tickets = [(900.0, 1_500.0), (1_900.0, 2_100.0), (2_900.0, 3_900.0)]
    found = recoveries(strikes, tickets, [900, 1_500, 2_100, 3_900])
    assert by_kind(found) == {"kill-service sla": (3, 0.9, 0.9)}


def test_waits_while_only_the_mail_server_is_ill_are_told_apart() -> None:
    slow = Fault(10.0, Kind.MAIL_SLOW, "slow", 10.0)
    strikes = [Strike(slow, 10_000, 20_000), Strike(KILLED, 30_000, 30_000)]
    tickets = [(5_000.0, 6_000.0), (12_000.0, 14_000.0), (31_000.0, 99_000.0), (15_000.0, None)]
    found = waits_by_mood(strikes, tickets)
    assert found == {"nothing wrong": Waits(1, 1.0, 1.0), "mail server ill": Waits(1, 2.0, 2.0)}


def test_waits_while_services_are_restarted_one_by_one_are_told_apart() -> None:
    restart = Fault(10.0, Kind.ROLLING_RESTART, "restart", 10.0)
    waits = [(5_000.0, 6_000.0), (12_000.0, 15_000.0), (21_000.0, 22_500.0)]
    found = waits_by_mood([Strike(restart, 10_000, 20_000)], waits)
    assert found == {"nothing wrong": Waits(2, 1.5, 1.5), "rolling restart": Waits(1, 3.0, 3.0)}
