"""How what a handler returns becomes records: ids and bytes that every replay repeats."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.envelope import SOURCE_PREFIX, Envelope, deterministic_id
from shared.contracts.message import Message, encode
from shared.contracts.topics import BY_NAME, Dedupe
from shared.kit.decoding import FORWARD_NUMBER, FORWARD_WRITER
from shared.kit.records import Headers, Publication
from shared.kit.unit import Entity, Forwarded, Heard, Outgoing, Said, Stage, subject_key

HEADROOM = 4_096  # what a broker's batch adds to a record


class TooLargeError(Exception):
    """What this input led to does not fit on its topic."""

    def __init__(self, cause: Heard, reason: str) -> None:
        self.cause = cause
        super().__init__(reason)


@dataclass(slots=True)
class Press:
    """Turns one batch's outgoing into publications, numbering as it goes."""

    stage: Stage[Any]
    entities: dict[str, Entity[Any]]
    touched: dict[str, Entity[Any]]
    _said_by_cause: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _numbers_without_entity: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def publication(self, outgoing: Outgoing) -> Publication:
        made = self._said(outgoing) if isinstance(outgoing, Said) else self._forwarded(outgoing)
        limit = BY_NAME[made.topic].max_message_bytes - HEADROOM
        if made.size > limit:
            kind = type(outgoing.data).__name__ if isinstance(outgoing, Said) else "a forward"
            reason = f"{kind} of {made.size} bytes is over the {limit} that {made.topic} takes"
            raise TooLargeError(outgoing.cause, reason)
        return made

    def _said(self, said: Said) -> Publication:
        type_name = said.data.type_name()
        cause = said.cause.envelope
        subject = cause.subject if said.subject is None else said.subject
        # Upstreams count for themselves: an id is one only together with its source.
        index = self._said_by_cause[cause.source, cause.id, type_name]
        self._said_by_cause[cause.source, cause.id, type_name] += 1
        event_id = deterministic_id(cause.source, cause.id, type_name, index)
        envelope = Envelope(
            id=event_id,
            type=type_name,
            source=SOURCE_PREFIX + self.stage.writer,
            time=cause.time,
            subject=subject,
            correlation=cause.correlation or cause.id,
            causation=cause.id,
            writer=self.stage.writer,
            number=self._number(said, type_name, subject),
            traceparent=_child_trace(cause, event_id),
        )
        headers = tuple(envelope.to_headers())
        return Publication(said.data.topic, subject.encode(), encode(said.data), headers)

    def _number(self, said: Said, type_name: str, subject: str) -> int | None:
        if BY_NAME[said.data.topic].dedupe is not Dedupe.NUMBERS:
            return None
        if self.stage.entities is None:
            by_cause = (said.cause.envelope.source, said.cause.envelope.id, subject)
            self._numbers_without_entity[by_cause] += 1
            return self._numbers_without_entity[by_cause]
        return self._next(subject_key(type_name, subject))

    def _next(self, key: str) -> int:
        entity = self.touched[key] = self.entities[key]
        number = entity.said.get(self.stage.writer, 0) + 1
        entity.said[self.stage.writer] = number
        return number

    def _forwarded(self, forwarded: Forwarded) -> Publication:
        record = forwarded.cause.record
        if record is None:
            raise TypeError("only a record can be forwarded, no timer")
        envelope = forwarded.cause.envelope
        number = self._next(subject_key(envelope.type, envelope.subject))
        headers: Headers = record.headers
        if not any(name == "ce_id" for name, _ in headers):
            headers = tuple(envelope.to_headers())
        headers = tuple(pair for pair in headers if not pair[0].startswith(("fwd-", "dlq-")))
        headers += (
            (FORWARD_WRITER, self.stage.writer.encode()),
            (FORWARD_NUMBER, str(number).encode()),
        )
        # A removal has no value on its compacted topic; here it needs one to be told from none.
        value = record.value if record.value is not None else _removal(forwarded.cause)
        return Publication(forwarded.topic.name, forwarded.key.encode(), value, headers)


def _removal(cause: Heard) -> bytes:
    if not isinstance(cause.data, Message):
        raise TypeError("a record without a value and without a meaning was forwarded")
    return encode(cause.data)


def _child_trace(cause: Envelope, event_id: str) -> str:
    """W3C trace context: the cause's trace, with the event as its span."""
    span = hashlib.sha256(event_id.encode()).hexdigest()[:16]
    parts = (cause.traceparent or "").split("-")
    if len(parts) == 4 and len(parts[1]) == 32:  # noqa: PLR2004 - version, trace, parent, flags
        return f"00-{parts[1]}-{span}-{parts[3]}"
    trace = hashlib.sha256((cause.correlation or cause.id).encode()).hexdigest()[:32]
    return f"00-{trace}-{span}-01"
