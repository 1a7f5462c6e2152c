"""Broker and store in memory, behind the same ports: for tests and the protocol's simulation.

They keep what the real ones keep (snapshots, first committer wins, appended batches, offsets) and
call `hook` before each effect, so that a simulation can delay, cut or kill there.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
from bson.codec_options import CodecOptions

from shared.contracts.topics import BY_NAME
from shared.kit.ports import (
    LONG_AGO,
    Advance,
    Checkpoint,
    Clock,
    ConflictError,
    FencedError,
    Look,
    StoreTransaction,
    Watermark,
    Writes,
)
from shared.kit.records import Partition, Publication, Record, partition_of
from shared.kit.unit import Document

CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
CHECKPOINTS = "checkpoints"
Hook = Callable[[str], Awaitable[None]]


async def no_hook(_: str) -> None:
    return


class VirtualClock:
    """Time that moves only when told to, or by sleeping."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.move(timedelta(seconds=seconds))

    def move(self, step: timedelta) -> None:
        self._now += step

    def move_to(self, moment: datetime) -> None:
        self._now = max(self._now, moment)


class MemoryCluster:
    """Topics that several connections share."""

    def __init__(self, clock: Clock, partitions: int = 4) -> None:
        self.clock = clock
        self.logs: dict[Partition, list[Record]] = {}
        self.starts: dict[Partition, int] = {}
        self.committed: dict[tuple[str, Partition], int] = {}
        self.counts = {name: min(partitions, topic.partitions) for name, topic in BY_NAME.items()}
        for name in BY_NAME:
            self.make(name)

    def make(self, topic: str) -> None:
        """Makes the topic, anew if it was there."""
        for number in range(self.counts[topic]):
            self.logs[Partition(topic, number)] = []
            self.starts[Partition(topic, number)] = 0

    def append(
        self, publication: Publication, *, partition: int | None = None, at: datetime | None = None
    ) -> Record:
        count = self.counts[publication.topic]
        number = partition
        if number is None:
            number = partition_of(publication.key, count) if publication.key is not None else 0
        place = Partition(publication.topic, number)
        log = self.logs[place]
        record = Record(
            topic=publication.topic,
            partition=number,
            offset=self.end(place),
            timestamp_ms=int((at or self.clock.now()).timestamp() * 1000),
            key=publication.key,
            value=publication.value,
            headers=publication.headers,
        )
        log.append(record)
        return record

    def end(self, place: Partition) -> int:
        return self.starts[place] + len(self.logs[place])

    def records(self, topic: str) -> list[Record]:
        places = (Partition(topic, number) for number in range(self.counts[topic]))
        return [record for place in places for record in self.logs[place]]


