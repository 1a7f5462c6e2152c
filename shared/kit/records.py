"""What lies on a topic and what is put there: records, publications, partitions."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import bson

Headers = tuple[tuple[str, bytes | None], ...]
KEYS_REMEMBERED = 16_384  # a ticket's key comes many times within a short while


class Partition(NamedTuple):
    topic: str  # the contract's name, without a deployment's prefix
    number: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it lies on a topic. `timestamp_ms` is the broker's acceptance."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def at(self) -> Partition:
        return Partition(self.topic, self.partition)

    @property
    def position(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def size(self) -> int:
        return _size(self.key, self.value, self.headers)

    def identity(self) -> str:
        """A digest that another record at the same offset would not have."""
        digest = hashlib.sha256(f"{self.timestamp_ms}".encode())
        for part in (self.key, self.value, *(value for _, value in self.headers)):
            digest.update(b"\x00" if part is None else b"\x01" + len(part).to_bytes(8) + part)
        return digest.hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Publication:
    """A record to be put on a topic, on its key's partition."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def size(self) -> int:
        return _size(self.key, self.value, self.headers)


def frame(publication: Publication) -> bytes:
    """All of it but its value, as BSON: for a publication that is stored before it is said."""
    parts = {"topic": publication.topic, "key": publication.key, "headers": publication.headers}
    return bson.encode(parts)


def framed(packed: bytes, value: bytes | None) -> Publication:
    parts = bson.decode(packed)
    headers = tuple((name, text) for name, text in parts["headers"])
    return Publication(parts["topic"], parts["key"], value, headers)


def _size(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    size = len(key or b"") + len(value or b"")
    for name, text in headers:
        size += len(name) + len(text or b"")
    return size


@lru_cache(KEYS_REMEMBERED)
def murmur2(data: bytes) -> int:
    """Kafka's hash of a key (the Java client's `Utils.murmur2`), as an unsigned number."""
    multiplier, mask = 0x5BD1E995, 0xFFFFFFFF
    length = len(data)
    hashed = 0x9747B28C ^ length
    whole = length & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * multiplier & mask
        k = (k ^ (k >> 24)) * multiplier & mask
        hashed = (hashed * multiplier & mask) ^ k
    if length & 3:
        hashed ^= int.from_bytes(data[whole:], "little")
        hashed = hashed * multiplier & mask
    hashed = (hashed ^ (hashed >> 13)) * multiplier & mask
    return hashed ^ (hashed >> 15)


def partition_of(key: bytes, partitions: int) -> int:
    """Where the Java client's default partitioner puts this key."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
