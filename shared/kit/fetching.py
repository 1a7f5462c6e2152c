"""When a stage fetches next, and what of it is handled together."""

import asyncio
from collections.abc import Mapping, Sequence
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

POLL_MS = 200
LONGEST_BREATH_SECONDS = 0.25
PATIENCE_SECONDS = 0.25
TIMER_SOON = timedelta(seconds=1)
HURRY_BEFORE, HURRIED_MS = timedelta(milliseconds=150), 10


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
        self.under: Mapping[Partition, int] = {}

    async def fetch(self, consumer: Polls) -> tuple[Any, ...]:
        """The next records, as soon as there are some, but not before the stage's pace allows it.

        `under` are the claims under which they were fetched.
        """
        wait = self._next - _now()
        if wait > 0:
            await asyncio.sleep(wait)
        records = await self._poll(consumer, POLL_MS)
        self.under = self._engine.epochs()
        if records and self._expects_timer(timedelta(0)):
            # These were fetched a batch ago, and what is due now waits for what came since.
            records = await self._gathered(records, consumer, HURRIED_MS / 1000)
        until = _now() + PATIENCE_SECONDS
        while self._can_wait(records) and (left := until - _now()) > 0:
            records = await self._gathered(records, consumer, left)
        self._fetched_at = _now()
        self._next = 0.0
        return records

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
        """After a batch that was not full the next may grow for as long as this one took.

        Under load there are fewer, and it falls. A timer that is about to come due waits for what
        the next fetch tells of the log's end.
        """
        if records < self._engine.stage.max_records and not self._expects_timer():
            now = _now()
            breath = now + min(now - self._fetched_at, LONGEST_BREATH_SECONDS)
            pace = self._fetched_at + self._engine.stage.pace.total_seconds()
            self._next = max(breath, pace)

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
