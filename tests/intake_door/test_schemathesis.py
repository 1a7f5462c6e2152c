"""Whatever the OpenAPI document allows or forbids, the door answers as the document says."""

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import pytest
from pymongo import AsyncMongoClient

from services.intake.api import Door, create_api
from services.intake.api.webhooks import Webhooks
from services.intake.settings import IntakeSettings
from services.intake.store.door import prepare
from shared.kit.blobs import MemoryBlobs
from shared.kit.clock import SystemClock
from shared.kit.http import served
from shared.kit.settings import KitSettings
from shared.kit.tokens import Tokens
from shared.kit.unit import Document
from tests.intake_door.conftest import TOKENS, Broker, ticket_document

DATABASE = "door_by_document"
TICKET = "t1"
LONGEST_SECONDS = 600
# Paths are drawn from the document; that there is a ticket only the test knows.
CONFIG = f"""
[parameters]
"path.ticket" = "{TICKET}"
"""


class Served(threading.Thread):
    """The door on a port, with an event loop of its own."""

    def __init__(self, mongo_url: str) -> None:
        super().__init__(daemon=True)
        self._mongo_url = mongo_url
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self.address = ""

    def run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        mongo: AsyncMongoClient[Document] = AsyncMongoClient(self._mongo_url, tz_aware=True)
        options, clock = IntakeSettings(longest_wait_seconds=0), SystemClock()
        async with mongo:
            database = mongo[DATABASE]
            await prepare(database, options.keep_keys_seconds)
            await database["tickets"].insert_one(ticket_document(TICKET))
            webhooks = Webhooks(options, clock)
            door = Door(options, Tokens(TOKENS), database, Broker(), MemoryBlobs(), clock, webhooks)
            async with served(create_api(door), KitSettings(http_port=0)) as self.address:
                self._ready.set()
                await self._over.wait()
            await mongo.drop_database(DATABASE)

    def __enter__(self) -> Self:
        self.start()
        if not self._ready.wait(30):
            raise TimeoutError("the door was not served within 30 seconds")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self.join(30)


@pytest.mark.slow
def test_schemathesis_finds_nothing(mongo_url: str, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    program = Path(sys.executable).with_name("schemathesis")
    with Served(mongo_url) as door:
        found = subprocess.run(  # noqa: S603 - our own environment's program
            [
                *(program, "--config-file", config, "run", f"{door.address}/openapi.json"),
                *("--header", "Authorization: Bearer ds_desk"),
                *("--max-examples", "10", "--seed", "1", "--no-color"),
            ],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
            text=True,
            timeout=LONGEST_SECONDS,
        )

    assert found.returncode == 0, found.stdout[-6_000:]
