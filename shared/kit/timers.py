"""Which timers come due next: a look-ahead into the store's index, kept in memory."""

from collections import deque
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from shared.kit.ports import LONG_AGO, Store
from shared.kit.records import Partition
from shared.kit.unit import Entity, Stage

LOOKAHEAD = timedelta(seconds=5)
REFRESH, SOONEST_REFRESH = timedelta(seconds=1), timedelta(milliseconds=100)
WHOLE_EVERY = timedelta(seconds=10)
MOST = 5_000
LUMP = 100
"""So many rows stop a loop for two milliseconds: a look that would find more comes sooner."""


class Timers:
    """Entities of owned partitions with a timer due within the look-ahead, earliest first.

    Memory is only a hint: a timer fires from the entity's document, inside the transaction. A look
    finds what has come into sight since the one before, and now and then, or in doubt, all.
    """

    def __init__(self, stage: Stage[Any], store: Store) -> None:
        self._stage = stage
        self._store = store
        self._due: dict[str, tuple[datetime, Partition]] = {}
        self._heap: list[tuple[datetime, str]] = []
        self._coming: deque[str] = deque()  # as they came into sight
        self._seen: frozenset[Partition] = frozenset()  # by the last whole look
        self._horizon = LONG_AGO
        self._next_refresh = self._next_whole = LONG_AGO
        self._full = False  # there may be more than were found

    def forget(self, partitions: Collection[Partition]) -> None:
        gone = set(partitions)
        self._due = {k: v for k, v in self._due.items() if v[1] not in gone}
        self._coming.clear()
        self.doubt()

    def doubt(self) -> None:
        """Memory may not be what the store holds: the next look is a whole one, and soon."""
        self._next_refresh = self._next_whole = LONG_AGO

    async def prefetch(self, partitions: Collection[Partition], now: datetime) -> None:
        if self._stage.entities is None or not self._stale(now):
            return
        of, until = frozenset(partitions), _stored(now + LOOKAHEAD)
        whole = self._wants_all(of, now)
        since = LONG_AGO if whole else self._horizon
        rows = await self._store.due(self._stage.entities, partitions, until, MOST, since)
        if whole:
            self._due, self._heap, self._seen = {}, [], of
            self._coming.clear()
            self._next_whole = now + WHOLE_EVERY
        for due, key, partition in rows:
            self._due[key] = (due, partition)
            heappush(self._heap, (due, key))
            self._coming.append(key)
        self._full = len(rows) == MOST
        self._horizon = rows[-1][0] if self._full else until
        if self._full:  # those that lie behind are looked for when these run out
            self._next_refresh = max(self._horizon, now) + REFRESH
        else:
            self._next_refresh = now + _pause(len(rows), until - max(since, now))

    def looks_for_all(self, partitions: Collection[Partition], now: datetime) -> bool:
        """Whether the next look is a whole one, and due."""
        return self._stale(now) and self._wants_all(frozenset(partitions), now)

    def _wants_all(self, of: frozenset[Partition], now: datetime) -> bool:
        return self._full or of != self._seen or now >= self._next_whole

    def _stale(self, now: datetime) -> bool:
        """After an outage more may be overdue than one look shows: the next when they run out."""
        runs_out = self._full and len(self._due) < self._stage.max_records
        return now >= self._next_refresh or runs_out

    def ripe(
        self,
        now: datetime,
        safe_until: Mapping[Partition, datetime | None],
        most: int,
        fits: Callable[[str, datetime], bool] = lambda _key, _due: True,
    ) -> list[tuple[str, Partition]]:
        """Due by now, with no unread record before them; those that fit are handed out once."""
        taken: list[tuple[str, Partition]] = []
        kept: list[tuple[datetime, str]] = []
        while self._heap and self._heap[0][0] <= now and len(taken) < most:
            due, key = heappop(self._heap)
            current = self._due.get(key)
            if current is None or current[0] != due:
                continue
            safe = safe_until.get(current[1])
            if safe is not None and due <= safe and fits(key, due):
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
            if due is None or _stored(due) > max(self._horizon, now):
                self._due.pop(entity.subject, None)
            elif self._due.get(entity.subject, (None,))[0] != due:
                self._due[entity.subject] = (due, entity.at)
                heappush(self._heap, (due, entity.subject))
                self._coming.append(entity.subject)

    @property
    def expects(self) -> bool:
        """Some that came into sight were not `coming` yet."""
        return bool(self._coming)

    def coming(self, most: int, known: Container[str]) -> list[str]:
        """Whose entities will be needed soon and are not known: the earliest, once each."""
        found: list[str] = []
        while self._coming and len(found) < most:
            key = self._coming.popleft()
            if key in self._due and key not in known:
                found.append(key)
        return found

    def next_due(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None


def _stored(moment: datetime) -> datetime:
    """As a store of milliseconds keeps it: what one look ends with the next one begins after."""
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)


def _pause(found: int, within: timedelta) -> timedelta:
    """Until as many as a lump have come into sight, if they go on coming like these."""
    return max(min(REFRESH, within * LUMP / max(found, 1)), SOONEST_REFRESH)
