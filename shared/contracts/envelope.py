"""How a contract travels: CloudEvents 1.0 attributes as Kafka headers, and ids that repeat."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha1
from uuid import UUID

NAMESPACE = UUID("5b0e5f5e-7a3c-5f4e-9d51-9b8f0f6f6b1d")
SOURCE_PREFIX = "/deskstream/"
CONTENT_TYPE = "application/json"
_FIXED = (("content-type", CONTENT_TYPE.encode()), ("ce_specversion", b"1.0"))
RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
LONGEST_NUMBER = 18  # digits: what fits a store's 64 bits


def deterministic_id(*parts: object) -> str:
    """The same id for the same parts, in every process and every replay (RFC 9562, version 5)."""
    name = "\x1f".join(map(str, parts)).encode()
    digest = bytearray(sha1(NAMESPACE.bytes + name, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50  # version 5
    digest[8] = digest[8] & 0x3F | 0x80  # the RFC's variant
    text = digest.hex()  # as `uuid.uuid5`, at a third of its time: every event needs two or three
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class BadEnvelopeError(ValueError):
    """The headers are no CloudEvents envelope; the text says which attribute and why."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The attributes of one message.

    `subject` is what the fact is about and the key it travels under: a ticket, agent or customer.
    `writer` numbers its events for each subject 1, 2, 3 …; unnumbered input has neither.
    `time` is acceptance (the broker's or the door's stamp), never a sender's own date.
    """

    id: str
    type: str
    source: str
    time: datetime
    subject: str
    correlation: str | None = None
    causation: str | None = None
    writer: str | None = None
    number: int | None = None
    traceparent: str | None = None

    def numbered(self, number: int) -> "Envelope":
        return replace(self, number=number)

    @property
    def ours(self) -> bool:
        """Written by a service or a door of ours, so that its `time` is acceptance."""
        return self.source.startswith(SOURCE_PREFIX)

    def to_headers(self) -> list[tuple[str, bytes]]:
        pairs = [
            *_FIXED,
            ("ce_id", self.id.encode()),
            ("ce_type", self.type.encode()),
            ("ce_source", self.source.encode()),
            ("ce_time", format_time(self.time).encode()),
            ("ce_subject", self.subject.encode()),
        ]
        if self.correlation is not None:
            pairs.append(("ce_correlationid", self.correlation.encode()))
        if self.causation is not None:
            pairs.append(("ce_causationid", self.causation.encode()))
        if self.writer is not None:
            pairs.append(("ce_writer", self.writer.encode()))
        if self.number is not None:
            pairs.append(("ce_number", str(self.number).encode()))
        if self.traceparent is not None:
            pairs.append(("traceparent", self.traceparent.encode()))
        return pairs


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, so that the same instant has one spelling."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Reads RFC 3339; raises ValueError for anything else, also for a time without a zone."""
    if not RFC_3339.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no RFC 3339 time with a zone")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is outside the years 1 to 9999 in UTC") from error


def header_text(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """The headers that are UTF-8 text; the last of a repeated name wins, others are left out."""
    texts: dict[str, str] = {}
    for name, value in headers:
        if value is None:
            continue
        try:
            texts[name] = value.decode()
        except UnicodeDecodeError:
            continue
    return texts


def envelope_of(headers: Mapping[str, str], accepted_at: datetime) -> Envelope:
    """The envelope in these headers; a foreign sender's own time gives way to `accepted_at`."""
    for name in ("ce_id", "ce_type", "ce_source"):
        if not headers.get(name):
            raise BadEnvelopeError(f"header {name} is missing, empty or not UTF-8")
    source = headers["ce_source"]
    return Envelope(
        id=headers["ce_id"],
        type=headers["ce_type"],
        source=source,
        time=_time_of(headers, accepted_at) if source.startswith(SOURCE_PREFIX) else accepted_at,
        subject=headers.get("ce_subject", ""),
        correlation=headers.get("ce_correlationid"),
        causation=headers.get("ce_causationid"),
        writer=headers.get("ce_writer"),
        number=_number_of(headers),
        traceparent=headers.get("traceparent"),
    )


def _time_of(headers: Mapping[str, str], accepted_at: datetime) -> datetime:
    if "ce_time" not in headers:
        return accepted_at
    try:
        return parse_time(headers["ce_time"])
    except ValueError as error:
        raise BadEnvelopeError(f"header ce_time: {error}") from error


def _number_of(headers: Mapping[str, str]) -> int | None:
    text = headers.get("ce_number")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER or int(text) < 1:
        raise BadEnvelopeError(f"header ce_number: {text[:40]!r} is no number from 1")
    if "ce_writer" not in headers:
        raise BadEnvelopeError("header ce_number without ce_writer")
    return int(text)
