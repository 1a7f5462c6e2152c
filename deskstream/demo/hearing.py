"""What the desk says on its topics, read from the beginning and on."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

import shared.contracts
from shared.contracts.envelope import Envelope, envelope_of, header_text
from shared.contracts.message import Message, registry
from shared.contracts.topics import DEAD_LETTERS, TICKET_EVENTS
from shared.kit.decoding import accepted_at, read
from shared.kit.kafka import record_of
from shared.kit.records import Record
from shared.kit.settings import KitSettings

_ = shared.contracts  # imported for its registry
READ_WITHIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Fact:
    """An event of the log; `logged_at` is when it got there."""

    envelope: Envelope
    message: Message
    logged_at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    id: str
    event_id: str | None
    group: str
    reason: str


Heard = Fact | DeadLetter


class Ear:
    def __init__(self, settings: KitSettings) -> None:
        self._settings = settings
        self._types: Mapping[str, type[Message]] = registry()

    async def listen(self) -> AsyncIterator[Heard]:
        """For ever."""
        async with self._consumer() as consumer:
            while True:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for heard in map(self._heard, records):
                        yield heard

    async def everything(self) -> list[Heard]:
        """All that is there now, each partition in its order."""
        found: dict[TopicPartition, list[Heard]] = {}
        async with asyncio.timeout(READ_WITHIN_SECONDS), self._consumer() as consumer:
            while not await _at_end(consumer):
                for place, records in (await consumer.getmany(timeout_ms=50)).items():
                    found.setdefault(place, []).extend(map(self._heard, records))
        return [heard for place in sorted(found) for heard in found[place]]

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        topics = [self._settings.topic(t.name) for t in (TICKET_EVENTS, DEAD_LETTERS)]
        consumer = AIOKafkaConsumer(
            *topics,
            **self._settings.kafka_client(),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=50,
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    def _heard(self, raw: "ConsumerRecord[bytes, bytes]") -> Heard:
        record = record_of(raw, self._settings.prefix)
        headers = header_text(record.headers)
        if record.topic == DEAD_LETTERS.name:
            return DeadLetter(
                id=headers["dlq-id"],
                event_id=headers.get("ce_id"),
                group=headers["dlq-group"],
                reason=headers["dlq-error"],
            )
        return self._fact(record, headers)

    def _fact(self, record: Record, headers: Mapping[str, str]) -> Fact:
        logged_at = accepted_at(record)
        envelope = envelope_of(headers, logged_at)
        return Fact(envelope, read(self._types[envelope.type], record.value or b""), logged_at)


def facts(heard: list[Heard]) -> Iterator[Fact]:
    return (each for each in heard if isinstance(each, Fact))


async def _at_end(consumer: AIOKafkaConsumer) -> bool:
    places = consumer.assignment()
    for place in places:
        end = consumer.highwater(place)
        if end is None or await consumer.position(place) < end:
            return False
    return bool(places)
