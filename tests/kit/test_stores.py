"""The store's port: in memory and on MongoDB it is the same."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import bson
import pytest
from bson.objectid import ObjectId
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.monitoring import CommandListener, CommandStartedEvent

from deskstream.stack import Stack
from shared.kit.entities import finished
from shared.kit.foresight import together
from shared.kit.memory import MemoryData, MemoryStore
from shared.kit.mongo import MongoStore, ensure
from shared.kit.ports import (
    Advance,
    Checkpoint,
    ConflictError,
    FencedError,
    Owed,
    Store,
    StoreTransaction,
    Writes,
)
from shared.kit.records import Partition, Publication, frame
from shared.kit.unit import Document, Stage
from tests.kit.counting import COUNTING

ONE, TWO = Partition("ticket.events", 1), Partition("ticket.events", 2)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STAGE: Stage[Any] = replace(COUNTING, outcomes=True)


@dataclass(slots=True)
class Shared:
    """What several owners' stores stand on."""

    open: Callable[[], Store]
    put: Callable[[str, Sequence[Document]], Any]
    read: Callable[[str], Any]


@pytest.fixture
def memory() -> Shared:
    data = MemoryData()

    async def put(collection: str, documents: Sequence[Document]) -> None:
        data.replace({collection: {each["_id"]: each for each in documents}})

    async def read(collection: str) -> dict[str, Document]:
        return dict(data.collections.get(collection, {}))

    return Shared(lambda: MemoryStore(data), put, read)


class Finds(CommandListener):
    """Every `find` as it was sent, to be explained."""

    def __init__(self) -> None:
        self.sent: list[Document] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "find":
            self.sent.append(dict(event.command))

    def succeeded(self, event: object) -> None: ...

    def failed(self, event: object) -> None: ...


@dataclass(slots=True)
class Mongo:
    client: AsyncMongoClient[Document]
    database: AsyncDatabase[Document]
    finds: Finds

    def open(self) -> MongoStore:
        return MongoStore(self.client, self.database, STAGE.name)

    async def put(self, collection: str, documents: Sequence[Document]) -> None:
        await self.database[collection].insert_many(documents)

    async def read(self, collection: str) -> dict[str, Document]:
        documents = await self.database[collection].find().to_list()
        return {each["_id"]: each for each in documents}

    async def explained(self, collection: str) -> Document:
        """How the server went about the last query of this collection."""
        command = next(sent for sent in reversed(self.finds.sent) if sent["find"] == collection)
        kept = ("find", "filter", "projection", "sort", "limit", "hint")
        asked = {name: command[name] for name in kept if name in command}
        plan: Document = await self.database.command(
            {"explain": asked, "verbosity": "executionStats"}
        )
        return plan


@pytest.fixture
async def mongo(stack: Stack) -> AsyncIterator[Mongo]:
    finds = Finds()
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        stack.mongo_url, tz_aware=True, event_listeners=[finds]
    )
    async with client:
        database = client[f"stores_{uuid4().hex}"]
        await ensure(database, [STAGE], {})
        yield Mongo(client, database, finds)
        await client.drop_database(database.name)


@pytest.fixture(params=["memory", "mongo"])
def shared(request: pytest.FixtureRequest) -> Shared:
    found = request.getfixturevalue(request.param)
    return found if isinstance(found, Shared) else Shared(found.open, found.put, found.read)


def following(checkpoint: Checkpoint, **changes: Any) -> Advance:
    return Advance(replace(checkpoint, commits=checkpoint.commits + 1, **changes))


def putting(*documents: Document) -> Writes:
    return replace(Writes.none(), puts={"counts": {each["_id"]: each for each in documents}})


async def commit(store: Store, *advances: Advance, writes: Writes | None = None) -> None:
    async with store.transaction() as transaction:
        await transaction.write(writes or Writes.none(), advances)


async def begun(owner: AsyncExitStack, store: Store) -> StoreTransaction:
    """A transaction that goes on until the owner ends."""
    opened: AbstractAsyncContextManager[StoreTransaction] = store.transaction()
    return await owner.enter_async_context(opened)


