"""The log as it lies on the topic: first copies, and what is wrong with the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.contracts.envelope import Envelope, envelope_of, header_text
from shared.contracts.message import Message, registry
from shared.kit.decoding import accepted_at, read
from shared.kit.records import Record


@dataclass(frozen=True, slots=True)
class Event:
    record: Record
    envelope: Envelope
    message: Message

    @property
    def subject(self) -> str:
        return self.envelope.subject

    @property
    def logged_at(self) -> datetime:
        return accepted_at(self.record)

    def __str__(self) -> str:
        envelope = self.envelope
        kind = type(self.message).__name__
        return f"{envelope.writer} {envelope.number} of {self.subject[:8]} ({kind})"


@dataclass(slots=True)
class Log:
    events: list[Event] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def of(self, *kinds: type[Message]) -> Iterator[tuple[Event, Any]]:
        for event in self.events:
            if isinstance(event.message, kinds):
                yield event, event.message

    def by_subject(self) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = {}
        for event in self.events:
            found.setdefault(event.subject, []).append(event)
        return found


def read_log(records: Sequence[Record]) -> Log:
    """Each number has one meaning; the first copies come in order; no event has two numbers."""
    log = Log()
    first: dict[tuple[str, str, int], Record] = {}
    highest: dict[tuple[str, str], int] = {}
    numbers: dict[str, int] = {}
    for record in records:
        event = _event(record)
        envelope = event.envelope
        writer, number = envelope.writer or "", envelope.number or 0
        known = first.setdefault((writer, envelope.subject, number), record)
        if known is not record:
            if (known.headers, known.value) != (record.headers, record.value):
                log.problems.append(f"{event} has two meanings")
            continue
        before = highest.get((writer, envelope.subject), 0)
        if number != before + 1:
            log.problems.append(f"{event} comes after {before}")
        highest[writer, envelope.subject] = max(number, before)
        if numbers.setdefault(envelope.id, number) != number:
            log.problems.append(f"{event} was said before, as {numbers[envelope.id]}")
        if envelope.time > event.logged_at:
            log.problems.append(f"{event} was logged before its time")
        log.events.append(event)
    return log


def _event(record: Record) -> Event:
    headers = header_text(record.headers)
    cls = registry()[headers["ce_type"]]
    message = read(cls, record.value or b"")
    return Event(record, envelope_of(headers, accepted_at(record)), message)
