"""What a record is to a stage: something to hear, to note, to skip, to move or to put away."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import ValidationError

from shared.contracts.envelope import (
    LONGEST_NUMBER,
    BadEnvelopeError,
    Envelope,
    envelope_of,
    header_text,
)
from shared.contracts.message import Message, registry
from shared.contracts.people import AgentRemoved, CustomerRemoved
from shared.contracts.topics import (
    AGENT_UPDATES,
    BY_NAME,
    CHANNEL_MESSAGES,
    CUSTOMER_UPDATES,
    ROUTING_REQUESTS,
    TICKET_EVENTS,
    Dedupe,
)
from shared.kit.records import Publication, Record, partition_of
from shared.kit.unit import Heard, Stage

FORWARD_WRITER = "fwd-writer"
FORWARD_NUMBER = "fwd-number"
REDRIVE_GROUP = "dlq-redrive"
LETTER_ID = "dlq-id"
LETTER_ATTEMPTS = "dlq-attempts"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not for this stage."""

    record: Record


@dataclass(frozen=True, slots=True)
class Noted:
    """Not for the handler, but its writer's number counts."""

    record: Record
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Misplaced:
    """Lies on another partition than its key's: to be put where it belongs."""

    record: Record
    again: Publication


@dataclass(frozen=True, slots=True)
class Bad:
    """Cannot be handled: a dead letter, with the reason."""

    record: Record
    reason: str
    envelope: Envelope | None = None
    heard: Heard | None = None
    letter_id: str | None = None  # it was redriven, and is the same letter still
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Good:
    """To be heard, once. `identified` False: only its position tells it from another."""

    record: Record
    heard: Heard
    identified: bool = True
    letter_id: str | None = None
    attempts: int = 0


Decoded = Skipped | Noted | Misplaced | Bad | Good


@dataclass(slots=True)
class Decoder:
    """Decodes for one stage; header by header, so that what is not heard costs no JSON."""

    stage: Stage[Any]
    group: str
    _types: dict[str, type[Message]] = field(init=False)
    _writers: frozenset[str] = field(init=False)
    _others: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._types = {cls.type_name(): cls for cls in self.stage.hears}
        self._writers = frozenset(cls.writer for cls in self.stage.hears if cls.writer)
        self._others = {
            name: cls.writer
            for name, cls in registry().items()
            if cls.topic == TICKET_EVENTS.name and cls.writer and cls.writer not in self._writers
        }

    def decode(self, record: Record, partitions: int) -> Decoded:
        headers = header_text(record.headers)
        if self._is_others(record, headers):
            return Skipped(record)
        try:
            decoded = self._decoded(record, headers, partitions)
        except Exception as error:  # noqa: BLE001 - no record may stop the partition
            decoded = Bad(record, f"cannot be decoded ({type(error).__name__})")
        if isinstance(decoded, Bad) and REDRIVE_GROUP in headers:
            return replace(decoded, letter_id=headers.get(LETTER_ID), attempts=_attempts(headers))
        return decoded

    def _is_others(self, record: Record, headers: Mapping[str, str]) -> bool:
        """Said by a service that this stage never listens to: a third of what lies on the log.

        Who does listen sees to it that it is where it belongs, and what it ought to be.
        """
        writer = self._others.get(headers.get("ce_type", ""))
        return writer is not None and (
            writer == headers.get("ce_writer")
            and record.topic == TICKET_EVENTS.name
            and record.value is not None
            and REDRIVE_GROUP not in headers
        )

    def _decoded(self, record: Record, headers: Mapping[str, str], partitions: int) -> Decoded:
        target = headers.get(REDRIVE_GROUP)
        if target is not None and target != self.group:
            return Skipped(record)
        key = _key_of(record, headers)
        if key is not None and partition_of(key, partitions) != record.partition:
            return Misplaced(record, _moved(record, key))
        if record.topic == CHANNEL_MESSAGES.name:
            return self._raw(record, headers)
        if record.value is None:
            return self._tombstone(record)
        try:
            envelope = envelope_of(headers, accepted_at(record))
        except BadEnvelopeError as error:
            return Bad(record, f"no CloudEvents envelope: {error}")
        return self._enveloped(record, headers, envelope)

    def _enveloped(self, record: Record, headers: Mapping[str, str], envelope: Envelope) -> Decoded:
        if record.topic == ROUTING_REQUESTS.name:
            envelope = _as_forwarded(envelope, headers)
        topic = BY_NAME[record.topic]
        if topic.dedupe is Dedupe.POSITION and record.key is not None:
            # A compacted topic's key is who it is about; not every client sets a subject too.
            envelope = replace(envelope, subject=record.key.decode(errors="replace"))
        if not envelope.subject and topic.dedupe is not Dedupe.POSITION:
            return Bad(record, "header ce_subject is missing", envelope)
        if topic.dedupe is Dedupe.NUMBERS and envelope.number is None:
            return Bad(record, "headers ce_writer and ce_number are missing", envelope)
        cls = self._types.get(envelope.type)
        if cls is None:
            noted = topic.dedupe is Dedupe.NUMBERS and envelope.writer in self._writers
            return Noted(record, envelope) if noted and self.stage.entities else Skipped(record)
        if cls.writer and record.topic != ROUTING_REQUESTS.name and envelope.writer != cls.writer:
            return Bad(record, f"{cls.__name__} is said by {cls.writer}, not {envelope.writer}")
        try:
            data = read(cls, record.value or b"")
        except ValueError as error:
            return Bad(record, str(error), envelope)
        return _good(record, headers, Heard(envelope, data, record.at, record))

    def _raw(self, record: Record, headers: Mapping[str, str]) -> Decoded:
        """Input may come without any envelope: then its position is its identity."""
        at = accepted_at(record)
        try:
            envelope, identified = envelope_of(headers, at), True
        except BadEnvelopeError:
            envelope, identified = _envelope_by_position(record, headers, at), False
        if record.value is None:
            return Bad(record, "the record has no value", envelope)
        cls = self._types.get(envelope.type)
        data: Message | None = None
        if cls is not None and cls.model_fields:
            # What cannot be read is heard all the same: the handler answers its publisher.
            with suppress(ValueError):
                data = read(cls, record.value)
        return _good(
            record, headers, Heard(envelope, data, record.at, record), identified=identified
        )

    def _tombstone(self, record: Record) -> Decoded:
        if record.topic not in (AGENT_UPDATES.name, CUSTOMER_UPDATES.name):
            return Bad(record, "the record has no value")
        if record.key is None:
            return Bad(record, "a record without a value needs the key of who is gone")
        subject = record.key.decode(errors="replace")
        data: Message = (
            AgentRemoved(agent_id=subject)
            if record.topic == AGENT_UPDATES.name
            else CustomerRemoved(customer_id=subject)
        )
        if type(data) not in self.stage.hears:
            return Skipped(record)
        envelope = Envelope(
            id=record.position,
            type=data.type_name(),
            source="/unknown",
            time=accepted_at(record),
            subject=subject,
        )
        return Good(record, Heard(envelope, data, record.at, record), identified=False)


