"""A seed is a plan: the same one again, one fault after the other, every kind in a minute."""

from itertools import pairwise

import pytest

from tests.bench.arrivals import at_random
from tests.chaos.faults import LAST_SECONDS, Kind, draw
from tests.chaos.input import with_duplicates

SERVICES = ("intake", "triage", "router", "sla", "notifier", "reporting")
EMBEDDED = [kind for kind in Kind if kind is not Kind.KILL_BROKER]


@pytest.mark.parametrize("seed", range(20))
def test_faults_do_not_overlap_and_leave_time_at_the_end(seed: int) -> None:
    plan = draw(120, seed, EMBEDDED, SERVICES)
    assert all(a.at + a.seconds < b.at for a, b in pairwise(plan))
    assert plan[-1].at + plan[-1].seconds + LAST_SECONDS <= 120


@pytest.mark.parametrize("seed", range(20))
def test_a_minute_has_every_kind(seed: int) -> None:
    assert {fault.kind for fault in draw(75, seed, EMBEDDED, SERVICES)} == set(EMBEDDED)


@pytest.mark.parametrize("seed", range(5))
def test_no_service_is_spared(seed: int) -> None:
    plan = draw(120, seed, [Kind.KILL_SERVICE], SERVICES)
    assert {fault.victim for fault in plan} == set(SERVICES)


def test_the_same_seed_is_the_same_plan() -> None:
    assert draw(60, 7, EMBEDDED, SERVICES) == draw(60, 7, EMBEDDED, SERVICES)
    assert draw(60, 7, EMBEDDED, SERVICES) != draw(60, 8, EMBEDDED, SERVICES)


def test_no_kinds_no_faults() -> None:
    assert draw(60, 7, [], SERVICES) == []


def test_the_repeated_come_later_and_make_no_tickets_of_their_own() -> None:
    arrivals = list(at_random(50, 20, seed=1))
    load = with_duplicates(arrivals, seed=1, share=0.2)
    assert load.tickets == len(arrivals)
    assert list(load.arrivals) == sorted(load.arrivals)
    again = len(load.requests) - len(arrivals)
    assert 100 < again < 300
    assert 0 < len(load.copies) < again
    first: dict[bytes, int] = {}
    for position, request in enumerate(load.requests):
        value = request.publication.value or b""
        if request.origin in load.copies:
            assert value in first, "a copy must not come before what it copies"
        first.setdefault(value, position)


def test_nothing_is_repeated_where_nothing_should_be() -> None:
    load = with_duplicates([1.0, 2.0], seed=1, share=0.0)
    assert (load.tickets, len(load.requests), load.copies) == (2, 2, frozenset())
