"""Which timers come due next: a look-ahead into the store's index, kept in memory."""

from collections.abc import Collection, Container, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Any

from shared.kit.ports import Store
from shared.kit.records import Partition
from shared.kit.unit import Entity, Stage

LOOKAHEAD = timedelta(seconds=2)
REFRESH = timedelta(seconds=1)
MOST = 5_000


class Timers:
    """Entities of owned partitions with a timer due within the look-ahead, earliest first.

    Memory is only a hint: a timer fires from the entity's document, inside the transaction.
    """

    def __init__(self, stage: Stage[Any], store: Store) -> None:
        self._stage = stage
        self._store = store
        self._due: dict[str, tuple[datetime, Partition]] = {}
        self._heap: list[tuple[datetime, str]] = []
        self._coming: list[str] = []  # as found at the last look, the earliest last
        self._horizon = datetime.fromtimestamp(0, UTC)
        self._next_refresh = self._horizon
        self._full = False  # there may be more than were found

    def forget(self, partitions: Collection[Partition]) -> None:
        gone = set(partitions)
        self._due = {k: v for k, v in self._due.items() if v[1] not in gone}
        self._coming = []
        self._next_refresh = datetime.fromtimestamp(0, UTC)

    async def prefetch(self, partitions: Collection[Partition], now: datetime) -> None:
        if self._stage.entities is None or not self._stale(now):
            return
        until = now + LOOKAHEAD
        rows = await self._store.due(self._stage.entities, partitions, until, MOST)
        self._due = {key: (due, partition) for due, key, partition in rows}
        self._heap = [(due, key) for due, key, _ in rows]
        heapify(self._heap)
        self._coming = [key for _, key, _ in reversed(rows)]
        self._full = len(rows) == MOST
        self._horizon = rows[-1][0] if self._full else until
        ahead = self._horizon if now < self._horizon else until
        self._next_refresh = min(ahead, now + REFRESH)

    def _stale(self, now: datetime) -> bool:
        """After an outage more may be overdue than one look shows: the next when they run out."""
        runs_out = self._full and len(self._due) < self._stage.max_records
        return now >= self._next_refresh or runs_out

    def ripe(
        self,
        now: datetime,
        safe_until: Mapping[Partition, datetime | None],
        most: int,
        but: Collection[str] = (),
    ) -> list[tuple[str, Partition]]:
        """Due by now, with no unread record before them; they are handed out once."""
        taken: list[tuple[str, Partition]] = []
        kept: list[tuple[datetime, str]] = []
        while self._heap and self._heap[0][0] <= now and len(taken) < most:
            due, key = heappop(self._heap)
            current = self._due.get(key)
            if current is None or current[0] != due:
                continue
            safe = safe_until.get(current[1])
            if safe is not None and due <= safe and key not in but:
                del self._due[key]
                taken.append((key, current[1]))
            else:
                kept.append((due, key))
        for pair in kept:
            heappush(self._heap, pair)
        return taken

    def committed(self, entities: Iterable[Entity[Any]], now: datetime) -> None:
        """What a batch set anew; what lies beyond the look-ahead is found in time."""
        for entity in entities:
            due = entity.due_at
            if due is None or due > max(self._horizon, now):
                self._due.pop(entity.subject, None)
            elif self._due.get(entity.subject, (None,))[0] != due:
                self._due[entity.subject] = (due, entity.at)
                heappush(self._heap, (due, entity.subject))

    @property
    def expects(self) -> bool:
        """Some that were found at the last look were not `coming` yet."""
        return bool(self._coming)

    def coming(self, most: int, known: Container[str]) -> list[str]:
        """Whose entities will be needed soon and are not known: the earliest; each once a look."""
        found: list[str] = []
        while self._coming and len(found) < most:
            key = self._coming.pop()
            if key in self._due and key not in known:
                found.append(key)
        return found

    def next_due(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None
