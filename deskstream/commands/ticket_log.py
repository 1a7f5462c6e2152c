"""A ticket's events, in order: from the log, or from a file of CloudEvents."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from pymongo import AsyncMongoClient

import shared.contracts  # noqa: F401 - registers the messages
from services.sla.domain.retelling import Fact
from shared.contracts.envelope import envelope_of, header_text, parse_time
from shared.contracts.message import TYPE_PREFIX, Message, registry
from shared.contracts.topics import TICKET_EVENTS
from shared.kit.decoding import accepted_at, read
from shared.kit.kafka import record_of
from shared.kit.ports import BrokerAwayError
from shared.kit.records import Record, partition_of
from shared.kit.settings import KitSettings
from shared.kit.unit import Document

SILENCE_SECONDS = 20


class LogFileError(ValueError):
    """The text says which line, and what is wrong there."""


def facts_of(text: str) -> list[Fact]:
    """JSON lines or a list of CloudEvents: {"type", "time", "data"}."""
    try:
        whole = json.loads(text)
    except ValueError:
        events = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
        return [fact for number, line in events for fact in _fact(_event(line, number), number)]
    events_of_list = whole if isinstance(whole, list) else [whole]
    return [fact for number, event in enumerate(events_of_list, 1) for fact in _fact(event, number)]


def _event(line: str, number: int) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise LogFileError(f"line {number} is no JSON: {error}") from None


def _fact(event: Any, number: int) -> Iterator[Fact]:
    """Events of types that are not known are passed over."""
    if not isinstance(event, Mapping) or not {"type", "time", "data"} <= event.keys():
        raise LogFileError(f'event {number} must be an object with "type", "time" and "data"')
    kind = _kind(str(event["type"]))
    if kind is None:
        return
    try:
        at = parse_time(str(event["time"]))
        yield Fact(at, kind.model_validate(event["data"]))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        problem = f"{place}: {first['msg']}"
        raise LogFileError(f"event {number} ({kind.__name__}): {problem}") from None
    except ValueError as error:
        raise LogFileError(f"event {number} ({kind.__name__}): {error}") from None


def _kind(name: str) -> type[Message] | None:
    """`deskstream.TicketCreated.v1`, or `TicketCreated`."""
    known = registry()
    return known.get(name) or known.get(f"{TYPE_PREFIX}{name}.v1")


async def id_of(client: AsyncMongoClient[Document], settings: KitSettings, ticket: str) -> str:
    """Of a number, which is reporting's to know; whatever is none counts as an id."""
    tickets = client[settings.database("reporting")]["tickets"]
    numbered = await tickets.find_one({"number": ticket.upper()}, {"_id": 1})
    return ticket if numbered is None else str(numbered["_id"])


async def facts_in_log(settings: KitSettings, ticket: str, since: datetime | None) -> list[Fact]:
    """All of the ticket's events; `since` (its creation) saves reading what lies before."""
    topic = settings.topic(TICKET_EVENTS.name)
    consumer = AIOKafkaConsumer(
        **settings.kafka_client(), auto_offset_reset="earliest", enable_auto_commit=False
    )
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            await consumer.start()
            await consumer._client._wait_on_metadata(topic)  # noqa: SLF001 - no public way waits for it
        count = len(consumer.partitions_for_topic(topic) or ())
        if not count:
            raise BrokerAwayError(f"topic {topic}, which is not there")
        place = TopicPartition(topic, partition_of(ticket.encode(), count))
        consumer.assign([place])
        await _seek(consumer, place, since)
        return [fact async for fact in _read(consumer, place, ticket, settings.prefix)]
    except (KafkaError, TimeoutError, OSError) as error:
        raise BrokerAwayError(f"Kafka ({type(error).__name__})") from error
    finally:
        await consumer.stop()


async def _seek(consumer: AIOKafkaConsumer, place: TopicPartition, since: datetime | None) -> None:
    start = (await consumer.beginning_offsets([place]))[place]
    if since is not None:
        found = await consumer.offsets_for_times({place: int(since.timestamp() * 1000)})
        start = found[place].offset if found.get(place) is not None else start
    consumer.seek(place, start)


async def _read(consumer: AIOKafkaConsumer, place: TopicPartition, ticket: str, prefix: str) -> Any:
    """Up to the end as it was told by the last fetch."""
    known = registry()
    while True:
        async with asyncio.timeout(SILENCE_SECONDS):
            batches = await consumer.getmany(timeout_ms=200)
        for raw in batches.get(place, ()):
            if raw.key == ticket.encode():
                record = record_of(raw, prefix)
                for fact in _of_record(record, known):
                    yield fact
        end = consumer.highwater(place)
        if end is not None and await consumer.position(place) >= end:
            return


def _of_record(record: Record, known: Mapping[str, type[Message]]) -> Iterator[Fact]:
    envelope = envelope_of(header_text(record.headers), accepted_at(record))
    kind = known.get(envelope.type)
    if kind is not None:
        yield Fact(envelope.time.astimezone(UTC), read(kind, record.value or b""))
