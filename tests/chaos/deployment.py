"""A whole deployment behind networks of ours, and whether it is at rest."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import SecretStr
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from deskstream.services import SERVICES
from deskstream.stack import Stack
from shared.kit.kafka import KafkaPublisher
from shared.kit.provision import provision
from shared.kit.settings import KitSettings
from tests.bench.feeding import Feed, record_of
from tests.bench.ledger import Ledger
from tests.bench.requests import agents, customers
from tests.chaos.config import write_config
from tests.chaos.crew import Crew
from tests.chaos.doors import write_tokens

PARTITIONS = 4
SESSION_MS = 3_000  # so that a freeze of a few seconds costs a member its partitions
LEASE_SECONDS = 30  # what a killed sender held is sent by another after this, not two minutes
RETRY_SECONDS = 2  # first pause after a mail server's "later"
LOOK_SECONDS = 0.5
STILL_SECONDS = 2.0
LONGEST_SECONDS = 1_800.0
# Timers that are due within this are waited for; those of real promises are not.
SOON_SECONDS = 60


class RestlessError(Exception):
    """It did not come to rest in time; the text says what was left."""


@dataclass(slots=True)
class Deployment:
    settings: KitSettings
    crew: Crew
    stack: Stack
    client: AsyncMongoClient[Any]
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def kafka(self) -> dict[str, Any]:
        return self.settings.kafka_client()

    def feed(self) -> Feed:
        return Feed(self.settings, self.ledger)

    def database(self, service: str) -> Any:
        return self.client[self.settings.database(service)]

    async def positions(self) -> dict[str, tuple[str, int, int]]:
        """By checkpoint: topic, partition, position."""
        found = {}
        for service in SERVICES:
            checkpoints = self.database(service)["checkpoints"]
            async for each in checkpoints.find({}, {"stored": 0, "owed": 0}):
                _, topic, number = each["_id"].split("/")
                found[each["_id"]] = (topic, int(number), each.get("position") or 0)
        return found

    async def ends(self) -> dict[tuple[str, int], int]:
        """Of the topics that are read, by their high watermarks; log ends of compacted ones too."""
        topics = sorted({topic for topic, _, _ in (await self.positions()).values()})
        names = {self.settings.topic(topic): topic for topic in topics}
        consumer = AIOKafkaConsumer(**self.kafka, enable_auto_commit=False, fetch_max_wait_ms=20)
        await consumer.start()
        try:
            places = [
                TopicPartition(name, n) for name in names for n in await _numbers(consumer, name)
            ]
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            async with asyncio.timeout(30):
                while any(consumer.highwater(place) is None for place in places):
                    await consumer.getmany(timeout_ms=50)
            return {(names[p.topic], p.partition): consumer.highwater(p) for p in places}
        finally:
            await consumer.stop()

    async def at_rest(self, patience: float, *, timers: bool = True) -> None:
        """All is read to its end, every mail is settled, no promise is about to come due.

        RestlessError says what was left when nothing had moved for `patience` seconds, or something
        moved without end.
        """
        began = moved = time.monotonic()
        still_since: float | None = None
        last: tuple[str, object] | None = None
        while True:
            now = time.monotonic()
            found = await self._left(timers=timers)
            left = found[0]
            if found != last:
                still_since, last, moved = None if left else now, found, now
            elif still_since is not None and now - still_since >= STILL_SECONDS:
                return
            if now - moved > patience or now - began > LONGEST_SECONDS:
                raise RestlessError(left or "something still moves")
            await asyncio.sleep(LOOK_SECONDS)

    async def _left(self, *, timers: bool) -> tuple[str, object]:
        try:
            return await self._look(timers=timers)
        except (PyMongoError, TimeoutError, OSError) as error:
            return f"nobody answers: {type(error).__name__}", None

    async def _look(self, *, timers: bool) -> tuple[str, object]:
        positions, ends = await self.positions(), await self.ends()
        behind = [
            f"{key} at {at} of {ends.get((topic, number))}"
            for key, (topic, number, at) in positions.items()
            if at < ends.get((topic, number), 0)
        ]
        deliveries = self.database("notifier")["deliveries"]
        waiting = {"$or": [{"state": "due"}, {"outcome_ready": True}]}
        mails = await deliveries.count_documents(waiting)
        due = await self._due_soon() if timers else 0
        left = [
            *behind[:3],
            *([f"{mails} mails"] if mails else []),
            *([f"{due} timers"] if due else []),
        ]
        return ", ".join(left), positions

    async def _due_soon(self) -> int:
        soon = {"$expr": {"$lte": ["$_kit.due", {"$add": ["$$NOW", SOON_SECONDS * 1000]}]}}
        known = {"_kit.due": {"$exists": True}}
        total = 0
        for service in ("sla", "notifier"):
            total += await self.database(service)["tickets"].count_documents(known | soon)
        return total


async def _numbers(consumer: AIOKafkaConsumer, topic: str) -> list[int]:
    await consumer._client._wait_on_metadata(topic)
    return sorted(consumer.partitions_for_topic(topic) or ())


@asynccontextmanager
async def deployment(
    stack: Stack,
    folder: Path,
    *,
    standbys: Sequence[str],
    variables: Mapping[str, str],
    own: Mapping[str, Mapping[str, str]],
) -> AsyncIterator[Deployment]:
    """Ready to work: the services have their partitions and know the agents and customers."""
    settings = KitSettings(
        kafka_servers=stack.kafka_servers,
        mongo_url=stack.mongo_url,
        kafka_idempotence=stack.idempotence,
        mail_secret=SecretStr("a secret of the chaos"),
        prefix="chaos.",
        log_level="WARNING",
        kafka_session_timeout_ms=SESSION_MS,
        config_dir=write_config(folder),
        tokens_file=write_tokens(folder),
    )
    await _prepare(settings)
    crew = Crew(
        settings,
        folder,
        standbys=standbys,
        unwatched=True,
        variables=_notifier() | dict(variables),
        own=own,
    )
    client: AsyncMongoClient[Any] = AsyncMongoClient(settings.mongo_url, tz_aware=True)
    try:
        await crew.come_up()
        yield Deployment(settings, crew, stack, client)
    finally:
        await asyncio.to_thread(crew.stop)
        await client.close()


def _notifier() -> dict[str, str]:
    return {
        "DESKSTREAM_NOTIFIER_LEASE_SECONDS": f"{LEASE_SECONDS}",
        "DESKSTREAM_NOTIFIER_FIRST_RETRY_SECONDS": f"{RETRY_SECONDS}",
    }


async def _prepare(settings: KitSettings) -> None:
    failed = [each for each in await provision(settings, partitions=PARTITIONS) if each.error]
    if failed:
        raise RuntimeError(f"topics were not made: {failed}")
    publisher = KafkaPublisher(settings, "chaos-people")
    try:
        await publisher.publish([record_of(each, each.agent_id) for each in agents()])
        await publisher.publish([record_of(each, each.customer_id) for each in customers()])
    finally:
        await publisher.stop()
