"""Stages on the real engine, with broker and store in memory and time that is told to move."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry

import shared.contracts  # noqa: F401 - registers the messages
from shared.contracts.envelope import Envelope, deterministic_id, envelope_of, header_text
from shared.contracts.message import Message, encode, registry
from shared.contracts.topics import BY_NAME, DEAD_LETTERS, TICKET_EVENTS, Dedupe
from shared.kit.decoding import read
from shared.kit.engine import Engine
from shared.kit.health import Health
from shared.kit.memory import MemoryBroker, MemoryCluster, MemoryData, MemoryStore, VirtualClock
from shared.kit.meters import Metrics
from shared.kit.ports import Clock
from shared.kit.records import Partition, Publication, Record
from shared.kit.unit import Document, Handler, Stage
from tests.memories import misremembered

MONDAY_9AM = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # nine o'clock in Berlin
MOST_ROUNDS = 2_000
MOST_RECORDS = 50_000
M = TypeVar("M", bound=Message)


@dataclass(slots=True)
class Running:
    stage: Stage[Any]
    engine: Engine[Any]
    broker: MemoryBroker
    data: MemoryData


class _Repeating(MemoryCluster):
    def __init__(self, clock: Clock, partitions: int, copies: int) -> None:
        super().__init__(clock, partitions)
        self._copies = copies

    def append(
        self, publication: Publication, *, partition: int | None = None, at: datetime | None = None
    ) -> Record:
        for _ in range(self._copies - 1):
            super().append(publication, partition=partition, at=at)
        return super().append(publication, partition=partition, at=at)


class Bench:
    """Stages under test. Each service's stages share a database; `events` makes them meet."""

    def __init__(
        self,
        stages: Stage[Any] | Sequence[tuple[Stage[Any], Handler[Any]]],
        handler: Handler[Any] | None = None,
        *,
        start: datetime = MONDAY_9AM,
        partitions: int = 4,
        databases: Mapping[str, str] | None = None,
        copies: int = 1,
    ) -> None:
        """`copies`: so many times each record is put on its topic, whoever puts it there."""
        pairs = [(stages, handler)] if isinstance(stages, Stage) else list(stages)
        self.clock = VirtualClock(start)
        self.cluster = _Repeating(self.clock, partitions, copies)
        self.health = Health()
        self.data: dict[str, MemoryData] = {}
        self.running = [
            self._start(stage, handler, databases or {})
            for stage, handler in pairs
            if handler is not None
        ]
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._ids = 0

    def _start(
        self, stage: Stage[Any], handler: Handler[Any], databases: Mapping[str, str]
    ) -> Running:
        database = databases.get(stage.name, stage.name.split("-")[0])
        data = self.data.setdefault(database, MemoryData())
        group = f"deskstream.{stage.name}"
        broker = MemoryBroker(self.cluster, group)
        engine = Engine(
            replace(stage, pace=timedelta(0)),  # no gathering: virtual time stands still meanwhile
            handler,
            broker=broker,
            store=MemoryStore(data),
            clock=self.clock,
            health=self.health,
            meters=Metrics(CollectorRegistry()).of(stage.name),
            group=group,
        )
        engine.assigned(
            [
                Partition(topic.name, number)
                for topic in stage.inputs
                for number in range(self.cluster.counts[topic.name])
            ]
        )
        return Running(stage, engine, broker, data)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def publish(
        self,
        message: Message,
        subject: str,
        *,
        at: datetime | None = None,
        event_id: str | None = None,
    ) -> Record:
        """Puts the message on its topic as its writer would; the id differs for each call."""
        self._ids += 1
        topic = BY_NAME[message.topic]
        writer = message.writer or "test"
        numbered = topic.dedupe is Dedupe.NUMBERS
        if numbered:
            self._numbers[writer, subject] += 1
        envelope = Envelope(
            id=event_id or deterministic_id("test", self._ids),
            type=message.type_name(),
            source=f"/deskstream/{writer}",
            time=at or self.now,
            subject=subject,
            writer=writer if numbered else None,
            number=self._numbers[writer, subject] if numbered else None,
        )
        headers = tuple(envelope.to_headers())
        publication = Publication(message.topic, subject.encode(), encode(message), headers)
        return self.cluster.append(publication, at=at or self.now)

    def publish_raw(
        self,
        topic: str,
        key: str | None,
        value: bytes | None,
        headers: Mapping[str, str] | None = None,
        *,
        at: datetime | None = None,
        partition: int | None = None,
    ) -> Record:
        pairs = tuple((name, text.encode()) for name, text in (headers or {}).items())
        publication = Publication(topic, None if key is None else key.encode(), value, pairs)
        return self.cluster.append(publication, at=at or self.now, partition=partition)

    async def run(self) -> None:
        """Until everything published, also by the stages themselves, is handled."""
        for _ in range(MOST_ROUNDS):
            busy = [await self._round(running) for running in self.running]
            if not any(busy):
                self._check_memories()
                return
            records = sum(len(log) for log in self.cluster.logs.values())
            assert records < MOST_RECORDS, "the stages answer each other without end"
        raise AssertionError(f"still busy after {MOST_ROUNDS} rounds")

    def _check_memories(self) -> None:
        wrong = [text for each in self.running for text in misremembered(each.engine, each.data)]
        assert not wrong, wrong

    async def _round(self, running: Running) -> bool:
        before = sum(len(log) for log in self.cluster.logs.values())
        claimable = any(not o.live and o.refused is None for o in running.engine.owned.values())
        await running.engine.claim()
        fetched = running.broker.poll(running.engine.owned)
        await running.engine.process(fetched)
        await running.engine.tick()
        running.broker.commit(running.engine.positions())
        after = sum(len(log) for log in self.cluster.logs.values())
        return bool(fetched) or after != before or claimable

    async def advance(self, step: timedelta) -> None:
        """Moves time; every timer that comes due on the way fires at its instant."""
        end = self.now + step
        await self.run()
        while (due := self._next_due()) is not None and due <= end:
            self.clock.move_to(due)
            before = self._due_count()
            await self.run()
            if self._next_due() == due and self._due_count() == before:
                self.clock.move(timedelta(seconds=2))  # the look-ahead's refresh
                await self.run()
        self.clock.move_to(end)
        await self.run()

    def _due_times(self) -> list[datetime]:
        return [
            document["_kit"]["due"]
            for running in self.running
            if running.stage.entities is not None
            for document in running.data.collections.get(running.stage.entities, {}).values()
            if document["_kit"].get("due") is not None
        ]

    def _next_due(self) -> datetime | None:
        return min(self._due_times(), default=None)

    def _due_count(self) -> int:
        return len(self._due_times())

    @property
    def said(self) -> list[tuple[Envelope, Message]]:
        """What the stages under test published, by partition and in order within it."""
        types = registry()
        writers = {running.stage.writer for running in self.running}
        found = []
        for name in BY_NAME:
            for record in self.cluster.records(name):
                headers = header_text(record.headers)
                cls = types.get(headers.get("ce_type", ""))
                if cls is None or headers.get("ce_source", "") not in {
                    f"/deskstream/{writer}" for writer in writers
                }:
                    continue
                if name in (DEAD_LETTERS.name, "routing.requests") or not headers.get(
                    "ce_causationid"
                ):
                    continue
                envelope = envelope_of(headers, datetime.fromtimestamp(0, UTC))
                found.append((envelope, read(cls, record.value or b"")))
        return found

    def said_of(self, kind: type[M], subject: str | None = None) -> list[M]:
        return [
            message
            for envelope, message in self.said
            if isinstance(message, kind) and subject in (None, envelope.subject)
        ]

    def documents(self, collection: str, database: str | None = None) -> dict[str, Document]:
        name = database or next(iter(self.data))
        return dict(self.data[name].collections.get(collection, {}))

    @property
    def dead_letters(self) -> list[tuple[str, Record]]:
        return [
            (header_text(record.headers).get("dlq-error", ""), record)
            for record in self.cluster.records(DEAD_LETTERS.name)
        ]

    @property
    def log(self) -> list[Record]:
        return self.cluster.records(TICKET_EVENTS.name)