class MemoryBroker:
    """One connection of one group member: fetch positions are its own, logs are shared."""

    def __init__(self, cluster: MemoryCluster, group: str, hook: Hook = no_hook) -> None:
        self.cluster = cluster
        self.group = group
        self.hook = hook
        self._positions: dict[Partition, int] = {}
        self._watermarks: dict[Partition, Watermark] = {}

    async def partitions(self, topic: str) -> int:
        await self.hook("partitions")
        return self.cluster.counts[topic]

    async def look(self, offsets: Mapping[Partition, int | None]) -> dict[Partition, Look]:
        await self.hook("look")
        return {place: self._look(place, offset) for place, offset in offsets.items()}

    def _look(self, place: Partition, offset: int | None) -> Look:
        start, log = self.cluster.starts[place], self.cluster.logs[place]
        index = -1 if offset is None else offset - start
        return Look(
            log_start=start,
            end=self.cluster.end(place),
            record=log[index] if 0 <= index < len(log) else None,
            committed=self.cluster.committed.get((self.group, place)),
        )

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Partition by partition, each in order; a cut leaves a prefix behind."""
        by_partition: dict[int, list[Publication]] = {}
        for publication in publications:
            count = self.cluster.counts[publication.topic]
            number = partition_of(publication.key or b"", count)
            by_partition.setdefault(hash((publication.topic, number)), []).append(publication)
        for group in by_partition.values():
            await self.hook("publish")
            for publication in group:
                await self.hook("append")
                self.cluster.append(publication)
        await self.hook("published")

    def seek(self, partition: Partition, offset: int) -> None:
        self._positions[partition] = offset
        self._watermarks.pop(partition, None)

    def watermark(self, partition: Partition) -> Watermark | None:
        return self._watermarks.get(partition)

    def poll(
        self, partitions: Collection[Partition], most: int = 100
    ) -> dict[Partition, list[Record]]:
        """What a fetch brings for these partitions; it moves the fetch positions."""
        fetched: dict[Partition, list[Record]] = {}
        now = self.cluster.clock.now()
        for place in partitions:
            position = self._positions.get(place)
            if position is None:
                continue
            index = max(position - self.cluster.starts[place], 0)
            records = self.cluster.logs[place][index : index + most]
            self._watermarks[place] = Watermark(self.cluster.end(place), now)
            if records:
                fetched[place] = records
                self._positions[place] = records[-1].offset + 1
        return fetched

    def forget(self, partition: Partition) -> None:
        self._positions.pop(partition, None)
        self._watermarks.pop(partition, None)

    def commit(self, positions: Mapping[Partition, int]) -> None:
        for place, position in positions.items():
            self.cluster.committed[self.group, place] = position


Snapshot = dict[str, dict[str, Any]]


class MemoryData:
    """What a database holds; connections with hooks of their own share it."""

    def __init__(self) -> None:
        self.collections: Snapshot = {}

    def snapshot(self) -> Snapshot:
        return dict(self.collections)

    def replace(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """Applies all at once; None deletes."""
        for name, documents in changes.items():
            collection = dict(self.collections.get(name, {}))
            for key, document in documents.items():
                if document is None:
                    collection.pop(key, None)
                else:
                    collection[key] = document
            self.collections[name] = collection


class MemoryStore:
    def __init__(self, data: MemoryData | None = None, hook: Hook = no_hook) -> None:
        self.data = data or MemoryData()
        self.hook = hook
        self.lose_answer: Callable[[], BaseException | None] = lambda: None

    async def claim(self, partitions: Collection[Partition]) -> dict[Partition, Checkpoint]:
        await self.hook("claim")
        known = self.data.collections.get(CHECKPOINTS, {})
        claimed = {}
        for place in partitions:
            old = known.get(str(place), Checkpoint(place, 0))
            claimed[place] = replace(old, epoch=old.epoch + 1, commits=0)
        self.data.replace({CHECKPOINTS: {str(p): c for p, c in claimed.items()}})
        await self.hook("claimed")
        return claimed

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[StoreTransaction]:
        await self.hook("begin")
        transaction = MemoryTransaction(self.data.snapshot(), self.hook)
        yield transaction
        await self.hook("commit")
        self._commit(transaction)
        lost = self.lose_answer()
        if lost is not None:
            raise lost
        await self.hook("committed")

    def _commit(self, transaction: "MemoryTransaction") -> None:
        for name, documents in transaction.changes.items():
            now = self.data.collections.get(name, {})
            then = transaction.snapshot.get(name, {})
            if any(now.get(key) is not then.get(key) for key in documents):
                raise ConflictError(f"another transaction changed {name}")
        self.data.replace(transaction.changes)

    async def owe(self, advances: Sequence[Advance]) -> frozenset[Partition]:
        await self.hook("owe")
        fenced: set[Partition] = set()
        for advance in advances:
            transaction = MemoryTransaction(self.data.snapshot(), self.hook)
            try:
                transaction.advance([advance])
            except FencedError as error:
                fenced |= error.partitions
            else:
                self.data.replace(transaction.changes)
                await self.hook("owing")
        lost = self.lose_answer()
        if lost is not None:
            raise lost
        await self.hook("owed")
        return frozenset(fenced)

    async def due(
        self,
        collection: str,
        partitions: Collection[Partition],
        until: datetime,
        limit: int,
        since: datetime = LONG_AGO,
    ) -> list[tuple[datetime, str, Partition]]:
        await self.hook("due")
        owned = {str(place): place for place in partitions}
        rows = [
            (document["_kit"]["due"], key, owned[document["_kit"]["at"]])
            for key, document in self.data.collections.get(collection, {}).items()
            if document["_kit"]["at"] in owned and document["_kit"].get("due")
        ]
        return sorted(row for row in rows if since < row[0] <= until)[:limit]

    async def read(self, collection: str, ids: Collection[str]) -> dict[str, Document]:
        await self.hook("read")
        documents = self.data.collections.get(collection, {})
        return {key: _copy(documents[key]) for key in ids if key in documents}

    async def outcomes(self, partitions: Collection[int], limit: int) -> list[Document]:
        await self.hook("outcomes")
        deliveries = self.data.collections.get("deliveries", {}).values()
        ready = [d for d in deliveries if d.get("outcome_ready") and d["partition"] in partitions]
        return [_copy(d) for d in ready[:limit]]

    async def caught_up(self, partitions: Collection[Partition]) -> bool:
        await self.hook("caught_up")
        known = self.data.collections.get(CHECKPOINTS, {})
        return all(str(p) in known and known[str(p)].caught_up for p in partitions)


@dataclass(slots=True)
class MemoryTransaction:
    snapshot: Snapshot
    hook: Hook
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def get(self, collection: str, ids: Collection[str]) -> dict[str, Document]:
        await self.hook("get")
        documents = self.snapshot.get(collection, {})
        return {key: _copy(documents[key]) for key in ids if key in documents}

    async def find(
        self, collection: str, where: Mapping[str, Any], *, limit: int = 0
    ) -> list[Document]:
        await self.hook("find")
        documents = self.snapshot.get(collection, {})
        found = [documents[key] for key in sorted(documents) if _matches(documents[key], where)]
        return [_copy(document) for document in (found[:limit] if limit else found)]

    async def write(self, writes: Writes, advances: Sequence[Advance]) -> None:
        await self.hook("write")
        self.advance(advances)
        for name, documents in writes.inserts.items():
            for key, document in documents.items():
                if key in self.snapshot.get(name, {}):
                    raise ConflictError(f"{name} has {key} already")
                self._change(name, key, document)
        for name, documents in writes.puts.items():
            for key, document in documents.items():
                self._change(name, key, document)
        for name, additions in writes.adds.items():
            for key, (sums, fixed) in additions.items():
                self._add(name, key, sums, fixed)
        for name, keys in writes.drops.items():
            for key in keys:
                self.changes.setdefault(name, {})[key] = None
        await self.hook("written")

    def advance(self, advances: Sequence[Advance]) -> None:
        checkpoints = self.snapshot.get(CHECKPOINTS, {})
        fenced = []
        for advance in advances:
            to = advance.to
            known = checkpoints.get(str(to.partition))
            if known is None or (known.epoch, known.commits) != (to.epoch, to.commits - 1):
                fenced.append(to.partition)
            self.changes.setdefault(CHECKPOINTS, {})[str(to.partition)] = to
        if fenced:
            raise FencedError(fenced)

    def _change(self, name: str, key: str, document: Document) -> None:
        self.changes.setdefault(name, {})[key] = _copy(document)

    def _add(
        self, name: str, key: str, sums: Mapping[str, float], fixed: Mapping[str, Any]
    ) -> None:
        pending = self.changes.get(name, {}).get(key)
        known = pending if pending is not None else self.snapshot.get(name, {}).get(key)
        document: Document = _copy(known) if known is not None else {"_id": key, **fixed}
        for path, amount in sums.items():
            *parents, leaf = path.split(".")
            inner = document
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[leaf] = inner.get(leaf, 0) + amount
        self._change(name, key, document)


def _copy(document: Document) -> Document:
    """What a round trip through BSON makes of it."""
    decoded: Document = bson.decode(bson.encode(document), codec_options=CODEC)
    return decoded


def _matches(document: Document, where: Mapping[str, Any]) -> bool:
    return all(_fits(_reach(document, path), wanted) for path, wanted in where.items())


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict) and "$in" in wanted:
        return value in wanted["$in"]
    return bool(value == wanted or (isinstance(value, list) and wanted in value))


def _reach(document: Document, path: str) -> Any:
    value: Any = document
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
