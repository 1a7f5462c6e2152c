"""Ticket numbers: never the same twice, whoever takes them."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from deskstream.stack import Stack
from services.intake.store.lifecycle import MemoryNumbers, MongoNumbers, NumberSource
from shared.kit.unit import Document


@pytest_asyncio.fixture
async def database(stack: Stack) -> AsyncIterator[AsyncDatabase[Document]]:
    client: AsyncMongoClient[Document] = AsyncMongoClient(stack.mongo_url)
    async with client:
        database = client[f"numbers_{uuid4().hex[:12]}"]
        yield database
        await client.drop_database(database.name)


@pytest.fixture(params=["memory", "mongo"])
def numbers(request: pytest.FixtureRequest, database: AsyncDatabase[Document]) -> NumberSource:
    return MemoryNumbers() if request.param == "memory" else MongoNumbers(database, block=10)


async def test_the_first_number_is_1000_and_the_rest_follow(numbers: NumberSource) -> None:
    taken = [number for count in (1, 3, 25, 2) for number in await numbers.take(count)]

    assert taken == list(range(1000, 1031))


async def test_takers_at_once_get_numbers_of_their_own(numbers: NumberSource) -> None:
    taken = await asyncio.gather(*(numbers.take(3) for _ in range(40)))

    assert sorted(number for each in taken for number in each) == list(range(1000, 1120))


async def test_processes_at_once_get_numbers_of_their_own(
    database: AsyncDatabase[Document],
) -> None:
    sources = [MongoNumbers(database, block=7) for _ in range(5)]

    taken = await asyncio.gather(*(source.take(4) for source in sources * 10))

    flat = [number for each in taken for number in each]
    assert len(set(flat)) == len(flat) == 200
    assert min(flat) == 1000


async def test_a_block_that_was_lost_is_a_gap(database: AsyncDatabase[Document]) -> None:
    assert await MongoNumbers(database, block=10).take(1) == [1000]

    assert await MongoNumbers(database, block=10).take(2) == [1010, 1011]