async def test_a_claim_raises_the_epoch_and_keeps_the_rest(shared: Shared) -> None:
    store = shared.open()
    first = (await store.claim([ONE]))[ONE]
    assert (first.epoch, first.commits, first.position) == (1, 0, None)
    stored = (
        Publication("ticket.events", b"t1", b"{}", (("ce_id", b"a"), ("odd", None))),
        Publication("dead.letters", None, None, (("raw", b"\xff\x00"),)),
    )
    to = following(
        first,
        position=8,
        last_offset=7,
        last_identity="seven",
        stored=stored,
        partition_count=3,
        caught_up=True,
    )
    await commit(store, to)

    claimed = await shared.open().claim([ONE, TWO])

    assert claimed[ONE] == replace(to.to, epoch=2, commits=0)
    assert claimed[TWO] == Checkpoint(TWO, 1)


async def test_who_claimed_before_cannot_commit(shared: Shared) -> None:
    old, new = shared.open(), shared.open()
    mine = (await old.claim([ONE]))[ONE]
    theirs = (await new.claim([ONE]))[ONE]

    with pytest.raises(FencedError) as fenced:
        await commit(old, following(mine, position=5), writes=putting({"_id": "t1"}))
    await commit(new, following(theirs, position=9))

    assert fenced.value.partitions == {ONE}
    assert await shared.read("counts") == {}
    assert (await shared.open().claim([ONE]))[ONE].position == 9


async def test_only_the_partitions_that_moved_are_fenced(shared: Shared) -> None:
    old, new = shared.open(), shared.open()
    mine = await old.claim([ONE, TWO])
    await new.claim([TWO])

    with pytest.raises(FencedError) as fenced:
        await commit(old, following(mine[ONE], position=5), following(mine[TWO], position=5))

    assert fenced.value.partitions == {TWO}
    await commit(old, following(mine[ONE], position=6))


async def test_the_same_step_is_taken_once(shared: Shared) -> None:
    """Timers leave the position as it is; the count of commits tells their batch from the next."""
    store = shared.open()
    claimed = (await store.claim([ONE]))[ONE]
    await commit(store, following(claimed))

    with pytest.raises(FencedError) as fenced:
        await commit(store, following(claimed))
    assert fenced.value.partitions == {ONE}


