"""The door while the database is away."""

import httpx
from pymongo import AsyncMongoClient

from services.intake.api import Door, create_api
from services.intake.api.webhooks import Webhooks
from services.intake.settings import IntakeSettings
from shared.kit.blobs import MemoryBlobs
from shared.kit.clock import SystemClock
from shared.kit.tokens import Tokens
from shared.kit.unit import Document
from tests.intake_door.conftest import TOKENS, Broker


async def test_nothing_is_accepted_and_the_caller_is_told() -> None:
    nowhere: AsyncMongoClient[Document] = AsyncMongoClient(
        "mongodb://127.0.0.1:1/", serverSelectionTimeoutMS=50
    )
    async with nowhere:
        broker = Broker()
        settings, clock = IntakeSettings(), SystemClock()
        door = Door(
            settings,
            Tokens(TOKENS),
            nowhere["intake"],
            broker,
            MemoryBlobs(),
            clock,
            Webhooks(settings, clock),
        )
        transport = httpx.ASGITransport(create_api(door), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            answer = await client.get(
                "/v1/tickets/t1", headers={"Authorization": "Bearer ds_reader"}
            )

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "127.0.0.1" not in answer.text
    assert broker.got == []
