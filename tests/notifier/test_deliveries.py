"""Leases against a real server, whose time it is that counts."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from shared.kit.deliveries import (
    COLLECTION,
    INDEXES,
    Deliveries,
    failed,
    later,
    new_delivery,
    released,
    reported,
    sent,
)
from shared.kit.mongo import ensure
from shared.kit.unit import Document
from tests.notifier.waiting import until

LONG, SHORT = timedelta(minutes=5), timedelta(milliseconds=150)
PAST = datetime(2026, 1, 1, tzinfo=UTC)
FUTURE = datetime(2126, 1, 1, tzinfo=UTC)


@pytest.fixture
async def collection(database: AsyncDatabase[Document]) -> AsyncCollection[Document]:
    await ensure(database, [], INDEXES)
    return database[COLLECTION]


def delivery(name: str, **changes: Any) -> Document:
    times = {"due_at": PAST, "give_up_at": FUTURE}
    fields: dict[str, Any] = {"partition": 0, "subject": "t", "payload": {"payload": 1}}
    return new_delivery(name, **{**times, **fields, **changes})


async def test_each_is_claimed_by_one(collection: AsyncCollection[Document]) -> None:
    names = [f"d{number:03}" for number in range(100)]
    await collection.insert_many([delivery(name) for name in names])
    rivals = [Deliveries(collection, LONG) for _ in range(4)]

    async def take(deliveries: Deliveries) -> list[str]:
        mine: list[str] = []
        while ids := await deliveries.due(7):
            mine += [claim.delivery_id for claim in await deliveries.claim(ids)]
        return mine

    taken = await asyncio.gather(*map(take, rivals))
    assert sorted(name for mine in taken for name in mine) == names


async def test_what_waits_longest_goes_first(collection: AsyncCollection[Document]) -> None:
    afterwards = PAST + timedelta(days=1)
    await collection.insert_many(
        [delivery("b", due_at=afterwards), delivery("c", due_at=FUTURE), delivery("a")]
    )
    deliveries = Deliveries(collection, LONG)
    assert await deliveries.due(5) == ["a", "b"]
    claims = await deliveries.claim(["a", "b"])
    assert [claim.delivery_id for claim in claims] == ["a", "b"]
    assert [claim.attempts for claim in claims] == [1, 1]
    assert not any(claim.taken_over for claim in claims)


async def test_a_lease_that_ends_is_taken_over(collection: AsyncCollection[Document]) -> None:
    await collection.insert_one(delivery("a"))
    dying, heir = Deliveries(collection, SHORT), Deliveries(collection, LONG)
    [lost] = await dying.claim(["a"])
    assert await heir.due(5) == []
    assert await heir.claim(["a"]) == []
    await until(lambda: heir.due(5))
    [claim] = await heir.claim(["a"])
    assert claim.taken_over
    assert claim.attempts == 2
    for settlement in (sent(lost), failed(lost, "late"), later(lost, LONG, "late")):
        assert await dying.settle([settlement]) == [False]
    assert await heir.settle([sent(lost), sent(claim, "payload")]) == [False, True]
    document = await collection.find_one({"_id": "a"})
    assert document is not None
    assert (document["state"], document["outcome_ready"]) == ("sent", True)
    assert "payload" not in document
    assert await heir.settle([sent(claim)]) == [True]  # as after an answer that was lost
    assert await dying.settle([sent(lost)]) == [False]


async def test_later_is_later(collection: AsyncCollection[Document]) -> None:
    await collection.insert_one(delivery("a"))
    deliveries = Deliveries(collection, LONG)
    [claim] = await deliveries.claim(["a"])
    assert await deliveries.settle([later(claim, SHORT, "$error of theirs")]) == [True]
    assert await deliveries.due(5) == []
    await until(lambda: deliveries.due(5))
    [again] = await deliveries.claim(["a"])
    assert (again.attempts, again.taken_over) == (2, False)
    assert again.document["error"] == "$error of theirs"


async def test_released_it_was_never_tried(collection: AsyncCollection[Document]) -> None:
    await collection.insert_one(delivery("a"))
    deliveries = Deliveries(collection, LONG)
    await deliveries.settle([released(claim) for claim in await deliveries.claim(["a"])])
    [again] = await deliveries.claim(await deliveries.due(1))
    assert (again.attempts, again.taken_over) == (1, False)


async def test_the_servers_time_counts(collection: AsyncCollection[Document]) -> None:
    await collection.insert_one(delivery("a"))
    [claim] = await Deliveries(collection, LONG).claim(["a"])
    hello = await collection.database.command("hello")
    document = await collection.find_one({"_id": "a"})
    assert document is not None
    assert document["due_at"] - claim.claimed_at == LONG
    server_now = hello["localTime"].replace(tzinfo=UTC)
    assert abs(server_now - claim.claimed_at) < timedelta(seconds=5)


async def test_given_up_when_its_time_is_over(collection: AsyncCollection[Document]) -> None:
    await collection.insert_many(
        [
            delivery("over", give_up_at=PAST),
            delivery("held", give_up_at=PAST),
            delivery("in time"),
            delivery("tried", give_up_at=PAST) | {"error": "451 at RCPT"},
        ]
    )
    deliveries = Deliveries(collection, LONG)
    await deliveries.claim(["held"])
    assert await deliveries.give_up("too late") == 2
    errors = {d["_id"]: d.get("error") async for d in collection.find({"state": "failed"})}
    assert errors == {"over": "too late", "tried": "451 at RCPT"}


async def test_the_backlog(collection: AsyncCollection[Document]) -> None:
    deliveries = Deliveries(collection, LONG)
    assert (await deliveries.backlog()).due == 0
    await collection.insert_many([delivery("a"), delivery("b"), delivery("c", due_at=FUTURE)])
    backlog = await deliveries.backlog()
    assert backlog.due == 2
    assert backlog.oldest_seconds > 86_400


async def test_looks_use_the_index(collection: AsyncCollection[Document]) -> None:
    """A million sent ones must cost nothing."""
    done = {"state": "sent", "due_at": PAST}
    await collection.insert_many([done | {"_id": f"s{number}"} for number in range(500)])
    waiting = [delivery(f"f{number}", due_at=FUTURE) for number in range(500)]
    await collection.insert_many([*waiting, delivery("a"), delivery("b")])
    where = {"state": "due", "$expr": {"$lte": ["$due_at", "$$NOW"]}}
    command = {"find": COLLECTION, "filter": where, "sort": {"due_at": 1}, "limit": 5}
    plan = await collection.database.command({"explain": command, "verbosity": "executionStats"})
    assert plan["executionStats"]["totalKeysExamined"] <= 4


def test_what_is_kept() -> None:
    document = delivery("a") | {"done_at": PAST, "outcome_ready": True, "template": "reply"}
    kept = reported(document, "template", "error")
    assert kept == {
        "_id": "a",
        "partition": 0,
        "subject": "t",
        "state": "due",
        "attempts": 0,
        "done_at": PAST,
        "template": "reply",
    }
