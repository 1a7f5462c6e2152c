"""Broker or database away in the middle of the work: it waits, says so, and goes on by itself.

AWAY_SECONDS sets for how long; the default keeps the suite short.
"""

import asyncio
import os
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest

from deskstream.stack import Node, Stack, StackUnavailable, start
from shared.kit.provision import provision
from shared.kit.service import ServiceRun
from shared.kit.unit import Batch, Outgoing, Transaction
from tests.integration.conftest import (
    DEADLINE,
    Deployment,
    forget_metrics,
    settings_for,
    until,
)
from tests.integration.faults import PARTITIONS, TICKETS, Desk, each, ready
from tests.kit.counting import Count, Counting

AWAY_SECONDS = float(os.environ.get("AWAY_SECONDS", "3"))
# The stage's; its hands in the tests are more patient. An answer may take long: a stage that waits
# for one must say so before.
IMPATIENT = {
    "kafka_request_timeout_ms": 1_500,
    "mongo_timeout_ms": 500,
    "mongo_answer_ms": 20_000,
}
SENDERS = 3  # the service's, FastStream's, ours
pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("outages")]


@pytest.fixture(scope="module")
def mortal() -> Iterator[Stack]:
    """A stack that no other test stands on."""
    kind = os.environ.get("STACK", "embedded")
    if kind not in ("embedded", "apache"):
        pytest.skip(f"STACK={kind}: not ours to kill")
    try:
        stack = start(kind)
    except StackUnavailable as error:
        pytest.skip(str(error))
    with stack:
        yield stack


@pytest.fixture
async def desk(mortal: Stack) -> AsyncIterator[Desk]:
    settings = settings_for(mortal, f"t{uuid.uuid4().hex[:10]}.")
    await provision(settings, partitions=PARTITIONS)
    deployment = Deployment(settings)
    yield Desk(deployment)
    await deployment.close(drop=False)


@pytest.fixture
def database(mortal: Stack) -> Node:
    assert mortal.database is not None
    return mortal.database


@pytest.fixture
def broker(mortal: Stack) -> Node:
    assert mortal.broker is not None
    return mortal.broker


@asynccontextmanager
async def at_work(desk: Desk) -> AsyncIterator[ServiceRun]:
    """It has read three events of each ticket, and its own answers to them."""
    await desk.say(*each(3).elements())
    async with desk.running(**IMPATIENT) as run:
        await desk.hears(each(3))

        async def all_read() -> bool:
            known = (await desk.checkpoints()).values()
            return sum(each["position"] or 0 for each in known) == 2 * 3 * len(TICKETS)

        await until(all_read)
        yield run


async def says(run: ServiceRun, part: str) -> None:
    async def told() -> bool:
        return any(part in str(text) for text in reasons(run))

    await until(told)
    assert not run.health.ready
    assert run.health.live


def reasons(run: ServiceRun) -> list[str]:
    found = run.health.readiness()["reasons"]
    assert isinstance(found, dict)
    return list(found.values())


async def away(run: ServiceRun, part: str) -> None:
    """For so long, at least until it says so."""
    async with asyncio.timeout(DEADLINE + AWAY_SECONDS):
        await asyncio.gather(says(run, part), asyncio.sleep(AWAY_SECONDS))


async def goes_on(desk: Desk, run: ServiceRun, wanted: Counter[str]) -> None:
    """By itself; nothing was lost or doubled, here or for who listens to it."""
    await desk.hears(wanted)
    await ready(run)
    assert await desk.answered() == wanted
    assert senders() == SENDERS, "producers that were given up are still there"


def senders() -> int:
    """Of the producers in this process."""
    return sum("Sender._sender_routine" in repr(task) for task in asyncio.all_tasks())


async def test_a_paused_database(desk: Desk, database: Node) -> None:
    async with at_work(desk) as run:
        database.pause()
        try:
            await desk.say(*each(2).elements())
            await away(run, "s for an answer of MongoDB or Kafka")
        finally:
            database.resume()
        await desk.say(*TICKETS)

        await goes_on(desk, run, each(6))


async def test_a_database_that_is_killed_and_comes_back(desk: Desk, database: Node) -> None:
    async with at_work(desk) as run:
        database.kill()
        try:
            await desk.say(*each(2).elements())
            await away(run, "MongoDB")
        finally:
            database.start()
        await desk.say(*TICKETS)

        await goes_on(desk, run, each(6))


async def test_an_idle_stage_notices_and_recovers(desk: Desk, database: Node) -> None:
    """Nothing comes in: only the look for due timers meets the database."""
    async with at_work(desk) as run:
        database.kill()
        try:
            await says(run, "waits for MongoDB (ServerSelectionTimeoutError)")
        finally:
            database.start()

        await ready(run)
        assert await desk.heard() == each(3)


class Cutting(Counting):
    """In the middle of a batch, so that what it says cannot be published, it cuts us off."""

    def __init__(self) -> None:
        super().__init__()
        self.cut: Callable[[], None] | None = None

    async def handle(self, batch: Batch[Count], tx: Transaction) -> Sequence[Outgoing]:
        said = await super().handle(batch, tx)
        if self.cut is not None:
            self.cut()
            self.cut = None
        return said


@asynccontextmanager
async def cut_off(
    desk: Desk, cut: Callable[[], None], mend: Callable[[], None]
) -> AsyncIterator[ServiceRun]:
    """The stage is at work, and what it says lies in its checkpoint only."""
    desk.handler = handler = Cutting()
    async with at_work(desk) as run:
        handler.cut = cut
        saying = asyncio.create_task(desk.say(*each(2).elements()))
        try:
            await away(run, "waits for Kafka")
        finally:
            mend()
        await saying
        yield run


async def test_a_paused_broker(desk: Desk, broker: Node) -> None:
    async with cut_off(desk, broker.pause, broker.resume) as run:
        await desk.say(*TICKETS)

        await goes_on(desk, run, each(6))


async def test_an_idle_stage_notices_that_the_broker_is_silent(desk: Desk, broker: Node) -> None:
    async with at_work(desk) as run:
        broker.pause()
        try:
            await says(run, "waits for Kafka (no answer to a fetch for")
        finally:
            broker.resume()

        await ready(run)


@pytest.mark.apache
async def test_a_broker_that_is_killed_and_comes_back(
    desk: Desk, broker: Node, mortal: Stack
) -> None:
    if not mortal.durable:
        pytest.skip("the embedded broker forgets at its end")
    async with cut_off(desk, broker.kill, broker.start) as run:
        await desk.say(*TICKETS)

        await goes_on(desk, run, each(6))


async def test_a_service_waits_for_both_at_its_start(
    desk: Desk, database: Node, broker: Node
) -> None:
    await desk.say(*TICKETS)
    forget_metrics()
    settings = desk.deployment.settings.model_copy(update=IMPATIENT)
    run = ServiceRun("counting", desk.create, settings)
    database.pause()
    broker.pause()
    starting = asyncio.create_task(run.start())
    try:
        await says(run, "MongoDB")
        database.resume()
        await starting
        await says(run, "has not joined its consumer group yet")
        broker.resume()

        await goes_on(desk, run, each(1))
    finally:
        database.resume()
        broker.resume()
        await starting
        await run.stop()
