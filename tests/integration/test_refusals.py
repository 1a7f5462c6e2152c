"""A log and a database that do not belong together: refused, in words that help, and mended."""

import re
from collections import Counter
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewPartitions, RecordsToDelete

from deskstream.stack import Stack
from shared.kit import claims
from shared.kit.admin import committed, reset
from shared.kit.service import Service, ServiceContext
from tests.integration.conftest import Deployment, until
from tests.integration.faults import (
    PARTITIONS,
    Desk,
    administration,
    copied,
    do_what_it_says,
    each,
    make_anew,
    partition_of_ticket,
    ready,
    reason,
    set_back,
)
from tests.simulation.counting import OBSERVING, Observing

HOME = partition_of_ticket("t0")
COMMAND = (
    f"deskstream checkpoints reset --stage counting --topic ticket.events --partition {HOME.number}"
)


@pytest.fixture
def desk(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(claims, "REFUSED_PAUSE", 0.5)
    return Desk(deployment)


async def handled_and_stopped(desk: Desk, times: int = 3) -> None:
    """So many events of one ticket, and the answers to them, which lie behind them."""
    await desk.say(*["t0"] * times)
    async with desk.running():
        await all_passed(desk, times)


async def all_passed(desk: Desk, times: int) -> None:
    await desk.hears(Counter(t0=times))

    async def passed() -> bool:
        return bool((await desk.checkpoints())[HOME.number]["position"] == 2 * times)

    await until(passed)


async def test_a_topic_made_anew_is_refused_until_it_is_accepted(desk: Desk) -> None:
    await handled_and_stopped(desk)
    await make_anew(desk.deployment, "ticket.events")
    await desk.say("t0")

    async with desk.running() as run:
        text = await reason(run, f"counting {HOME}")
        assert text == (
            f"{HOME}: the topic ends at offset 1, before the checkpoint's position 6: it was made "
            "anew, or it is another topic. To go on: if the topic was made anew, "
            f"`{COMMAND} --to start` handles it from its beginning; if a wrong cluster is "
            "configured, correct DESKSTREAM_KAFKA_SERVERS."
        )
        assert await desk.heard() == Counter(t0=3)
        assert (await desk.checkpoints())[HOME.number]["position"] == 6
        said = await do_what_it_says(desk.deployment, text)
        assert f"counting/{HOME}: from 6 to the log's start" in said

        await desk.hears(Counter(t0=4))
        await ready(run)


async def test_another_record_at_the_last_offset_is_refused(desk: Desk) -> None:
    await handled_and_stopped(desk)
    await make_anew(desk.deployment, "ticket.events")
    await desk.say(*["t0"] * 8)

    async with desk.running() as run:
        text = await reason(run, f"counting {HOME}")
        assert text.startswith(
            f"{HOME}: another record lies at offset 5 than the one that was handled there: the "
            "topic was made anew, or it is another topic. To go on: "
        )
        await do_what_it_says(desk.deployment, text)

        await desk.hears(Counter(t0=11))


async def test_a_topic_made_anew_under_a_running_service_is_refused(desk: Desk) -> None:
    await desk.say(*["t0"] * 3)
    async with desk.running() as run:
        await all_passed(desk, 3)
        await make_anew(desk.deployment, "ticket.events")
        await desk.say("t0")

        text = await reason(run, f"counting {HOME}")
        assert re.search("the topic ends at offset [01], before the checkpoint's position 6", text)
        await do_what_it_says(desk.deployment, text)

        await desk.hears(Counter(t0=4))


async def test_a_database_set_back_is_refused_and_then_counts_nothing_twice(desk: Desk) -> None:
    await desk.say(*each().elements())
    async with desk.deployment.running("observing", observing):
        async with desk.running():
            await desk.hears(each(1))
            backup = await copied(desk.database)
            await desk.say(*each(2).elements())
            await desk.hears(each(3))
        await set_back(desk.database, backup)
        await desk.say(*each().elements())

        async with desk.running() as run:
            text = await reason(run, f"counting {HOME}")
            known = (await desk.checkpoints())[HOME.number]["position"]
            offset = await committed(desk.deployment.settings, "counting", HOME)
            assert text == (
                f"{HOME}: the group has committed offset {offset}, the database "
                f"knows only {known}: the database is older than the log "
                "(a backup was restored, or another database is configured). To go on: restore "
                f"the newer database, or `{COMMAND} --to stored` to handle the records since then "
                "once more (their events keep their ids, so that others drop them)."
            )
            assert await desk.heard() == each(1)
            await do_what_it_says(desk.deployment, text)
            for number in {0, 1, 2} - {HOME.number}:
                place = HOME._replace(number=number)
                await reset(desk.database, desk.deployment.settings, "counting", place, "stored")

            await desk.hears(each(4))
            await ready(run)
        await seen(desk.deployment, each(4))
    assert await desk.answered() == each(4)


def observing(_: ServiceContext) -> Service:
    return Service("observing", [(OBSERVING, Observing())])


async def seen(deployment: Deployment, wanted: Counter[str]) -> None:
    """By the next stage, whose own database is as it was."""

    async def as_wanted() -> Any:
        documents = await deployment.database("observing")["seen"].find().to_list()
        found = {document["_id"]: document["categories"] for document in documents}
        return found == {t: [str(n + 1) for n in range(many)] for t, many in wanted.items()}

    await until(as_wanted)


async def test_an_empty_database_in_place_of_the_right_one_is_refused(desk: Desk) -> None:
    await handled_and_stopped(desk)
    await desk.deployment.client.drop_database(desk.database.name)

    async with desk.running() as run:
        text = await reason(run, f"counting {HOME}")

    assert "the group has committed offset 6, the database knows only 0" in text
    assert await desk.heard() == Counter()


async def test_another_number_of_partitions_is_refused(desk: Desk, stack: Stack) -> None:
    await handled_and_stopped(desk)
    await repartition(desk.deployment, stack, 5)

    async with desk.running() as run:
        text = await reason(run, f"counting {HOME}")
        assert text == (
            f"{HOME}: the topic had 3 partitions when this was last handled, now it has 5, so keys "
            "may have moved to other partitions. To go on: bring the topic back to 3 partitions, "
            "or, once every service has handled the old ones to their end, "
            f"`{COMMAND} --to stored`."
        )
        await do_what_it_says(desk.deployment, text)

        if stack.kind != "embedded":
            await desk.say("t0")
            await desk.hears(Counter(t0=4))


async def repartition(deployment: Deployment, stack: Stack, count: int) -> None:
    """The embedded broker cannot add partitions; there the topic is made anew with more."""
    if stack.kind == "embedded":
        await make_anew(deployment, "ticket.events", count)
        return
    async with administration(deployment) as admin:
        wanted = NewPartitions(total_count=count)
        await admin.create_partitions({deployment.settings.topic("ticket.events"): wanted})


@pytest.mark.apache
async def test_records_that_retention_deleted_unread_are_refused(desk: Desk, stack: Stack) -> None:
    if stack.kind == "embedded":
        pytest.skip("the embedded broker cannot delete records")
    await handled_and_stopped(desk)
    await desk.say(*["t0"] * 4)
    name = desk.deployment.settings.topic(HOME.topic)
    async with administration(desk.deployment) as admin:
        upto = {TopicPartition(name, HOME.number): RecordsToDelete(before_offset=8)}
        await admin.delete_records(upto)

    async with desk.running() as run:
        text = await reason(run, f"counting {HOME}")
        assert text == (
            f"{HOME}: the log begins at offset 8, beyond the checkpoint's position 6: retention "
            "deleted 2 records that were not handled. To go on: restore them if you can; "
            f"`{COMMAND} --to start` goes on with what is left."
        )
        await do_what_it_says(desk.deployment, text)

        await desk.hears(Counter(t0=5))


def test_the_tickets_lie_on_every_partition() -> None:
    assert {partition_of_ticket(ticket).number for ticket in each()} == set(range(PARTITIONS))
