"""The real API and page on a free port, over a real database that the real handler's day fills."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import uvicorn
from pymongo import AsyncMongoClient

from services.reporting.api import create_api
from services.reporting.app import STAGE
from services.reporting.handlers import Reporter
from services.reporting.store.reading import INDEXES, Database
from services.reporting.store.views import ensure_views
from shared.kit.memory import VirtualClock
from shared.kit.mongo import ensure
from shared.kit.tokens import Tokens
from tests.harness import Bench
from tests.reporting.day import Day

COLLECTIONS = ("tickets", "timeline", "messages", "rollups", "boards", "agents", "customers")


async def fill(database: Database, bench: Bench) -> None:
    await database.client.drop_database(database.name)
    await ensure(database, [STAGE], INDEXES)
    await ensure_views(database)
    for name in COLLECTIONS:
        documents = list(bench.documents(name).values())
        if documents:
            await database[name].insert_many(documents)


async def full_day(now: datetime) -> Bench:
    bench = Bench(STAGE, Reporter(), start=now)
    Day(now).publish(bench)
    await bench.run()
    return bench


def connect(mongo_url: str) -> AsyncMongoClient[dict[str, object]]:
    return AsyncMongoClient(mongo_url, tz_aware=True, tzinfo=UTC)


@asynccontextmanager
async def served(
    database: Database, now: datetime, tokens: Tokens | None = None
) -> AsyncIterator[str]:
    """The address that it answers at. Its clock stands still."""
    app = create_api(database, VirtualClock(now), tokens)
    config = uvicorn.Config(app, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
