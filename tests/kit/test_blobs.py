import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient

from deskstream.stack import Stack
from shared.kit.blobs import CHUNK_BYTES, BlobMissingError, Blobs, GridFsBlobs, MemoryBlobs

pytestmark = pytest.mark.parametrize("kind", ["memory", "gridfs"])


@asynccontextmanager
async def opened(kind: str, request: pytest.FixtureRequest) -> AsyncIterator[Blobs]:
    if kind == "memory":
        yield MemoryBlobs()
        return
    stack: Stack = request.getfixturevalue("stack")
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongo_url, tz_aware=True)
    database = client[f"blobs_{uuid4().hex[:8]}"]
    try:
        yield GridFsBlobs(database)
    finally:
        await client.drop_database(database.name)
        await client.close()


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
async def test_bytes_come_back(kind: str, size: int, request: pytest.FixtureRequest) -> None:
    data = bytes(i % 251 for i in range(size))
    async with opened(kind, request) as blobs:
        reference = await blobs.put(data)

        assert await blobs.get(reference.blob_id) == data
        assert reference.size == size
        assert reference.sha256 == hashlib.sha256(data).hexdigest()


async def test_the_same_bytes_have_one_reference(kind: str, request: pytest.FixtureRequest) -> None:
    async with opened(kind, request) as blobs:
        first, second, other = await blobs.put_all([b"same", b"same", b"other"])

        assert first == second == await blobs.put(b"same")
        assert other != first


async def test_many_put_the_same_at_once(kind: str, request: pytest.FixtureRequest) -> None:
    data = b"x" * (CHUNK_BYTES * 2)
    async with opened(kind, request) as blobs:
        references = await asyncio.gather(*(blobs.put(data) for _ in range(8)))

        assert len({reference.blob_id for reference in references}) == 1
        assert await blobs.get(references[0].blob_id) == data


async def test_a_blob_that_is_not_there(kind: str, request: pytest.FixtureRequest) -> None:
    async with opened(kind, request) as blobs:
        reference = await blobs.put(b"erase me")
        await blobs.delete(reference.blob_id)
        await blobs.delete(reference.blob_id)

        with pytest.raises(BlobMissingError, match="no blob"):
            await blobs.get(reference.blob_id)
