"""A ticket out of the texts that a row gives, with every problem that it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

from deskstream.importing.exported import Export, ExportedTicket, Problem, fitting
from deskstream.importing.rows import Row
from deskstream.importing.words import PRIORITIES, STATUSES, TYPES, time_of
from shared.contracts.fields import Priority, Status, TicketType
from shared.contracts.ticket import EarlierMessage

LONGEST_SUBJECT = 998
OVER = (Status.RESOLVED, Status.CLOSED)
W = TypeVar("W", Status, Priority, TicketType)
Kind = Literal["requester", "agent", "note"]


@dataclass(frozen=True, slots=True)
class Words:
    """How a system calls its statuses, priorities and types, in small letters."""

    statuses: Mapping[str, Status] = field(default_factory=lambda: STATUSES)
    priorities: Mapping[str, Priority] = field(default_factory=lambda: PRIORITIES)
    types: Mapping[str, TicketType] = field(default_factory=lambda: TYPES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A ticket's texts as they stand in an export; empty: not there."""

    external_id: str
    status: str
    opened_at: str
    subject: str = ""
    priority: str = ""
    type: str = ""
    resolved_at: str = ""
    address: str = ""
    name: str = ""
    customer_id: str = ""
    organisation: str = ""
    locale: str = ""
    channel: str = "email"
    category: str = ""
    tags: Sequence[str] = ()


@dataclass(slots=True)
class Maker:
    words: Words = field(default_factory=Words)
    export: Export = field(default_factory=Export)
    month_first: bool = False

    def tell(self, row: Row, text: str, *, severe: bool = True) -> None:
        self.export.problems.append(Problem(row.where, text, severe))

    def ticket(self, row: Row, given: Given, messages: Sequence[EarlierMessage]) -> None:
        """Added to the export, or told why not."""
        status = self._word(row, "status", given.status, self.words.statuses, severe=True)
        opened_at = self._time(row, "when it was opened", given.opened_at, severe=True)
        missing = not given.external_id or not (given.address or given.customer_id)
        if not given.external_id:
            self.tell(row, "it has no id")
        elif missing:
            self.tell(row, "nobody asked: no address and no id of a requester")
        if status is None or opened_at is None or missing:
            return
        if status not in OVER and not messages:
            self.tell(row, f"it is {status}, and there is no message that says what is asked")
            return
        self.export.tickets.append(self._made(row, given, status, opened_at, messages))

    def _made(
        self,
        row: Row,
        given: Given,
        status: Status,
        opened_at: datetime,
        messages: Sequence[EarlierMessage],
    ) -> ExportedTicket:
        kept, cut = fitting(messages)
        if cut:
            self.tell(row, f"{cut} of {len(messages)} messages are cut: too long", severe=False)
        resolved_at = self._time(row, "when it was resolved", given.resolved_at, severe=False)
        return ExportedTicket(
            external_id=given.external_id[:200],
            subject=" ".join(given.subject.split())[:LONGEST_SUBJECT] or "(no subject)",
            status=status,
            opened_at=opened_at,
            resolved_at=resolved_at if status in OVER else None,
            priority=self._word(row, "priority", given.priority, self.words.priorities),
            type=self._word(row, "type", given.type, self.words.types),
            tags=tuple(dict.fromkeys(tag for tag in given.tags if tag))[:100],
            address=given.address or None,
            name=given.name or None,
            customer_id=given.customer_id[:200] or None,
            organisation=given.organisation or None,
            locale=given.locale or None,
            channel=given.channel.lower()[:64] or "email",
            category=given.category or None,
            messages=kept,
        )

    def message(
        self, row: Row, *, at: str, kind: Kind, text: str, author: str = ""
    ) -> EarlierMessage | None:
        when = self._time(row, "when it was written", at, severe=False) if text else None
        if when is None:
            return None
        return EarlierMessage(at=when, kind=kind, text=text, author=author or None)

    def _word(
        self, row: Row, what: str, text: str, known: Mapping[str, W], *, severe: bool = False
    ) -> W | None:
        found = known.get(text.strip().lower())
        if found is None and (text or severe):
            told = f'its {what} "{text[:60]}" is unknown' if text else f"it has no {what}"
            self.tell(row, f"{told}; known are {', '.join(known)}", severe=severe)
        return found

    def _time(self, row: Row, what: str, text: str, *, severe: bool) -> datetime | None:
        found = time_of(text, month_first=self.month_first) if text else None
        if found is None and (text or severe):
            told = f'"{text[:40]}" is no time{self._hint(text)}' if text else "nothing"
            self.tell(row, f"{told} says {what}" if not text else f"{told}: {what}", severe=severe)
        return found

    def _hint(self, text: str) -> str:
        other = not self.month_first
        if time_of(text, month_first=other) is None:
            return ""
        return f"; it is one with month_first: {str(other).lower()} in a mapping"
