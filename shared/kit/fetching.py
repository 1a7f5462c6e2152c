"""When a stage fetches next, and what of it is handled together."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from math import ceil
from typing import Any, Protocol

from shared.contracts.message import registry
from shared.contracts.topics import TICKET_EVENTS
from shared.kit.engine import Engine
from shared.kit.ports import Clock
from shared.kit.records import Partition
from shared.kit.unit import Stage

POLL_MS, FRESH_MS = 200, 5
AT_ONCE_SECONDS = 0.0015
LONGEST_BREATH_SECONDS = 0.25
# The share of its time that a stage spends in batches: from here on it takes breath, from there on
# whole ones, and these make it half.
AT_EASE, BUSY, NEWEST_COUNTS = 0.35, 0.5, 0.2
PATIENCE_SECONDS = 0.25
TIMER_SOON = timedelta(seconds=1)
HURRY_BEFORE, HURRIED_MS = timedelta(milliseconds=150), 10


@dataclass(slots=True)
class Breath:
    """The busier a stage, the longer its pauses, and the fewer and larger its batches: load falls.

    A stage that is idle for most of the time gains nothing by them.
    """

    _ended_at: float = 0.0
    _busy_share: float = 0.0  # of the time, the newest batch counting most

    def after(self, began_at: float, ended_at: float) -> float:
        """The pause after a batch: at most as long as the batch took. Seconds."""
        took, cycle = ended_at - began_at, ended_at - self._ended_at
        share = took / cycle if cycle else 0.0
        self._busy_share += NEWEST_COUNTS * (share - self._busy_share)
        self._ended_at = ended_at
        wish = (self._busy_share - AT_EASE) / (BUSY - AT_EASE)
        return min(max(wish, 0.0), 1.0) * min(took, LONGEST_BREATH_SECONDS)


class Polls(Protocol):
    """What a consumer is here."""

    async def getmany(self, *, timeout_ms: int, max_records: int) -> Mapping[Any, Sequence[Any]]:
        """By partition; empty after `timeout_ms` without a record."""


class Fetching:
    """One stage's fetches. A transaction costs as much as many records, so fewer are better.

    But nothing waits where somebody waits for it.
    """

    def __init__(self, engine: Engine[Any], clock: Clock, prefix: str, wait_ms: int) -> None:
        """`prefix` is what the broker's names of topics begin with.

        `wait_ms`: so long the broker may keep a fetch that finds nothing.
        """
        self._engine = engine
        self._clock = clock
        self._prefix = prefix
        self._wait_ms = wait_ms
        self._patient = patient_types(engine.stage)
        self._fetched_at = self._next = 0.0
        self._breath = Breath()
        self.under: Mapping[Partition, int] = {}

    async def fetch(self, consumer: Polls) -> tuple[Any, ...]:
        """The next records, as soon as there are some, but not before the stage's pace allows it.

        The client fetches ahead, once, and no more until that was asked for.

        `under` are the claims under which they were fetched.
        """
        wait = self._next - _now()
        if wait > 0:
            await asyncio.sleep(wait)
        asked_at = _now()
        records = await self._poll(consumer, POLL_MS)
        self.under = self._engine.epochs()
        seconds = self._behind(asked_at)
        if seconds and 0 < len(records) < self._engine.stage.max_records:
            records = await self._gathered(records, consumer, seconds)
        until = _now() + PATIENCE_SECONDS
        while self._can_wait(records) and (left := until - _now()) > 0:
            records = await self._gathered(records, consumer, left)
        self._fetched_at = _now()
        self._next = 0.0
        return records

    def _behind(self, asked_at: float) -> float:
        """How long what came since these were fetched is worth waiting for.

        Records that are given at once were fetched a batch ago, and those that came later would
        wait for this batch, too. So would a timer that is due now: for the log's end as it is now.
        """
        if self._expects_timer(timedelta(0)):
            return HURRIED_MS / 1000
        return FRESH_MS / 1000 if _now() - asked_at < AT_ONCE_SECONDS else 0.0

    async def _gathered(
        self, records: tuple[Any, ...], consumer: Polls, seconds: float
    ) -> tuple[Any, ...]:
        """With those that come next. A claim in between seeks, and what was in hand comes again."""
        more = await self._poll(consumer, ceil(seconds * 1000))
        now = self._engine.epochs()
        still = [r for r in records if now.get(at := self._place(r)) == self.under.get(at)]
        self.under = now
        return (*still, *more)

    async def _poll(self, consumer: Polls, timeout_ms: int) -> tuple[Any, ...]:
        most = 4 * self._engine.stage.max_records
        records = await consumer.getmany(timeout_ms=timeout_ms, max_records=most)
        return tuple(chain.from_iterable(records.values()))

    def _place(self, record: Any) -> Partition:
        return Partition(record.topic.removeprefix(self._prefix), record.partition)

    def _can_wait(self, records: Sequence[Any]) -> bool:
        return (
            0 < len(records) < self._engine.stage.max_records
            and not self._expects_timer()
            and all(_type_of(record) in self._patient for record in records)
        )

    def breathe(self, records: int) -> None:
        """After a batch that was not full the next one may grow for a while.

        But a timer that is about to come due waits for what the next fetch tells of the log's end.
        """
        now = _now()
        breath = self._breath.after(self._fetched_at, now)
        if records < self._engine.stage.max_records and not self._expects_timer():
            pace = self._fetched_at + self._engine.stage.pace.total_seconds()
            self._next = max(now + breath, pace)

    @property
    def wait_ms(self) -> int:
        """How long the broker may keep a fetch that finds nothing.

        A timer waits for a fetch after its instant, so that one must not be long on its way.
        """
        return (
            min(HURRIED_MS, self._wait_ms) if self._expects_timer(HURRY_BEFORE) else self._wait_ms
        )

    def _expects_timer(self, within: timedelta = TIMER_SOON) -> bool:
        due = self._engine.timers.next_due()
        return due is not None and due < self._clock.now() + within


def patient_types(stage: Stage[Any]) -> frozenset[str]:
    """What can wait a moment for others: what the stage says so of, and what it does not hear."""
    unheard = {
        name
        for name, cls in registry().items()
        if cls.topic == TICKET_EVENTS.name and cls not in stage.hears
    }
    return frozenset(unheard | {cls.type_name() for cls in stage.patient})


def _type_of(record: Any) -> str:
    found = next((value for name, value in record.headers if name == "ce_type"), None)
    return (found or b"").decode(errors="replace")


def _now() -> float:
    return asyncio.get_running_loop().time()
