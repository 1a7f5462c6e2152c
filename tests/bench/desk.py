"""A whole deployment on a stack, apart from others by its prefix: topics, people, six services."""

import asyncio
import time
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Sequence,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pymongo import AsyncMongoClient

from deskstream.services import SERVICES
from deskstream.stack import Stack
from shared.kit.kafka import KafkaPublisher
from shared.kit.provision import provision
from shared.kit.records import Publication
from shared.kit.settings import KitSettings
from tests.bench.feeding import Feed, record_of
from tests.bench.fleet import Fleet
from tests.bench.ledger import Ledger
from tests.bench.reading import read_log
from tests.bench.requests import AGENTS, KNOWN_CUSTOMERS, agents, customers
from tests.bench.sink import MailCount
from tests.bench.story import Log

LOOK_SECONDS = 0.25
PUBLISHED_AT_ONCE = 2_000


class StuckError(Exception):
    """Nothing moved for too long."""


@dataclass(frozen=True, slots=True)
class People:
    agents: int = AGENTS
    customers: int = KNOWN_CUSTOMERS


EVERYBODY = People()


@dataclass
class Desk:
    settings: KitSettings
    fleet: Fleet
    client: AsyncMongoClient[Any]
    ledger: Ledger = field(default_factory=Ledger)
    stored_lines: int = 0  # of the timeline, that nobody said
    _stock: tuple[int, int, int] = (0, 0, 0)  # of `roughly` and `exactly`, taken off
    _since: datetime | None = None

    def __post_init__(self) -> None:
        self.mails = MailCount(self.fleet.mails)

    def feed(self) -> Feed:
        return Feed(self.settings, self.ledger)

    def database(self, service: str) -> Any:
        return self.client[self.settings.database(service)]

    async def stored_kb(self) -> dict[str, float]:
        """For each ticket in reporting: documents as they are before compression, and indexes."""
        tickets = await self.database("reporting")["tickets"].estimated_document_count()
        found = {}
        for name in (*SERVICES, "blobs"):
            told = await self.database(name).command("dbStats")
            found[name] = (told["dataSize"] + told["indexSize"]) / 1000 / max(tickets, 1)
        return found

    async def roughly(self) -> tuple[int, ...]:
        """Documents of reporting and sla, and mails to customers: looks that cost nothing."""
        return (
            await self.database("reporting")["tickets"].estimated_document_count() - self._stock[0],
            await self.database("sla")["tickets"].estimated_document_count() - self._stock[1],
            self.mails.look().to_customers,
        )

    async def through(self) -> int:
        """Roughly how many tickets came out at every end."""
        return min(await self.roughly())

    async def take_stock(self, through: int) -> None:
        """What lies in the stores now is not of this run, but for so many tickets."""
        self._since = datetime.now(UTC)
        self._stock = (0, 0, 0)
        reporting, sla, _ = await self.roughly()
        self._stock = (reporting - through, sla - through, -through)

    async def exactly(self) -> tuple[int, ...]:
        """Tickets that reporting knows assigned and armed, and acknowledgements that are out."""
        ready: dict[str, Any] = {"agent": {"$ne": None}, "clocks.resolution": {"$exists": True}}
        if self._since is not None:
            ready["created_at"] = {"$gte": self._since}
        known = await self.database("reporting")["tickets"].count_documents(ready)
        return (known - self._stock[2], await self._told())

    async def _told(self) -> int:
        if self._since is not None:  # a count of them all would read every stored one
            waiting, _ = await self._unsettled()
            return self.mails.look().to_customers - waiting
        told = {
            "state": "sent",
            "template": "acknowledgement",
            "outcome_ready": {"$exists": False},
        }
        return int(await self.database("notifier")["deliveries"].count_documents(told))

    async def until(
        self,
        tickets: int,
        patience: float,
        look: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Until so many went all the way; StuckError when nothing moved for `patience` seconds.

        `look` is told how many roughly did.
        """
        last: tuple[int, ...] = ()
        moved = time.monotonic()
        while True:
            self.fleet.check()
            looked = time.monotonic()
            reached = await self.roughly()
            look(min(reached))
            if min(reached) >= tickets:
                reached = await self.exactly()
                if min(reached) >= tickets:
                    return
            if reached != last:
                last, moved = reached, time.monotonic()
            elif time.monotonic() - moved > patience:
                raise StuckError(f"{reached} of {tickets} tickets, and no more")
            # A look at many stored tickets takes its time: it must not be most of the load.
            await asyncio.sleep(max(LOOK_SECONDS, 3 * (time.monotonic() - looked)))

    async def quiescent(self, patience: float, still_seconds: float = 2.0) -> None:
        """Until every mail is settled and reporting has not moved for a while."""
        last: tuple[int, ...] = ()
        moved = began = time.monotonic()
        while time.monotonic() - moved < still_seconds:
            if time.monotonic() - began > patience:
                raise StuckError(f"(waiting mails, lines of the timeline) still move: {last}")
            self.fleet.check()
            reached = await self._unsettled()
            if reached != last or reached[0]:
                last, moved = reached, time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)

    async def _unsettled(self) -> tuple[int, int]:
        waiting = {"$or": [{"state": "due"}, {"outcome_ready": True}]}
        return (
            await self.database("notifier")["deliveries"].count_documents(waiting),
            await self.database("reporting")["timeline"].estimated_document_count(),
        )

    async def log(self) -> Log:
        return await read_log(self.settings.kafka_client(), self.settings.topic("ticket.events"))


@asynccontextmanager
async def desk(
    stack: Stack,
    prefix: str,
    folder: Path,
    *,
    partitions: int,
    services: Sequence[str] = SERVICES,
    profiled: Collection[str] = (),
    people: People = EVERYBODY,
    **changes: Any,
) -> AsyncIterator[Desk]:
    """Ready to work: the services have their partitions and know the agents and customers.

    `changes` are settings, of the services and of whoever feeds them.
    """
    settings = settings_for(stack, prefix, **changes)
    made = await provision(settings, partitions=partitions)
    failed = [each for each in made if each.error]
    if failed:
        raise RuntimeError(f"topics were not made: {failed}")
    await _publish(settings, people)
    fleet = Fleet(
        settings,
        folder / prefix.rstrip("."),
        services=services,
        profiled=profiled,
    )
    client: AsyncMongoClient[Any] = AsyncMongoClient(settings.mongo_url, tz_aware=True)
    try:
        fleet.start()
        await fleet.ready()
        yield Desk(settings, fleet, client)
    finally:
        await asyncio.to_thread(fleet.stop)
        await client.close()


def settings_for(stack: Stack, prefix: str, **changes: Any) -> KitSettings:
    usual: dict[str, Any] = {
        "kafka_servers": stack.kafka_servers,
        "mongo_url": stack.mongo_url,
        "kafka_idempotence": stack.idempotence,
        "mail_secret": SecretStr("a secret of the benchmark"),
        "log_level": "WARNING",
    }
    return KitSettings(prefix=prefix, **usual | changes)


async def _publish(settings: KitSettings, people: People) -> None:
    staff = (record_of(each, each.agent_id) for each in agents(people.agents))
    writers = (record_of(each, each.customer_id) for each in customers(people.customers))
    async with publishing(settings) as publish:
        await publish(staff)
        await publish(writers)


@asynccontextmanager
async def publishing(
    settings: KitSettings,
) -> AsyncIterator[Callable[[Iterable[Publication]], Awaitable[None]]]:
    """What is given is put on its topics, in order, some thousand at a time."""
    publisher = KafkaPublisher(settings, "bench")

    async def publish(publications: Iterable[Publication]) -> None:
        waiting = iter(publications)
        while some := list(islice(waiting, PUBLISHED_AT_ONCE)):
            await publisher.publish(some)

    try:
        yield publish
    finally:
        await publisher.stop()