def read(cls: type[Message], value: bytes) -> Message:
    """The value as `cls`; ValueError says where it is wrong, without repeating what it says."""
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"the value is no JSON: {error}") from error
    try:
        return cls.model_validate(parsed)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        lines = (f"{'.'.join(map(str, p['loc'])) or 'value'}: {p['msg']}" for p in problems[:10])
        raise ValueError(f"not a {cls.__name__}: {'; '.join(lines)}") from error
    except RecursionError as error:
        raise ValueError(f"not a {cls.__name__}: nested too deeply") from error


def accepted_at(record: Record) -> datetime:
    return datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)


def _key_of(record: Record, headers: Mapping[str, str]) -> bytes | None:
    if record.key is not None:
        return record.key
    if record.topic == CHANNEL_MESSAGES.name:
        return None
    return headers["ce_subject"].encode() if headers.get("ce_subject") else None


def _moved(record: Record, key: bytes) -> Publication:
    """Unchanged, but for an identity where only the position gave it one."""
    headers = record.headers
    names = {name for name, _ in headers}
    if record.topic == CHANNEL_MESSAGES.name and "ce_id" not in names:
        extra = {"ce_id": record.position, "ce_source": "/unknown", "ce_type": "unknown"}
        headers += tuple((name, text.encode()) for name, text in extra.items() if name not in names)
    return Publication(record.topic, key, record.value, headers)


def _as_forwarded(envelope: Envelope, headers: Mapping[str, str]) -> Envelope:
    return Envelope(
        id=envelope.id,
        type=envelope.type,
        source=envelope.source,
        time=envelope.time,
        subject=envelope.subject,
        correlation=envelope.correlation,
        causation=envelope.causation,
        writer=headers.get(FORWARD_WRITER),
        number=_whole(headers.get(FORWARD_NUMBER)),
        traceparent=envelope.traceparent,
    )


def _envelope_by_position(record: Record, headers: Mapping[str, str], at: datetime) -> Envelope:
    return Envelope(
        id=headers.get("ce_id") or record.position,
        type=headers.get("ce_type") or "unknown",
        source=headers.get("ce_source") or "/unknown",
        time=at,
        subject=headers.get("ce_subject", ""),
        traceparent=headers.get("traceparent"),
    )


def _good(
    record: Record, headers: Mapping[str, str], heard: Heard, *, identified: bool = True
) -> Good:
    return Good(
        record,
        heard,
        identified=identified,
        letter_id=headers.get(LETTER_ID) if REDRIVE_GROUP in headers else None,
        attempts=_attempts(headers),
    )


def _attempts(headers: Mapping[str, str]) -> int:
    return _whole(headers.get(LETTER_ATTEMPTS)) or 0


def _whole(text: str | None) -> int | None:
    """A whole number that fits a store's 64 bits; None for any other text."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        return None
    return int(text)
