"""One batch on its way through its transaction: what goes in, what it leads to."""

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.contracts.message import Message
from shared.kit.decoding import Bad, Decoded, Good, Noted
from shared.kit.letters import Letter
from shared.kit.ports import Checkpoint, StoreTransaction, Watermark, Writes
from shared.kit.records import Partition, Publication, Record
from shared.kit.unit import Document, Entity, Heard, entity_key, subject_key

MOST_ENDS = 64


@dataclass(slots=True)
class Owned:
    """A partition that this instance has been given."""

    partition: Partition
    checkpoint: Checkpoint | None = None  # None: not claimed
    claimed_at: datetime | None = None
    claimed_position: int | None = None
    refused: str | None = None
    retry_at: datetime | None = None
    pause: float = 0.0
    passed_since: datetime | None = None  # since when the position is ahead of the stored one
    stored_position: int | None = None
    owes_since: datetime | None = None  # since when it has something to write
    ends: deque[Watermark] = field(default_factory=deque)  # seen and not yet reached, but the first

    def saw(self, watermark: Watermark) -> None:
        """Notes where the partition ended; of too many the newest gives way."""
        if self.ends and (self.ends[-1].end >= watermark.end or len(self.ends) == MOST_ENDS):
            if self.ends[-1].end == watermark.end:
                self.ends[-1] = watermark
            return
        self.ends.append(watermark)

    def reached(self, position: int) -> Watermark | None:
        """The latest of those ends that are handled."""
        while len(self.ends) > 1 and self.ends[1].end <= position:
            self.ends.popleft()
        return self.ends[0] if self.ends and self.ends[0].end <= position else None

    @property
    def live(self) -> bool:
        return self.checkpoint is not None and self.refused is None


@dataclass(slots=True)
class Input:
    """One thing to handle, and the ownership under which it came.

    A record has `decoded`; a timer has the entity's `key`; an outcome has the delivery's id. An
    entity that is to be heard of again has its `key` and a `revisit` of this name.
    """

    owned: Owned
    decoded: Decoded | None = None
    key: str | None = None
    safe_until: datetime | None = None
    delivery_id: str | None = None
    revisit: str | None = None
    failures: int = 0
    poison: str | None = None  # why a timer or an outcome can't be handled

    @property
    def record(self) -> Record | None:
        return self.decoded.record if self.decoded is not None else None

    def spoil(self, reason: str) -> None:
        """From now on this record is a dead letter."""
        if isinstance(self.decoded, Good):
            heard = self.decoded.heard
            self.decoded = Bad(
                self.decoded.record,
                reason,
                heard.envelope,
                heard,
                letter_id=self.decoded.letter_id,
                attempts=self.decoded.attempts,
            )
        elif self.decoded is not None:
            self.decoded = Bad(self.decoded.record, reason)
        else:
            self.poison = reason

    @property
    def entity_key(self) -> str | None:
        """Whose numbers it concerns."""
        if self.key is not None:
            return self.key
        decoded = self.decoded
        if isinstance(decoded, Good):
            return entity_key(decoded.heard)
        if isinstance(decoded, Noted) or (isinstance(decoded, Bad) and decoded.envelope):
            envelope = decoded.envelope
            if envelope is not None and envelope.subject:
                return subject_key(envelope.type, envelope.subject)
        if isinstance(decoded, Bad) and decoded.record.key is not None:
            return decoded.record.key.decode(errors="replace")
        return None


@dataclass(slots=True)
class Work:
    """The transaction as a handler sees it, and all that the batch will write and publish."""

    store: StoreTransaction
    writes: Writes = field(default_factory=Writes.none)
    rejected: dict[int, str] = field(default_factory=dict)
    actions: list[Callable[[], None]] = field(default_factory=list)
    published: dict[Partition, list[Publication]] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    verdicts: list[bool] = field(default_factory=list)  # of each input; True: a new dead letter
    touched: dict[str, Entity[Any]] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    said: list[Message] = field(default_factory=list)

    async def get(self, collection: str, ids: Collection[str]) -> dict[str, Document]:
        return await self.store.get(collection, ids) if ids else {}

    async def find(
        self, collection: str, where: Mapping[str, Any], *, limit: int = 0
    ) -> list[Document]:
        return await self.store.find(collection, where, limit=limit)

    def put(self, collection: str, document: Document) -> None:
        self.writes.put(collection, document)

    def insert(self, collection: str, document: Document) -> None:
        inserts = self.writes.inserts.setdefault(collection, {})
        if document["_id"] in inserts:
            raise ValueError(f"two inserts of {document['_id']} into {collection} in one batch")
        inserts[document["_id"]] = document

    def add(
        self,
        collection: str,
        document_id: str,
        increments: Mapping[str, float],
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        self.writes.add(collection, document_id, increments, fixed)

    def drop(self, collection: str, document_id: str) -> None:
        self.writes.drops.setdefault(collection, set()).add(document_id)
        self.writes.puts.get(collection, {}).pop(document_id, None)

    def reject(self, heard: Heard, reason: str) -> None:
        self.rejected[id(heard)] = reason

    def after_commit(self, action: Callable[[], None]) -> None:
        self.actions.append(action)

    def count(self, what: str, amount: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + amount

    def publish(self, partition: Partition, publication: Publication) -> None:
        self.published.setdefault(partition, []).append(publication)

    @property
    def published_bytes(self) -> int:
        return sum(p.size for publications in self.published.values() for p in publications)
