"""Entities that a service asks to be heard of again: in their own loop, not before its log."""

from datetime import timedelta

import pytest

from shared.contracts.ticket import FeedbackReceived
from shared.contracts.triage import TicketTriaged
from shared.kit.records import Partition
from shared.kit.revisits import Revisit, Revisits
from tests.harness import Bench
from tests.kit.counting import COUNTING, Count, Counting

ONE = FeedbackReceived(score=1)
HERE, THERE = Partition("ticket.events", 0), Partition("ticket.events", 1)


@pytest.fixture
async def bench() -> Bench:
    bench = Bench(COUNTING, Counting(), partitions=1)
    for ticket in ("t1", "t2"):
        bench.publish(ONE, ticket)
    await bench.run()
    return bench


def revisits(bench: Bench) -> Revisits:
    return bench.running[0].engine.revisits


def ask(bench: Bench, *tickets: str) -> None:
    revisits(bench).ask(Revisit("look", ticket, HERE) for ticket in tickets)


def categories(bench: Bench, ticket: str) -> list[str]:
    return [message.category for message in bench.said_of(TicketTriaged, ticket)]


async def test_who_is_asked_for_is_heard_of_once(bench: Bench) -> None:
    ask(bench, "t1")
    await bench.run()
    await bench.run()
    assert categories(bench, "t1") == ["1", "fired"]
    assert categories(bench, "t2") == ["1"]
    assert revisits(bench).waiting == 0


async def test_timers_that_are_due_are_heard_first(bench: Bench) -> None:
    bench.publish(FeedbackReceived(score=1, comment="later"), "t1")
    await bench.run()
    bench.clock.move(timedelta(hours=2))
    ask(bench, "t1")
    await bench.run()
    assert bench.documents("counts")["t1"]["fired"] == 2


async def test_unread_records_are_handled_before(bench: Bench) -> None:
    engine, broker = bench.running[0].engine, bench.running[0].broker
    ask(bench, "t1")
    bench.publish(ONE, "t1")
    fetched = broker.poll(engine.owned)  # so the end is known, and not yet reached
    await engine.tick()
    assert revisits(bench).waiting == 1
    await engine.process(fetched)
    await bench.run()
    assert categories(bench, "t1") == ["1", "2", "fired"]


async def test_one_that_the_handler_cannot_bear_is_put_away() -> None:
    class Breaking(Counting):
        def fired(self, _: Count) -> str:
            raise ValueError("never again")

    bench = Bench(COUNTING, Breaking(), partitions=1)
    bench.publish(ONE, "t1")
    await bench.run()
    ask(bench, "t1")
    await bench.run()
    [letter] = bench.documents("dead_letters").values()
    assert (letter["kind"], letter["name"], letter["subject"]) == ("revisit", "look", "t1")


def test_what_another_instance_owns_now_is_dropped() -> None:
    revisits = Revisits()
    revisits.own([HERE, THERE])
    revisits.ask([Revisit("look", "a", HERE), Revisit("look", "b", THERE)])
    revisits.own([THERE])
    assert revisits.waiting == 1


def test_only_those_of_ready_partitions_are_taken_in_order_and_not_too_many() -> None:
    revisits = Revisits()
    revisits.own([HERE, THERE])
    asked = [Revisit("look", key, at) for key, at in zip("abcd", [HERE, THERE] * 2, strict=True)]
    revisits.ask(asked)
    assert revisits.take({THERE}, 1) == [asked[1]]
    assert revisits.take({THERE}, 5) == [asked[3]]
    assert revisits.take({HERE}, 5) == [asked[0], asked[2]]
