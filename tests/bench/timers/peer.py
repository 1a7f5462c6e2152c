"""The same burst with APScheduler and its MongoDB store, each firing said on Kafka."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaProducer
from apscheduler.jobstores.mongodb import MongoDBJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from pymongo import MongoClient

from deskstream.stack import Stack
from tests.bench.percentiles import Spread, spread

LEADS = [timedelta(seconds=seconds) for seconds in (5, 15, 60)]
MARGIN = timedelta(seconds=0.5)
PATIENCE_SECONDS = 120.0
TOPIC = DATABASE = "timers-peer"


class Burst:
    """Jobs are kept by reference to a module's function, so what they need is here."""

    def __init__(self) -> None:
        self.producer: AIOKafkaProducer | None = None
        self.late_ms: list[float] = []

    async def fire(self, due: float) -> None:
        assert self.producer is not None
        await self.producer.send_and_wait(TOPIC, str(due).encode())
        self.late_ms.append((time.time() - due) * 1_000)


BURST = Burst()


async def fire(due: float) -> None:
    await BURST.fire(due)


async def at_one_instant(stack: Stack, count: int) -> Spread | None:
    """Lateness of the acknowledged event; the default grace of a second would lose them all.

    All jobs must be in the store before they are due: where that took too long, once more with
    more time.
    """
    for lead in LEADS:
        waits = await _try(stack, count, lead)
        if waits is not None:
            return waits
    return None


async def _try(stack: Stack, count: int, lead: timedelta) -> Spread | None:
    client: MongoClient[dict[str, object]] = MongoClient(stack.mongo_url)  # closed by the store
    client.drop_database(DATABASE)
    store = MongoDBJobStore(database=DATABASE, client=client)
    scheduler = AsyncIOScheduler(jobstores={"default": store}, timezone=UTC)
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka_servers, acks="all", linger_ms=2)
    BURST.producer, BURST.late_ms = producer, []
    await producer.start()
    try:
        scheduler.start(paused=True)
        due = datetime.now(UTC) + lead
        await _load(scheduler, count, due)
        if datetime.now(UTC) > due - MARGIN:
            return None
        scheduler.resume()
        return await _fired(count)
    finally:
        scheduler.shutdown(wait=False)
        await producer.stop()


async def _load(scheduler: AsyncIOScheduler, count: int, due: datetime) -> None:
    for number in range(count):
        scheduler.add_job(
            fire,
            "date",
            run_date=due,
            args=[due.timestamp()],
            id=str(number),
            misfire_grace_time=None,
        )
        if not number % 100:
            await asyncio.sleep(0)


async def _fired(count: int) -> Spread | None:
    began = time.monotonic()
    while len(BURST.late_ms) < count and time.monotonic() - began < PATIENCE_SECONDS:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return spread(BURST.late_ms)
