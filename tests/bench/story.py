"""The log of tickets as it lies on the topic: first sights, repetitions, and broken numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from tests.bench.ledger import Origin

FATES = frozenset({"MessageHeld", "MessageRejected", "MessageDropped"})


class Line(NamedTuple):
    """One record of ticket.events, with what its headers say; `digest` is of its value."""

    at_ms: int
    subject: str
    kind: str  # without prefix and version
    event_id: str
    causation: str | None
    writer: str
    number: int
    digest: bytes


@dataclass(slots=True)
class Ticket:
    """`first` is when each kind of event was first seen, in milliseconds of the epoch."""

    first: dict[str, int] = field(default_factory=dict)
    events: int = 0
    times: dict[str, int] = field(default_factory=dict)
    agent: str | None = None
    acknowledged_under: list[str] = field(default_factory=list)
    origin: Origin | None = None
    number: str | None = None


@dataclass(slots=True)
class Log:
    """The fold of all records. What it finds wrong is counted, with a few examples."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    fates: list[tuple[Origin, str]] = field(default_factory=list)
    moments: list[int] = field(default_factory=list)
    records: int = 0
    repeated: int = 0
    mailed: set[str] = field(default_factory=set)  # Message-IDs that were said to be sent
    torn: list[str] = field(default_factory=list)  # one number, two meanings
    out_of_order: list[str] = field(default_factory=list)
    _meanings: dict[tuple[str, str, int], tuple[str, bytes]] = field(default_factory=dict)
    _highest: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, line: Line, value: bytes) -> None:
        """Records of one subject must come in the order of their partition."""
        self.records += 1
        place = (line.subject, line.writer, line.number)
        meaning = (line.event_id, line.digest)
        known = self._meanings.setdefault(place, meaning)
        if known is not meaning:
            self.repeated += 1
            if known != meaning:
                self.torn.append(f"{line.writer} {line.number} of {line.subject}: {line.kind}")
            return
        self._note_order(line)
        self.moments.append(line.at_ms)
        if line.kind in FATES:
            self._note_fate(line, value)
        else:
            self._note_event(line, value)

    def gaps(self) -> list[str]:
        """Numbers that no record of their writer and ticket carries."""
        counts: dict[tuple[str, str], int] = {}
        for subject, writer, _ in self._meanings:
            counts[subject, writer] = counts.get((subject, writer), 0) + 1
        return [
            f"{writer} of {subject}: {count} of {self._highest[subject, writer]}"
            for (subject, writer), count in counts.items()
            if count != self._highest[subject, writer]
        ]

    def _note_order(self, line: Line) -> None:
        whose = (line.subject, line.writer)
        highest = self._highest.get(whose, 0)
        if line.number < highest:
            self.out_of_order.append(f"{line.writer} of {line.subject}: {line.number}")
        self._highest[whose] = max(highest, line.number)

    def _note_fate(self, line: Line, value: bytes) -> None:
        # Only MessageRejected names its upstream; the cause of all three is the input itself.
        origin = orjson.loads(value).get("upstream_id") or line.causation or line.subject
        self.fates.append((origin, f"{line.kind} {line.subject}"))

    def _note_event(self, line: Line, value: bytes) -> None:
        ticket = self.tickets.setdefault(line.subject, Ticket())
        ticket.events += 1
        ticket.first.setdefault(line.kind, line.at_ms)
        ticket.times[line.kind] = ticket.times.get(line.kind, 0) + 1
        match line.kind:
            case "TicketCreated":
                told = orjson.loads(value)
                ticket.origin = told["upstream_id"]
                ticket.number = told["number"]
                self.fates.append((told["upstream_id"], line.subject))
            case "TicketAssigned":
                ticket.agent = orjson.loads(value)["agent_id"]
            case "NotificationSent":
                told = orjson.loads(value)
                self.mailed.add(told["message_id"])
                if told["template"] == "acknowledgement":
                    ticket.first.setdefault("acknowledged", line.at_ms)
                    ticket.acknowledged_under.append(told["message_id"])
            case _:
                pass


READY = ("TicketCreated", "TicketTriaged", "TicketAssigned", "SlaTargetsSet")


def ready_at(ticket: Ticket) -> int | None:
    """When it was created, triaged, assigned and armed; None: not all of it yet."""
    moments = [ticket.first.get(kind) for kind in READY]
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(READY) else None


def waits(log: Log, due: Mapping[Origin, float], kinds: Sequence[str]) -> list[float]:
    """Milliseconds from when each ticket's message was due until the last of these happened."""
    found = []
    for ticket in log.tickets.values():
        moments = [ticket.first.get(kind) for kind in kinds]
        known = [moment for moment in moments if moment is not None]
        arrived = due.get(ticket.origin or "")
        if arrived is not None and len(known) == len(kinds):
            found.append(max(known) - arrived)
    return found
