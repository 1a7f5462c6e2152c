"""What a stage keeps in memory of its entities, and when it does not trust it."""

from datetime import timedelta

import pytest

from shared.contracts.ticket import FeedbackReceived
from shared.contracts.triage import TicketTriaged
from shared.kit.engine import Engine
from shared.kit.ports import ConflictError
from shared.kit.recent import Recent
from shared.kit.records import Partition
from shared.kit.unit import Entity
from tests.harness import Bench
from tests.kit.counting import COUNTING, Count, Counting

ONE = FeedbackReceived(score=1)
HERE = Partition("ticket.events", 0)


def entities(*keys: str) -> dict[str, Entity[Count]]:
    return {key: Entity(key, HERE) for key in keys}


def test_what_is_taken_is_gone_until_it_is_kept_again() -> None:
    recent = Recent[Count]()
    kept = entities("t1", "t2")
    recent.keep(kept)
    assert recent.take(["t1", "t3"]) == {"t1": kept["t1"]}
    assert recent.take(["t1"]) == {}
    assert list(recent.entities) == ["t2"]


def test_the_oldest_make_room() -> None:
    recent = Recent[Count](most=2)
    recent.keep(entities("t1", "t2"))
    recent.keep(recent.take(["t1"]))
    recent.keep(entities("t3"))
    assert list(recent.entities) == ["t1", "t3"]


class Watched(Bench):
    """Counts the queries for entities."""

    def __init__(self) -> None:
        super().__init__(COUNTING, Counting(), partitions=1)
        self.hooks: list[str] = []
        self.running[0].engine.store.hook = self._note  # type: ignore[attr-defined]

    async def _note(self, what: str) -> None:
        self.hooks.append(what)

    async def reads(self, ticket: str) -> int:
        self.hooks.clear()
        self.publish(ONE, ticket)
        await self.run()
        return self.hooks.count("get")


async def test_a_ticket_that_is_busy_is_read_once() -> None:
    bench = Watched()
    assert [await bench.reads("t1") for _ in range(3)] == [1, 0, 0]
    assert [said.category for said in bench.said_of(TicketTriaged, "t1")] == ["1", "2", "3"]


@pytest.mark.parametrize("what", ["assigned", "revoked", "claimed", "failed"])
async def test_nothing_is_remembered_when_others_may_have_written(what: str) -> None:
    bench = Watched()
    await bench.reads("t1")
    engine = bench.running[0].engine
    assert "t1" in engine.recent.entities
    match what:
        case "assigned":
            engine.assigned(list(engine.owned))
        case "revoked":
            engine.revoked([])
        case "claimed":
            engine.owned[HERE].checkpoint = None
            await engine.claim()
        case _:
            failures = [ConflictError("another was first")]
            engine.handler.forget = lambda: None  # type: ignore[method-assign]

            async def fail(what: str) -> None:
                if what == "commit" and failures:
                    raise failures.pop()

            engine.store.hook = fail  # type: ignore[attr-defined]
            bench.publish(ONE, "t2")
            await engine.process(bench.running[0].broker.poll(engine.owned))
            assert "t2" in engine.recent.entities
    assert "t1" not in engine.recent.entities


def test_what_is_read_ahead_is_older_than_what_is_kept() -> None:
    recent = Recent[Count](most_ahead=2)
    kept, ahead = entities("t1"), entities("t1", "t2", "t3", "t4")
    recent.keep(kept)
    recent.read_ahead(ahead)
    assert "t2" not in recent
    assert recent.take(["t1", "t3", "t4"]) == kept | {"t3": ahead["t3"], "t4": ahead["t4"]}
    recent.read_ahead(entities("t5"))
    recent.forget()
    assert not recent.entities


async def a_second_before_a_timer() -> tuple[Watched, Engine[Count]]:
    """And the engine has claimed anew, so that it remembers nothing."""
    bench = Watched()
    engine = bench.running[0].engine
    bench.publish(FeedbackReceived(score=1, comment="later"), "t1")
    await bench.run()
    engine.assigned(list(engine.owned))
    await bench.run()
    assert "t1" not in engine.recent
    bench.clock.move(timedelta(hours=1, seconds=-1))
    return bench, engine


async def test_a_ticket_whose_timer_comes_due_soon_is_read_before() -> None:
    bench, engine = await a_second_before_a_timer()
    await engine.tick()
    assert "t1" in engine.recent
    bench.clock.move(timedelta(seconds=1))
    bench.hooks.clear()
    await bench.run()
    assert [said.category for said in bench.said_of(TicketTriaged, "t1")].count("fired") == 1
    assert "get" not in bench.hooks


async def test_what_was_read_under_an_earlier_claim_is_not_remembered() -> None:
    _, engine = await a_second_before_a_timer()

    async def lose(what: str) -> None:
        if what == "read":
            engine.assigned(list(engine.owned))

    engine.store.hook = lose  # type: ignore[attr-defined]
    await engine.tick()
    assert "t1" not in engine.recent
