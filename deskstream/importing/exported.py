"""What every export is read into: tickets, and the rows that are none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.contracts.fields import Priority, Status, TicketType
from shared.contracts.ticket import EarlierMessage

LONGEST_TEXT = 100_000  # characters of one message
LONGEST_HISTORY = 500_000  # of all of a ticket's; a record must stay under its topic's megabyte


@dataclass(frozen=True, slots=True)
class Problem:
    """`row` is where to look: file and line, or file and id. `severe`: the ticket stays behind."""

    row: str
    text: str
    severe: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTicket:
    external_id: str
    subject: str
    status: Status
    opened_at: datetime
    address: str | None = None
    name: str | None = None
    customer_id: str | None = None
    organisation: str | None = None
    locale: str | None = None
    channel: str = "email"
    category: str | None = None
    priority: Priority | None = None
    type: TicketType | None = None
    tags: tuple[str, ...] = ()
    resolved_at: datetime | None = None
    messages: tuple[EarlierMessage, ...] = ()


@dataclass(slots=True)
class Export:
    """`left_out` counts what the earlier system had thrown away itself."""

    tickets: list[ExportedTicket] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: int = 0

    def without_repetitions(self) -> Iterator[ExportedTicket]:
        seen: set[str] = set()
        for ticket in self.tickets:
            if ticket.external_id not in seen:
                seen.add(ticket.external_id)
                yield ticket


def fitting(messages: Sequence[EarlierMessage]) -> tuple[tuple[EarlierMessage, ...], int]:
    """In order of time and short enough for a record; how many were cut or left out."""
    left, cut = LONGEST_HISTORY, 0
    kept: list[EarlierMessage] = []
    for message in sorted(messages, key=lambda each: each.at):
        text = str(message.text)
        most = min(LONGEST_TEXT, left)
        cut += len(text) > most
        if most > 0:
            kept.append(message.model_copy(update={"text": text[:most]}))
        left -= len(text[:most])
    return tuple(kept), cut
