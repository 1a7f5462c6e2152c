"""A seed is a plan: the same one again, one fault after the other, every kind in a minute."""

from itertools import pairwise

import pytest

from tests.bench.arrivals import at_random
from tests.chaos.faults import LAST_SECONDS, TAKES, Kind, draw, kills
from tests.chaos.input import load_of
from tests.chaos.pills import KINDS, is_pill

SERVICES = ("intake", "triage", "router", "sla", "notifier", "reporting", "sla#2")
EMBEDDED = [kind for kind in Kind if kind is not Kind.KILL_BROKER]


@pytest.mark.parametrize("seed", range(20))
def test_faults_do_not_overlap_and_leave_time_at_the_end(seed: int) -> None:
    plan = draw(120, seed, EMBEDDED, SERVICES)
    ends = [fault.at + fault.seconds + TAKES.get(fault.kind, 0.0) for fault in plan]
    assert all(end < fault.at for end, fault in zip(ends, plan[1:], strict=False))
    assert ends[-1] + LAST_SECONDS <= 120


@pytest.mark.parametrize("seed", range(20))
def test_eight_minutes_have_every_kind(seed: int) -> None:
    assert {fault.kind for fault in draw(480, seed, EMBEDDED, SERVICES)} == set(EMBEDDED)


@pytest.mark.parametrize("seed", range(20))
def test_a_minute_has_several(seed: int) -> None:
    plan = draw(60, seed, EMBEDDED, SERVICES)
    assert len({fault.kind for fault in plan}) == len(plan) >= 2


@pytest.mark.parametrize("seed", range(5))
def test_no_service_is_spared(seed: int) -> None:
    plan = draw(120, seed, [Kind.KILL_SERVICE], SERVICES)
    assert {fault.victim for fault in plan} == set(SERVICES)


def test_a_mail_server_is_ill_for_as_long_as_asked() -> None:
    [fault] = draw(600, 7, [Kind.MAIL_AWAY], SERVICES, mail_seconds=300.0)
    assert fault.seconds == 300.0


def test_the_same_seed_is_the_same_plan() -> None:
    assert draw(60, 7, EMBEDDED, SERVICES) == draw(60, 7, EMBEDDED, SERVICES)
    assert draw(60, 7, EMBEDDED, SERVICES) != draw(60, 8, EMBEDDED, SERVICES)


def test_no_kinds_no_faults() -> None:
    assert draw(60, 7, [], SERVICES) == []


def test_the_repeated_come_later_and_make_no_tickets_of_their_own() -> None:
    arrivals = list(at_random(50, 20, seed=1))
    load = load_of(arrivals, seed=1, duplicates=0.2)
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
    load = load_of([1.0, 2.0], seed=1)
    assert (load.tickets, len(load.requests), load.copies) == (2, 2, frozenset())


def test_only_who_has_a_standby_becomes_a_zombie() -> None:
    assert {fault.victim for fault in draw(300, 7, [Kind.ZOMBIE], SERVICES)} == {"sla"}
    assert draw(300, 7, [Kind.ZOMBIE], SERVICES[:-1]) == []


def test_so_many_deaths_in_a_long_run_each_second_one_unpublished() -> None:
    plan = kills(20, 600, 7, SERVICES)
    assert [fault.kind for fault in plan].count(Kind.KILL_UNPUBLISHED) == 10
    assert {fault.victim for fault in plan} == set(SERVICES)
    assert all(a.at < b.at < 605 for a, b in pairwise(plan))


def test_poison_has_every_kind_and_can_be_told_by_its_key() -> None:
    load = load_of(list(at_random(10, 20, seed=1)), seed=1, poison=True)
    assert len(load.pills) == len(KINDS)
    assert all(is_pill(pill.key) for _, pill in load.pills)
    assert len(load.stumbling) == 2
    assert not any(is_pill(request.publication.key) for request in load.requests)
