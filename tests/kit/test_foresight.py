"""Timers that are decided before they are due: one write at their instant, and all else as ever."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from heapq import heappush
from typing import Any

import pytest

from shared.contracts.ticket import FeedbackReceived
from shared.contracts.triage import TicketTriaged
from shared.kit.engine import SETTLED_WITHIN, Engine
from shared.kit.memory import no_hook
from shared.kit.ports import BrokerAwayError, ConflictError, StoreAwayError
from shared.kit.records import Partition
from shared.kit.unit import Batch, Due, Handler, Outgoing, Transaction
from tests.harness import Bench
from tests.kit.counting import COUNTING, Count, Counting

FORESEEING = replace(COUNTING, foresees=True)
LATER = FeedbackReceived(score=1, comment="later")
ONE = FeedbackReceived(score=1)
HERE = Partition("ticket.events", 0)
SECOND = timedelta(seconds=1)


class Watched(Bench):
    """A second before the timers of `tickets`, which were looked at."""

    def __init__(self, handler: Handler[Any] | None = None) -> None:
        super().__init__(FORESEEING, handler or Counting(), partitions=1)
        self.hooks: list[str] = []
        self.fails: list[Exception] = []
        self.engine: Engine[Count] = self.running[0].engine
        self.engine.store.hook = self._note  # type: ignore[attr-defined]

    async def _note(self, what: str) -> None:
        self.hooks.append(what)
        if self.fails and what == "owe":
            raise self.fails.pop()

    async def wait_for(self, *tickets: str) -> None:
        for ticket in tickets:
            self.publish(LATER, ticket)
        await self.run()
        self.clock.move(timedelta(hours=1) - SECOND)
        await self.turn()
        self.hooks.clear()

    async def turn(self) -> None:
        engine, broker = self.engine, self.running[0].broker
        await engine.turn(broker.poll(engine.owned), engine.epochs())
        await engine.tick()

    def said_in_turn(self, ticket: str) -> list[str]:
        return [said.category for said in self.said_of(TicketTriaged, ticket)]

    def stored(self, ticket: str) -> tuple[int, int]:
        document = self.documents("counts")[ticket]
        return document["heard"], document["fired"]

    @property
    def owed(self) -> int:
        checkpoint = self.engine.owned[HERE].checkpoint
        return len(checkpoint.owed) if checkpoint is not None else 0


@pytest.fixture
async def here() -> Watched:
    bench = Watched()
    await bench.wait_for("t1", "t2")
    assert len(bench.engine.foresight) == 2
    return bench


async def test_what_is_due_is_said_by_one_write_and_written_later(here: Watched) -> None:
    here.clock.move(SECOND)
    await here.turn()
    assert here.said_in_turn("t1") == here.said_in_turn("t2") == ["1", "fired"]
    assert [hook for hook in here.hooks if hook in ("begin", "owe")] == ["owe"]
    assert (here.stored("t1"), here.owed) == ((1, 0), 1)

    here.clock.move(SETTLED_WITHIN)
    await here.turn()
    assert (here.stored("t1"), here.stored("t2"), here.owed) == ((1, 1), (1, 1), 0)
    await here.advance(timedelta(hours=2))
    assert here.said_in_turn("t1") == ["1", "fired"]


async def test_the_next_batch_writes_it_along(here: Watched) -> None:
    here.clock.move(SECOND)
    await here.turn()
    here.hooks.clear()
    here.publish(ONE, "t3")
    await here.turn()
    assert here.hooks.count("begin") == 1
    assert (here.stored("t1"), here.stored("t3"), here.owed) == ((1, 1), (1, 0), 0)


async def test_an_event_of_the_ticket_ends_what_was_foreseen(here: Watched) -> None:
    here.publish(ONE, "t1")
    await here.turn()
    assert "t1" not in here.engine.foresight
    assert "t2" in here.engine.foresight


async def test_a_record_at_hand_comes_before_its_tickets_timer(here: Watched) -> None:
    here.publish(ONE, "t1")
    here.clock.move(SECOND)
    await here.turn()
    await here.run()
    assert here.said_in_turn("t1") == ["1", "2", "fired"]
    assert here.said_in_turn("t2") == ["1", "fired"]


async def test_events_after_it_build_on_what_is_only_owed(here: Watched) -> None:
    here.clock.move(SECOND)
    await here.turn()
    here.publish(ONE, "t1")
    await here.run()
    assert here.said_in_turn("t1") == ["1", "fired", "2"]
    assert here.stored("t1") == (2, 1)


async def test_what_is_owed_and_forgotten_is_written_before_anything_is_read(
    here: Watched,
) -> None:
    here.clock.move(SECOND)
    await here.turn()
    here.engine.revoked([])  # others of this process's partitions moved
    here.publish(ONE, "t1")
    await here.run()
    assert here.said_in_turn("t1") == ["1", "fired", "2"]
    assert here.stored("t1") == (2, 1)


async def test_debts_that_are_forgotten_while_another_is_made(here: Watched) -> None:
    here.publish(LATER, "t3", at=here.now - timedelta(hours=1) + SECOND + SETTLED_WITHIN / 5)
    await here.turn()
    here.clock.move(SECOND)
    await here.turn()
    assert here.owed == 1

    async def others_move(what: str) -> None:
        if what == "owed":
            here.engine.revoked([])

    assert "t3" in here.engine.foresight
    here.engine.store.hook = others_move  # type: ignore[attr-defined]
    here.clock.move(SETTLED_WITHIN / 5)
    here.publish(ONE, "t1")  # at hand when the timer of t3 fires, and handled right after it
    await here.turn()
    await here.run()
    assert here.said_in_turn("t3") == ["1", "fired"]
    assert here.said_in_turn("t1") == ["1", "fired", "2"]
    assert here.stored("t1") == (2, 1)


async def test_an_heir_says_again_what_is_owed_and_writes_it(here: Watched) -> None:
    here.clock.move(SECOND)
    await here.turn()
    before = len(here.log)
    here.engine.assigned(list(here.engine.owned))
    await here.turn()
    assert len(here.log) == before + 2  # under the same numbers: whoever reads drops them
    assert here.said_in_turn("t1") == ["1", "fired", "fired"]
    await here.run()
    assert (here.stored("t1"), here.owed) == ((1, 1), 0)


@pytest.mark.parametrize("failure", [StoreAwayError("gone"), ConflictError("another was first")])
async def test_what_could_not_be_owed_fires_another_time(here: Watched, failure: Exception) -> None:
    here.fails = [failure]
    here.clock.move(SECOND)
    for _ in range(3):
        await here.turn()
    await here.run()
    assert here.said_in_turn("t1") == ["1", "fired"]
    await here.advance(SETTLED_WITHIN)
    assert here.stored("t1") == (1, 1)


async def test_an_outage_before_records_at_hand_loses_neither(here: Watched) -> None:
    here.fails = [StoreAwayError("gone")]
    here.clock.move(SECOND)
    here.publish(ONE, "t3")
    await here.turn()
    assert here.said_in_turn("t3") == ["1"]
    await here.run()
    assert here.said_in_turn("t1") == here.said_in_turn("t2") == ["1", "fired"]


async def test_a_store_that_cannot_take_it_is_asked_as_ever(here: Watched) -> None:
    here.fails = [ValueError("too large")]
    here.clock.move(SECOND)
    await here.turn()
    await here.run()
    assert here.said_in_turn("t1") == here.said_in_turn("t2") == ["1", "fired"]
    await here.wait_for("t4")
    assert not len(here.engine.foresight)


async def test_a_timer_that_the_store_knows_to_the_millisecond_fires_too(here: Watched) -> None:
    """Memory may know it finer, and then it is another instant than what was foreseen."""
    due, at = here.engine.timers._due["t1"]
    here.engine.timers._due["t1"] = (due - timedelta(milliseconds=1), at)
    heappush(here.engine.timers._heap, (due - timedelta(milliseconds=1), "t1"))
    here.clock.move(SECOND)
    await here.turn()
    await here.run()
    assert here.said_in_turn("t1") == ["1", "fired"]


async def test_who_lost_the_partition_says_nothing(here: Watched) -> None:
    heir = type(here.engine.store)(here.running[0].data)  # type: ignore[call-arg]
    await heir.claim([HERE])
    here.clock.move(SECOND)
    before = len(here.log)
    await here.turn()
    assert len(here.log) == before
    here.clock.move(SECOND)
    await here.run()
    assert here.said_in_turn("t1") == ["1", "fired"]


async def test_what_was_not_published_before_the_partition_was_lost_stays_owed(
    here: Watched,
) -> None:
    broker = here.running[0].broker

    async def cut(what: str) -> None:
        if what == "publish" and HERE in here.engine.owned:
            here.engine.revoked([HERE])
            raise BrokerAwayError("gone")

    broker.hook = cut
    here.clock.move(SECOND)
    await here.turn()
    assert here.said_in_turn("t1") == ["1"]
    here.engine.assigned([HERE])
    broker.hook = no_hook
    await here.run()
    assert here.said_in_turn("t1") == here.said_in_turn("t2") == ["1", "fired"]


class Curious(Counting):
    """Its timers depend on more than their ticket."""

    async def handle(self, batch: Batch[Count], tx: Transaction) -> Sequence[Outgoing]:
        if any(isinstance(heard.data, Due) for heard in batch.inputs):
            await tx.get("counts", ["t2"])
        return await super().handle(batch, tx)


class Writing(Counting):
    """Its timers write more than their ticket."""

    async def handle(self, batch: Batch[Count], tx: Transaction) -> Sequence[Outgoing]:
        if any(isinstance(heard.data, Due) for heard in batch.inputs):
            tx.put("others", {"_id": "o"})
        return await super().handle(batch, tx)


@pytest.mark.parametrize("handler", [Curious(), Writing()], ids=["reads", "writes"])
async def test_what_cannot_be_foreseen_is_decided_when_it_is_due(handler: Counting) -> None:
    bench = Watched(handler)
    await bench.wait_for("t1")
    assert not len(bench.engine.foresight)
    bench.clock.move(SECOND)
    await bench.run()
    assert bench.said_in_turn("t1") == ["1", "fired"]
    assert "owe" not in bench.hooks
