from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from deskstream.demo.smtp_sink import SmtpSink
from deskstream.stack import Stack
from shared.kit.unit import Document


@pytest.fixture
async def database(stack: Stack) -> AsyncIterator[AsyncDatabase[Document]]:
    """A real one, empty, the test's own."""
    client: AsyncMongoClient[Document] = AsyncMongoClient(stack.mongo_url, tz_aware=True)
    async with client:
        name = f"notifier_{uuid4().hex}"
        yield client[name]
        await client.drop_database(name)


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with SmtpSink() as sink:
        yield sink
