"""sla alone on a stack, with its store in our hands: tickets are put there, and time runs."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from deskstream.stack import Stack
from services.sla.app import STAGE
from shared.contracts.envelope import Envelope, deterministic_id
from shared.contracts.message import Message, encode
from shared.kit.kafka import KafkaPublisher
from shared.kit.mongo import ensure
from shared.kit.provision import provision
from shared.kit.records import Publication
from shared.kit.settings import KitSettings
from tests.bench.desk import settings_for
from tests.bench.fleet import INSTANCE, Fleet
from tests.bench.processes import CpuMeter, memory_mb
from tests.bench.timers.policies import Stock, put, write_policies
from tests.bench.yardstick import server_pids

PARTITIONS = 4


@dataclass
class Post:
    """One deployment of sla with its store in our hands."""

    settings: KitSettings
    fleet: Fleet
    folder: Path
    tickets: Any
    stock: Stock
    owners: Sequence[str]
    publisher: KafkaPublisher
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def publication(self, message: Message, ticket: str) -> Publication:
        number = self.numbers[message.writer, ticket] = (
            self.numbers.get((message.writer, ticket), 0) + 1
        )
        envelope = Envelope(
            id=deterministic_id("bench", ticket, message.writer, number),
            type=message.type_name(),
            source=f"/deskstream/{message.writer}",
            time=datetime.now(UTC),
            subject=ticket,
            writer=message.writer,
            number=number,
        )
        headers = tuple(envelope.to_headers())
        return Publication(message.topic, ticket.encode(), encode(message), headers)

    def meter(self, stack: Stack) -> CpuMeter:
        return CpuMeter({**self._of_owners(), **server_pids(stack)})

    def memory_mb(self) -> float:
        """Of all owners together."""
        return sum(memory_mb(pid) for pid in self._of_owners().values())

    def _of_owners(self) -> dict[str, int]:
        return {name: pid for name, pid in self.fleet.pids.items() if name in self.owners}

    async def fill(self, documents: Iterable[Any]) -> None:
        await put(self.tickets, documents)

    async def begin(self, *names: str) -> None:
        """Those, or all owners."""
        beginning = names or self.owners
        for name in beginning:
            self.fleet.start_one(name)
        await self.fleet.ready(beginning)

    def kill(self) -> None:
        for name in self.owners:
            self.fleet.kill(name)


@asynccontextmanager
async def post(stack: Stack, prefix: str, folder: Path, instances: int = 1) -> AsyncIterator[Post]:
    """The store is made, and no service runs yet; so many will share the partitions."""
    home = folder / prefix.rstrip(".")
    home.mkdir(parents=True)
    file = write_policies(home)
    settings = settings_for(stack, prefix, config_dir=home, log_level="INFO")
    await provision(settings, partitions=PARTITIONS)
    client: AsyncMongoClient[Any] = AsyncMongoClient(settings.mongo_url, tz_aware=True)
    database = client[settings.database("sla")]
    await ensure(database, [STAGE], {})
    owners = ("sla", *(f"sla{INSTANCE}{n}" for n in range(2, instances + 1)))
    fleet = Fleet(settings, home, services=owners)
    publisher = KafkaPublisher(settings, "bench")
    stock = Stock(file, PARTITIONS)
    try:
        yield Post(settings, fleet, home, database["tickets"], stock, owners, publisher)
    finally:
        await asyncio.to_thread(fleet.stop)
        await publisher.stop()
        await client.drop_database(settings.database("sla"))
        await client.close()
