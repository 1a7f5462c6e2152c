"""Where bytes that are too large for a record are kept: by their own hash, so twice is once."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from shared.contracts.fields import BlobRef

Document = dict[str, Any]
CHUNK_BYTES = 255 * 1024  # GridFS's own, so that a chunk and its fields fit a 256 kB page
DUPLICATE_KEY = 11000


class BlobMissingError(LookupError):
    """There is no such blob: it was erased, or its reference was never ours."""


class Blobs(Protocol):
    """Bytes by content: the same bytes have one reference, whoever puts them and how often."""

    async def put(self, data: bytes) -> BlobRef: ...

    async def put_all(self, blobs: Sequence[bytes]) -> list[BlobRef]:
        """As many `put`s, in few round trips."""

    async def get(self, blob_id: str) -> bytes:
        """Raises BlobMissingError."""

    async def delete(self, blob_id: str) -> None:
        """No error where there is none."""


def reference_to(data: bytes) -> BlobRef:
    digest = hashlib.sha256(data).hexdigest()
    return BlobRef(blob_id=digest, size=len(data), sha256=digest)


class MemoryBlobs:
    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    async def put(self, data: bytes) -> BlobRef:
        [reference] = await self.put_all([data])
        return reference

    async def put_all(self, blobs: Sequence[bytes]) -> list[BlobRef]:
        references = [reference_to(data) for data in blobs]
        self._blobs.update(zip((each.blob_id for each in references), blobs, strict=True))
        return references

    async def get(self, blob_id: str) -> bytes:
        if blob_id not in self._blobs:
            raise BlobMissingError(f"no blob {blob_id}")
        return self._blobs[blob_id]

    async def delete(self, blob_id: str) -> None:
        self._blobs.pop(blob_id, None)


class GridFsBlobs:
    """GridFS's collections, readable by any GridFS client, with ids made of the content's hash.

    Chunks have ids of their own making too, and the file's document is written last: writers of
    the same bytes meet in duplicates that change nothing, and what has a document is whole.
    """

    def __init__(self, database: AsyncDatabase[Document], bucket: str = "fs") -> None:
        self._files = database[f"{bucket}.files"]
        self._chunks = database[f"{bucket}.chunks"]

    async def put(self, data: bytes) -> BlobRef:
        [reference] = await self.put_all([data])
        return reference

    async def put_all(self, blobs: Sequence[bytes]) -> list[BlobRef]:
        references = [reference_to(data) for data in blobs]
        new = {each.blob_id: data for each, data in zip(references, blobs, strict=True)}
        async for document in self._files.find({"_id": {"$in": list(new)}}, {"_id": 1}):
            del new[document["_id"]]
        if new:
            await _insert_new(
                self._chunks, [c for i, data in new.items() for c in _chunks(i, data)]
            )
            await _insert_new(self._files, [_file(i, data) for i, data in new.items()])
        return references

    async def get(self, blob_id: str) -> bytes:
        file = await self._files.find_one({"_id": blob_id})
        if file is None:
            raise BlobMissingError(f"no blob {blob_id}")
        ids = [f"{blob_id}:{n}" for n in range(_count(file["length"]))]
        parts = {c["n"]: c["data"] async for c in self._chunks.find({"_id": {"$in": ids}})}
        return b"".join(parts[n] for n in range(len(ids)))

    async def delete(self, blob_id: str) -> None:
        file = await self._files.find_one_and_delete({"_id": blob_id})
        if file is not None:
            ids = [f"{blob_id}:{n}" for n in range(_count(file["length"]))]
            await self._chunks.delete_many({"_id": {"$in": ids}})


async def _insert_new(collection: Any, documents: list[Document]) -> None:
    if not documents:
        return
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if any(each["code"] != DUPLICATE_KEY for each in error.details["writeErrors"]):
            raise


def _count(length: int) -> int:
    return -(-length // CHUNK_BYTES)


def _chunks(blob_id: str, data: bytes) -> list[Document]:
    return [
        {
            "_id": f"{blob_id}:{n}",
            "files_id": blob_id,
            "n": n,
            "data": data[start : start + CHUNK_BYTES],
        }
        for n, start in enumerate(range(0, len(data), CHUNK_BYTES))
    ]


def _file(blob_id: str, data: bytes) -> Document:
    return {
        "_id": blob_id,
        "length": len(data),
        "chunkSize": CHUNK_BYTES,
        "uploadDate": datetime.now(UTC),
        "filename": blob_id,
    }
