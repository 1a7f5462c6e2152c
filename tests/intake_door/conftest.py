"""The door on a real database, with a broker that can be told to stay silent."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from deskstream.stack import Stack
from services.intake.api import Door, create_api
from services.intake.api.webhooks import Webhooks
from services.intake.settings import IntakeSettings
from services.intake.store.door import prepare
from shared.contracts.envelope import header_text
from shared.kit.blobs import MemoryBlobs
from shared.kit.clock import SystemClock
from shared.kit.ports import BrokerAwayError
from shared.kit.records import Publication
from shared.kit.tokens import Token, Tokens, hash_of
from shared.kit.unit import Document
from tests.intake_door import signing

DATABASE = f"door_{uuid4().hex[:12]}"
SECRET = "ds_all"
VERIFY_TOKEN = "chosen-in-metas-console"
SCOPES = ("tickets:write", "tickets:read", "commands:write", "channels:write")
TOKENS = (
    Token(name="shop", sha256=hash_of(SECRET), scopes=SCOPES, rate_per_second=1_000),
    Token(name="reader", sha256=hash_of("ds_reader"), scopes=("tickets:read",)),
    Token(name="slow", sha256=hash_of("ds_slow"), scopes=SCOPES, rate_per_second=1),
    Token(
        name="desk", sha256=hash_of("ds_desk"), scopes=(*SCOPES, "act-as"), rate_per_second=1_000
    ),
    Token(name="ana", sha256=hash_of("ds_ana"), scopes=SCOPES, agent_id="ana"),
)


@dataclass
class Broker:
    """What was acknowledged. `away`: it says so; `silent`: it does not answer at all."""

    got: list[Publication] = field(default_factory=list)
    away: bool = False
    silent: bool = False

    async def publish(self, publications: Sequence[Publication]) -> None:
        if self.away:
            raise BrokerAwayError("away")
        if self.silent:
            await asyncio.Event().wait()
        self.got.extend(publications)

    def headers(self) -> list[dict[str, str]]:
        return [header_text(publication.headers) for publication in self.got]


class Clock(SystemClock):
    """The machine's, but one can look how often it was waited."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.stopped: datetime | None = None

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().sleep(0)

    def now(self) -> datetime:
        return self.stopped or super().now()


@dataclass
class World:
    door: Door
    broker: Broker
    client: httpx.AsyncClient
    blobs: MemoryBlobs
    clock: Clock

    async def post(
        self, path: str, json: Any = None, *, token: str = SECRET, **options: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        if json is not None:
            options["json"] = json
        return await self.client.post(path, headers=headers, **options)

    async def deliver(self, signed: signing.Signed) -> httpx.Response:
        """As its vendor sends it."""
        headers = {"Content-Type": signed.content_type, **signed.headers}
        path = f"/v1/channels/{signed.channel}"
        return await self.client.post(path, content=signed.body, headers=headers)

    async def get(self, path: str, *, token: str = SECRET) -> httpx.Response:
        return await self.client.get(path, headers={"Authorization": f"Bearer {token}"})

    async def store_ticket(self, ticket_id: str = "t1", **fields: Any) -> None:
        """As lifecycle does."""
        document = ticket_document(ticket_id, **fields)
        await self.door.database["tickets"].insert_one(document)
        await self.door.database["numbers"].insert_one(
            {"_id": f"number:{document['number']}", "ticket_id": ticket_id}
        )


def ticket_document(ticket_id: str, **fields: Any) -> Document:
    return {
        "_id": ticket_id,
        "number": "TKT-1000",
        "status": "open",
        "channel": "web",
        "created_at": datetime.fromisoformat("2026-03-02T08:00:00+00:00"),
        "status_at": datetime.fromisoformat("2026-03-02T08:00:00+00:00"),
        "reopens": 0,
        "subject": "private",
        "requester": {"customer_id": "cara"},
        "_kit": {"at": "ticket.commands/0"},
        **fields,
    }


@pytest.fixture(scope="session")
def mongo_url(stack: Stack) -> str:
    return stack.mongo_url


@pytest_asyncio.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    broker, blobs = Broker(), MemoryBlobs()
    settings = IntakeSettings(
        **signing.settings(),
        meta_verify_tokens=signing.secrets(VERIFY_TOKEN),
        acknowledge_seconds=0.2,
        largest_json_bytes=4_096,
        largest_raw_bytes=600_000,
    )
    mongo: AsyncMongoClient[Document] = AsyncMongoClient(mongo_url, tz_aware=True)
    async with mongo:
        database = mongo[DATABASE]
        await prepare(database, settings.keep_keys_seconds)
        clock = Clock()
        webhooks = Webhooks(settings, clock)
        door = Door(settings, Tokens(TOKENS), database, broker, blobs, clock, webhooks)
        transport = httpx.ASGITransport(create_api(door), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            yield World(door, broker, client, blobs, clock)
        for collection in await database.list_collection_names():
            await database[collection].delete_many({})
