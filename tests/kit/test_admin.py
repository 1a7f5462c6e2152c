"""What an operator does from outside: checkpoints are moved, letters sent again, while it runs."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.ticket import FeedbackReceived
from shared.kit import admin
from shared.kit.admin import BusyError, NotFoundError, Reset, letters, redrive, reset, skip
from shared.kit.records import Partition
from shared.kit.unit import Batch, Document, Due, Outgoing, Transaction
from tests.integration.conftest import (  # noqa: F401 - a fixture is found by its name
    Deployment,
    deployment,
    until,
)
from tests.integration.faults import Desk, partition_of_ticket, ready
from tests.kit.counting import Count, Counting

HOME = partition_of_ticket("t0")
SOON = timedelta(milliseconds=200)


@pytest.fixture
def desk(deployment: Deployment) -> Desk:  # noqa: F811 - the fixture
    return Desk(deployment)


async def move(desk: Desk, to: str, partition: Partition = HOME) -> Reset:
    return await reset(desk.database, desk.deployment.settings, "counting", partition, to)


async def position(desk: Desk) -> int | None:
    found = (await desk.checkpoints()).get(HOME.number, {}).get("position")
    return None if found is None else int(found)


async def passed(desk: Desk, wanted: int) -> None:
    async def is_there() -> bool:
        return await position(desk) == wanted

    await until(is_there)


async def test_a_running_stage_reads_from_the_start_and_counts_nothing_twice(desk: Desk) -> None:
    """With traffic all the while: what it commits after the reset is no newer database."""
    async with desk.running() as run:
        await desk.say(*["t0"] * 3)
        await passed(desk, 6)

        assert await move(desk, "start") == Reset(6, None)
        await desk.say("t0")

        await passed(desk, 8)
        assert await desk.heard() == Counter(t0=4)
        await ready(run)
        assert (await desk.checkpoints())[HOME.number]["accepted_committed"] == 6


async def test_to_the_end_leaves_records_out(desk: Desk) -> None:
    await desk.say("t0")
    async with desk.running():
        await passed(desk, 2)
    await desk.say(*["t0"] * 3)

    assert await move(desk, "end") == Reset(2, 5)

    await desk.say("t0")
    async with desk.running():
        await passed(desk, 7)
    assert await desk.heard() == Counter(t0=2)
    document = await desk.database["counts"].find_one({"_id": "t0"})
    assert document["_kit"]["missing"] == {"intake": [2, 3, 4]}


async def test_to_an_offset_and_over_records(desk: Desk) -> None:
    await desk.say(*["t0"] * 4)
    async with desk.running():
        await passed(desk, 8)
    assert await move(desk, "2") == Reset(8, 2)
    assert await skip(desk.database, "counting", HOME, 3) == Reset(2, 5)

    async with desk.running():
        await desk.say("t0")
        await passed(desk, 10)

    assert await desk.heard() == Counter(t0=5)


async def test_to_where_it_stands_accepts_the_facts(desk: Desk) -> None:
    await desk.say("t0")
    async with desk.running():
        await passed(desk, 2)
    before = (await desk.checkpoints())[HOME.number]

    assert await move(desk, "stored") == Reset(2, 2)

    after = (await desk.checkpoints())[HOME.number]
    assert after["epoch"] == before["epoch"] + 1
    assert after["partition_count"] is None
    for kept in ("position", "last_offset", "last_identity", "stored"):
        assert after[kept] == before[kept]


async def test_a_mistaken_name_is_answered_with_those_there_are(desk: Desk) -> None:
    async with desk.running():
        await desk.say("t0")
        await passed(desk, 2)

    with pytest.raises(NotFoundError, match=r"no checkpoint countin/.*; there are: counting/tick"):
        await reset(desk.database, desk.deployment.settings, "countin", HOME, "start")
    with pytest.raises(NotFoundError, match=r"no checkpoint counting/ticket\.events/7"):
        await move(desk, "start", HOME._replace(number=7))
    with pytest.raises(NotFoundError, match="with a position"):
        await skip(desk.database, "counting", HOME._replace(number=7), 1)
    with pytest.raises(ValueError, match="say start, end, stored or an offset"):
        await move(desk, "yesterday")
    assert [each["_id"] for each in await admin.checkpoints(desk.database)] == [
        f"counting/ticket.events/{number}" for number in range(3)
    ]


class Stubborn(Counting):
    """While `broken` it cannot bear a timer."""

    async def handle(self, batch: Batch[Count], tx: Transaction) -> Sequence[Outgoing]:
        if self.broken and any(isinstance(heard.data, Due) for heard in batch.inputs):
            raise RuntimeError("what a late hour")
        return await super().handle(batch, tx)


async def test_a_timer_that_was_put_away_fires_once_it_is_sent_again(
    deployment: Deployment,  # noqa: F811 - the fixture
) -> None:
    handler = Stubborn(SOON)
    handler.broken = True
    desk = Desk(deployment, handler)
    async with desk.running():
        await deployment.publish(FeedbackReceived(score=1, comment="later"), "t0")
        [letter] = await until(desk.letters)
        assert (letter["kind"], letter["name"]) == ("timer", "later")
        assert letter["reason"] == "RuntimeError: what a late hour"
        handler.broken = False

        sent = [each async for each in redrive(desk.database, deployment.publisher, [letter])]

        async def fired() -> bool:
            document = await desk.database["counts"].find_one({"_id": "t0"})
            return bool(document["fired"] == 1)

        await until(fired)
    assert sent == [letter]
    assert [each["state"] for each in await desk.letters()] == ["done"]
    assert await desk.answered() == Counter(t0=2)


async def test_a_timer_is_not_set_where_something_is_owed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be overwritten by what is owed."""
    monkeypatch.setattr(admin, "OWES_TRIES", 2)
    monkeypatch.setattr(admin, "OWES_SECONDS", 0.01)
    kit = {"at": str(HOME), "timers": []}
    await desk.database["counts"].insert_one({"_id": "t1", "_kit": kit})
    checkpoint = {"_id": f"counting/{HOME}", "epoch": 3, "attempt": 1, "owed_by": 1, "owed": [b""]}
    await desk.database["checkpoints"].insert_one(checkpoint)
    letter = {
        "_id": "l1",
        "kind": "timer",
        "name": "later",
        "subject": "t1",
        "group": "deskstream.counting",
        "collection": "counts",
    }

    async def again() -> list[Document]:
        return [each async for each in redrive(desk.database, desk.deployment.publisher, [letter])]

    with pytest.raises(BusyError, match=r"start deskstream\.counting"):
        await again()
    assert (await desk.database["counts"].find_one({}))["_kit"] == kit
    assert (await desk.database["checkpoints"].find_one({}))["epoch"] == 3

    await desk.database["checkpoints"].update_one({}, {"$set": {"owed": []}})
    assert await again() == [letter]
    assert (await desk.database["checkpoints"].find_one({}))["epoch"] == 4


async def test_an_outcome_that_was_put_away_is_handed_over_again(desk: Desk) -> None:
    await desk.database["deliveries"].insert_one({"_id": "d1", "outcome_ready": False})
    letter = {"_id": "l1", "kind": "outcome", "name": "d1", "state": "open", "order": "1"}
    await desk.database["dead_letters"].insert_one(letter)

    chosen = await letters(desk.database, {"state": "open"})
    sent = [each async for each in redrive(desk.database, desk.deployment.publisher, chosen)]

    assert [each["_id"] for each in sent] == ["l1"]
    delivery = await desk.database["deliveries"].find_one({"_id": "d1"})
    assert delivery["outcome_ready"] is True
    assert await letters(desk.database, {"state": "open"}) == []


async def test_letters_come_in_the_order_in_which_they_were_met(desk: Desk) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC).isoformat()
    many = [{"_id": f"l{n}", "order": f"{noon}/ticket.events/1/{n:020}"} for n in range(12)]
    await desk.database["dead_letters"].insert_many(many[::-1])

    found = await letters(desk.database, {}, limit=11)

    assert [each["_id"] for each in found] == [f"l{n}" for n in range(11)]
