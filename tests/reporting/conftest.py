"""A database that holds a believable day, filled once for all tests that only read it."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from deskstream.stack import Stack
from tests.harness import Bench
from tests.reporting.serving import connect, fill, full_day

NOW = datetime(2026, 3, 3, 15, 20, tzinfo=UTC)
DATABASE = "reporting_day"


@dataclass(frozen=True)
class StoredDay:
    mongo_url: str
    bench: Bench
    now: datetime = NOW
    database: str = DATABASE


@pytest.fixture(scope="session")
def day(stack: Stack) -> StoredDay:
    async def prepare() -> Bench:
        bench = await full_day(NOW)
        async with connect(stack.mongo_url) as client:
            await fill(client[DATABASE], bench)
        return bench

    return StoredDay(stack.mongo_url, asyncio.run(prepare()))