async def test_a_transaction_that_fails_leaves_nothing(shared: Shared) -> None:
    store = shared.open()
    claimed = (await store.claim([ONE]))[ONE]

    async def failing() -> None:
        async with store.transaction() as transaction:
            await transaction.write(putting({"_id": "t1"}), [following(claimed, position=5)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()

    assert await shared.read("counts") == {}
    await commit(store, following(claimed, position=5))


async def test_an_insert_of_what_is_there_conflicts(shared: Shared) -> None:
    store = shared.open()
    claimed = (await store.claim([ONE]))[ONE]
    await shared.put("inbox", [{"_id": "m1"}])
    inserts = {"inbox": {"m0": {"_id": "m0"}, "m1": {"_id": "m1"}}}

    with pytest.raises(ConflictError):
        await commit(store, following(claimed), writes=replace(Writes.none(), inserts=inserts))

    assert set(await shared.read("inbox")) == {"m1"}
    await commit(store, following(claimed))


async def test_two_inserts_of_the_same_at_once_are_one(shared: Shared) -> None:
    async with AsyncExitStack() as slower:
        transaction = await begun(slower, shared.open())
        await transaction.get("inbox", ["m1"])
        inserts = {"inbox": {"m1": {"_id": "m1", "from": "faster"}}}
        await commit(shared.open(), writes=replace(Writes.none(), inserts=inserts))

        mine = {"inbox": {"m1": {"_id": "m1", "from": "slower"}}}
        with pytest.raises(ConflictError):
            async with slower:
                await transaction.write(replace(Writes.none(), inserts=mine), [])

    assert (await shared.read("inbox"))["m1"]["from"] == "faster"


async def test_reads_are_of_one_instant(shared: Shared) -> None:
    await shared.put("counts", [{"_id": "t1", "heard": 1}, {"_id": "t2", "heard": 1}])
    async with AsyncExitStack() as owner:
        transaction = await begun(owner, shared.open())
        before = await transaction.get("counts", ["t1"])
        await commit(shared.open(), writes=putting({"_id": "t2", "heard": 2}))

        after = await transaction.get("counts", ["t2", "t3"])

    assert before == {"t1": {"_id": "t1", "heard": 1}}
    assert after == {"t2": {"_id": "t2", "heard": 1}}


async def test_who_writes_what_another_changed_since_conflicts(shared: Shared) -> None:
    await shared.put("counts", [{"_id": "t1", "heard": 1}])
    async with AsyncExitStack() as slower:
        transaction = await begun(slower, shared.open())
        await transaction.get("counts", ["t1"])
        await commit(shared.open(), writes=putting({"_id": "t1", "heard": 2}))

        with pytest.raises(ConflictError):
            async with slower:
                await transaction.write(putting({"_id": "t1", "heard": 7}), [])

    assert (await shared.read("counts"))["t1"]["heard"] == 2


async def test_documents_come_back_as_they_went(shared: Shared) -> None:
    document = {
        "_id": "t1",
        "at": NOON + timedelta(milliseconds=5),
        "parts": {"a": [1, 2.5, None, True], "b": b"\x00\xff"},
        "words": "Grüße 👋",
    }
    await commit(shared.open(), writes=putting(document))

    async with shared.open().transaction() as transaction:
        assert await transaction.get("counts", ["t1"]) == {"t1": document}


async def test_sums_are_added_and_the_rest_is_set_once(shared: Shared) -> None:
    for amount, made in ((1.0, "first"), (2.0, "second")):
        sums = {"heard": amount, "by.low": 1, "by.high": amount}
        adds = {"totals": {"all": (sums, {"made": made})}}
        await commit(shared.open(), writes=replace(Writes.none(), adds=adds))

    assert await shared.read("totals") == {
        "all": {"_id": "all", "made": "first", "heard": 3, "by": {"low": 2, "high": 3}}
    }


async def test_what_is_dropped_is_gone(shared: Shared) -> None:
    await shared.put("counts", [{"_id": "t1"}, {"_id": "t2"}])

    await commit(
        shared.open(), writes=replace(Writes.none(), drops={"counts": {"t1", "never there"}})
    )

    assert set(await shared.read("counts")) == {"t2"}


async def test_documents_are_found_in_order_of_their_ids(shared: Shared) -> None:
    await shared.put(
        "counts",
        [
            {"_id": "t3", "pool": "a", "tags": ["vip", "new"]},
            {"_id": "t1", "pool": "b", "tags": []},
            {"_id": "t2", "pool": "a", "inner": {"pool": "c"}},
        ],
    )
    async with shared.open().transaction() as transaction:

        async def ids(where: Document, limit: int = 0) -> list[str]:
            return [each["_id"] for each in await transaction.find("counts", where, limit=limit)]

        assert await ids({"pool": "a"}) == ["t2", "t3"]
        assert await ids({"pool": {"$in": ["a", "b"]}}) == ["t1", "t2", "t3"]
        assert await ids({"pool": {"$in": ["a", "b"]}}, limit=2) == ["t1", "t2"]
        assert await ids({"tags": "vip"}) == ["t3"]
        assert await ids({"inner.pool": "c", "pool": "a"}) == ["t2"]
        assert await ids({"pool": "nobody's"}) == []


def entity(key: str, at: Partition, due: datetime | None) -> Document:
    kit: Document = {"at": str(at)}
    return {"_id": key, "_kit": kit | ({"due": due} if due is not None else {})}


async def test_timers_are_told_earliest_first(shared: Shared) -> None:
    minutes = [timedelta(minutes=n) for n in range(6)]
    await shared.put(
        "counts",
        [
            entity("t5", ONE, NOON + minutes[5]),
            entity("t1", TWO, NOON + minutes[1]),
            entity("t3", ONE, NOON + minutes[3]),
            entity("t2", ONE, NOON + minutes[2]),
            entity("t4", TWO, NOON + minutes[4]),
            entity("never", ONE, None),
            entity("another's", Partition("ticket.events", 0), NOON),
        ],
    )
    store = shared.open()

    assert await store.due("counts", [ONE, TWO], NOON + minutes[4], 3) == [
        (NOON + minutes[1], "t1", TWO),
        (NOON + minutes[2], "t2", ONE),
        (NOON + minutes[3], "t3", ONE),
    ]
    assert [key for _, key, _ in await store.due("counts", [ONE], NOON + minutes[3], 9)] == [
        "t2",
        "t3",
    ]
    assert await store.due("counts", [TWO], NOON, 9) == []
    later = await store.due("counts", [ONE, TWO], NOON + minutes[4], 9, NOON + minutes[2])
    assert [key for _, key, _ in later] == ["t3", "t4"]


async def test_what_exists_is_read_without_a_transaction(shared: Shared) -> None:
    document = entity("t1", ONE, NOON)
    await shared.put("counts", [document])
    assert await shared.open().read("counts", ["t1", "t2"]) == {"t1": document}


async def test_outcomes_are_told_until_they_are_reported(shared: Shared) -> None:
    await shared.put(
        "deliveries",
        [
            {"_id": "d1", "partition": 1, "outcome_ready": True},
            {"_id": "d2", "partition": 2, "outcome_ready": True},
            {"_id": "d3", "partition": 1, "outcome_ready": False},
            {"_id": "d4", "partition": 1},
            {"_id": "d5", "partition": 1, "outcome_ready": True},
        ],
    )
    store = shared.open()

    assert {each["_id"] for each in await store.outcomes([1], 9)} == {"d1", "d5"}
    assert len(await store.outcomes([1, 2], 2)) == 2
    assert await store.outcomes([3], 9) == []


async def test_tables_are_read_when_all_their_partitions_are(shared: Shared) -> None:
    store = shared.open()
    claimed = await store.claim([ONE, TWO])
    assert not await store.caught_up([ONE])
    await commit(store, following(claimed[ONE], caught_up=True))

    assert await shared.open().caught_up([ONE])
    assert not await store.caught_up([ONE, TWO])


async def test_a_claim_ends_what_a_dead_owner_left_open(shared: Shared) -> None:
    """It would block its heir until the server's limit, a minute."""
    dead, heir = shared.open(), shared.open()
    claimed = (await dead.claim([ONE]))[ONE]
    async with AsyncExitStack() as grave:
        transaction = await begun(grave, dead)
        await transaction.write(putting({"_id": "t1", "by": "dead"}), [following(claimed)])

        async with asyncio.timeout(5):
            mine = (await heir.claim([ONE]))[ONE]
            await commit(heir, following(mine), writes=putting({"_id": "t1", "by": "heir"}))

        with pytest.raises((ConflictError, FencedError)):
            await grave.aclose()
    assert (await shared.read("counts"))["t1"]["by"] == "heir"


async def test_an_owner_of_other_partitions_goes_on_after_such_an_end(shared: Shared) -> None:
    old, new = shared.open(), shared.open()
    mine = await old.claim([ONE, TWO])
    await commit(old, following(mine[ONE]))
    async with AsyncExitStack() as cut:
        transaction = await begun(cut, old)
        await transaction.get("counts", ["t1"])
        await new.claim([TWO])
        advance = following(replace(mine[ONE], commits=1))
        with pytest.raises((ConflictError, FencedError)):
            async with cut:
                await transaction.write(Writes.none(), [advance, following(mine[TWO])])

    await commit(old, advance, writes=putting({"_id": "t1"}))

    assert set(await shared.read("counts")) == {"t1"}


def owing(checkpoint: Checkpoint, ticket: str, said: bytes) -> Advance:
    """Owes a ticket and a sum, and has said something."""
    writes = Writes.none()
    writes.put("counts", finished(bson.encode({"_id": ticket, "at": NOON})))
    writes.add("totals", "all", {"by.score": 2}, {"since": NOON})
    headers = (("ce_id", said), ("odd", None))
    publication = Publication("ticket.events", ticket.encode(), said, headers)
    owes = Owed((publication,), writes, (frame(publication),), 1)
    return replace(following(checkpoint, owed=(*checkpoint.owed, owes)), owes=owes)


async def test_what_is_owed_is_kept_in_order_until_a_transaction_writes_it(shared: Shared) -> None:
    store = shared.open()
    claimed = (await store.claim([ONE]))[ONE]
    first = owing(claimed, "t1", b"1")
    assert await store.owe([first]) == frozenset()
    second = owing(first.to, "t2", b"2")
    assert await store.owe([second]) == frozenset()
    assert await shared.read("counts") == {}

    heir = shared.open()
    found = (await heir.claim([ONE]))[ONE]
    assert found == replace(second.to, epoch=2, commits=0)
    assert [each.value for each in found.said] == [b"1", b"2"]

    writes = together(each.writes for each in found.owed)
    await commit(heir, following(found, owed=()), writes=writes)
    assert await shared.read("counts") == {
        "t1": {"_id": "t1", "at": NOON},
        "t2": {"_id": "t2", "at": NOON},
    }
    assert (await shared.read("totals"))["all"] == {
        "_id": "all",
        "by": {"score": 4},
        "since": NOON,
    }
    assert (await heir.claim([ONE]))[ONE].owed == ()


async def test_debts_are_void_when_an_older_version_went_on(mongo: Mongo) -> None:
    """It passes them over: the timers are still in their index, and it fires them itself."""
    store = mongo.open()
    claimed = (await store.claim([ONE]))[ONE]
    await store.owe([owing(claimed, "t1", b"1")])
    assert (found := (await store.claim([ONE]))[ONE]).owed
    older = {"$set": {"attempt": ObjectId(), "commits": 1}}
    await mongo.database["checkpoints"].update_one({}, older)

    found = (await store.claim([ONE]))[ONE]
    assert found.owed == ()
    await store.owe([owing(found, "t2", b"2")])
    assert [each.value for each in (await store.claim([ONE]))[ONE].said] == [b"2"]


async def test_who_claimed_before_cannot_owe(shared: Shared) -> None:
    old, new = shared.open(), shared.open()
    mine = await old.claim([ONE, TWO])
    await new.claim([TWO])

    advances = [owing(mine[ONE], "t1", b"1"), owing(mine[TWO], "t2", b"2")]
    assert await old.owe(advances) == {TWO}
    assert await old.owe(advances) == {ONE, TWO}  # the same step once more

    found = await new.claim([ONE, TWO])
    assert [len(found[partition].owed) for partition in (ONE, TWO)] == [1, 0]


def stages_of(plan: Document) -> list[str]:
    """Of the winning plan, from the top."""
    inner = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan["stage"], *(stage for each in inner for stage in stages_of(each))]


def winning(explained: Document) -> Document:
    plan: Document = explained["queryPlanner"]["winningPlan"]
    return dict(plan.get("queryPlan", plan))


async def test_timers_come_from_their_index_in_order(mongo: Mongo) -> None:
    """The cost is that of what is asked for, whatever else there is."""
    partitions = [Partition("ticket.events", number) for number in range(12)]
    timers = [
        entity(f"t{n}", partitions[n % 12], NOON + timedelta(seconds=n) if n % 3 else None)
        for n in range(3_000)
    ]
    await mongo.put("counts", timers)

    rows = await mongo.open().due("counts", partitions[:6], NOON + timedelta(hours=1), 50)

    assert len(rows) == 50
    explained = await mongo.explained("counts")
    stages = stages_of(winning(explained))
    assert "IXSCAN" in stages
    assert not {"SORT", "COLLSCAN"} & set(stages)
    counts = explained["executionStats"]
    assert counts["totalKeysExamined"] <= 50 + 2 * 6
    assert counts["totalDocsExamined"] <= 50 + 2 * 6


async def test_outcomes_come_from_their_index(mongo: Mongo) -> None:
    done = [{"_id": f"d{n}", "partition": n % 12, "state": "sent"} for n in range(2_000)]
    for document in done[::200]:
        document["outcome_ready"] = True
    await mongo.put("deliveries", done)

    found = await mongo.open().outcomes(list(range(12)), 100)

    assert len(found) == 10
    explained = await mongo.explained("deliveries")
    stages = stages_of(winning(explained))
    assert "IXSCAN" in stages
    assert "COLLSCAN" not in stages
    assert explained["executionStats"]["totalDocsExamined"] == 10
    assert explained["executionStats"]["totalKeysExamined"] <= 10 + 2 * 12
