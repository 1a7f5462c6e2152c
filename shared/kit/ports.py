"""What the engine needs of the world: a broker, a store, a clock. And how these fail."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from shared.kit.records import Partition, Publication, Record
from shared.kit.unit import Document

LONG_AGO = datetime.fromtimestamp(0, UTC)  # nothing came due or was done before it


class OutageError(Exception):
    """The other side is away; the same attempt will work later."""


class BrokerAwayError(OutageError):
    """The broker did not answer or acknowledge."""


class StoreAwayError(OutageError):
    """The database did not answer."""


class ConflictError(Exception):
    """Another transaction was first: the whole batch again, on fresh reads."""


class FencedError(Exception):
    """The checkpoint moved under another owner: whatever is in memory is worthless."""

    def __init__(self, partitions: Collection[Partition]) -> None:
        self.partitions = frozenset(partitions)
        super().__init__(f"fenced on {', '.join(sorted(map(str, partitions)))}")


class Clock(Protocol):
    def now(self) -> datetime: ...

    async def sleep(self, seconds: float) -> None: ...


class Publisher(Protocol):
    async def publish(self, publications: Sequence[Publication]) -> None:
        """All acknowledged by all replicas, in order within a partition, or BrokerAwayError.

        After an error any prefix of each partition's publications may have been stored.
        """


@dataclass(frozen=True, slots=True)
class Look:
    """A partition as it is now: its first offset, its end, and the record at the asked offset."""

    log_start: int
    end: int
    record: Record | None
    committed: int | None  # the group's committed offset


@dataclass(frozen=True, slots=True)
class Watermark:
    """The partition's end, as told by a fetch at this instant."""

    end: int
    fetched_at: datetime


class Broker(Publisher, Protocol):
    async def partitions(self, topic: str) -> int:
        """How many partitions the topic has."""

    async def look(self, offsets: Mapping[Partition, int | None]) -> dict[Partition, Look]:
        """Each partition as it is; None: no record is asked for."""

    def seek(self, partition: Partition, offset: int) -> None:
        """Hand over this partition's records from here on."""

    def watermark(self, partition: Partition) -> Watermark | None:
        """None until the first fetch since the assignment."""


@dataclass(slots=True)
class Writes:
    """What a batch writes, by collection and id: one bulk a collection."""

    puts: dict[str, dict[str, Document]]
    inserts: dict[str, dict[str, Document]]
    adds: dict[str, dict[str, tuple[dict[str, float], dict[str, Any]]]]
    drops: dict[str, set[str]]

    @classmethod
    def none(cls) -> "Writes":
        return cls({}, {}, {}, {})

    def put(self, collection: str, document: Document) -> None:
        key = document["_id"]
        self.puts.setdefault(collection, {})[key] = document
        self.drops.get(collection, set()).discard(key)

    def add(
        self,
        collection: str,
        key: str,
        increments: Mapping[str, float],
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        sums, known = self.adds.setdefault(collection, {}).setdefault(key, ({}, {}))
        for name, amount in increments.items():
            sums[name] = sums.get(name, 0) + amount
        known.update(fixed or {})


@dataclass(frozen=True, slots=True)
class Owed:
    """What a commit said, and what it has still to write: puts and sums.

    `frames` are those of the publications, `size` is the bytes of all of it.
    """

    publications: tuple[Publication, ...]
    writes: Writes
    frames: tuple[bytes, ...]
    size: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a stage is with a partition, and what it said last.

    `owed` is kept until it is written, in the order in which it was committed.

    `position` is the next offset to handle. `last_identity` belongs to the record before it.
    `accepted_committed`: the operator accepts that the group's committed offset lies beyond.
    """

    partition: Partition
    epoch: int
    commits: int = 0  # how many batches of this epoch were committed
    position: int | None = None  # None: never handled anything
    last_offset: int | None = None
    last_identity: str | None = None
    stored: tuple[Publication, ...] = ()
    owed: tuple[Owed, ...] = ()
    partition_count: int | None = None
    caught_up: bool = False
    accepted_committed: int | None = None

    @property
    def said(self) -> tuple[Publication, ...]:
        """All that may not have been published yet, in order."""
        return self.stored + tuple(each for owed in self.owed for each in owed.publications)


@dataclass(frozen=True, slots=True)
class Advance:
    """A checkpoint's compare-and-set: `to` follows the commit before it, in the same epoch.

    The position alone would not do: a batch of timers leaves it as it is, and one whose commit's
    answer was lost would be done again over its own events. `owes` is the newest of what it owes.
    """

    to: Checkpoint
    owes: Owed | None = None


class StoreTransaction(Protocol):
    """One snapshot to read from; `write` is called once, last."""

    async def get(self, collection: str, ids: Collection[str]) -> dict[str, Document]: ...

    async def find(
        self, collection: str, where: Mapping[str, Any], *, limit: int = 0
    ) -> list[Document]: ...

    async def write(self, writes: Writes, advances: Sequence[Advance]) -> None:
        """Raises FencedError where a checkpoint is not what its advance expects."""


class Store(Protocol):
    async def claim(self, partitions: Collection[Partition]) -> dict[Partition, Checkpoint]:
        """Each partition's checkpoint with its epoch raised by one, made where there is none."""

    def transaction(self) -> AbstractAsyncContextManager[StoreTransaction]:
        """Commits at a normal end. Raises ConflictError, FencedError, StoreAwayError."""

    async def owe(self, advances: Sequence[Advance]) -> frozenset[Partition]:
        """Commits these without a transaction, each for itself; those that are fenced are told.

        What they owe is kept with the checkpoint until a transaction writes it. Where the answer is
        lost (StoreAwayError), any of them may have been committed.
        """

    async def due(
        self,
        collection: str,
        partitions: Collection[Partition],
        until: datetime,
        limit: int,
        since: datetime = LONG_AGO,
    ) -> list[tuple[datetime, str, Partition]]:
        """Entities whose next timer is due after `since` and by `until`, earliest first.

        Rows of (due, entity's key, partition).
        """

    async def read(self, collection: str, ids: Collection[str]) -> dict[str, Document]:
        """The documents that exist, by id, as a majority has them, outside of any transaction."""

    async def outcomes(self, partitions: Collection[int], limit: int) -> list[Document]:
        """Finished deliveries that were not yet handed over."""

    async def caught_up(self, partitions: Collection[Partition]) -> bool:
        """Whether every one of these was once read to its end, by whichever instance."""
