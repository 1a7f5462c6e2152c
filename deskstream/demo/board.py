"""The desk as the demo's screen shows it: counts by stage, the last tickets, how fast it goes."""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deskstream.demo.hearing import DeadLetter, Fact, Heard
from shared.contracts.assignment import TicketAssigned, TicketQueued, TicketUnassigned
from shared.contracts.fields import Priority, Status, reveal
from shared.contracts.message import Message
from shared.contracts.notification import NotificationSent
from shared.contracts.sla import SlaBreached, SlaWarning
from shared.contracts.ticket import (
    AgentReplied,
    CustomerReplied,
    FieldsChanged,
    StatusChanged,
    TicketClosed,
    TicketCreated,
    TicketReopened,
    TicketResolved,
)
from shared.contracts.triage import TicketTriaged

MOST_OVER = 2_000  # tickets that are over and are remembered still
MOST_LATENCIES = 500
OVER = (Status.RESOLVED, Status.CLOSED)


@dataclass(slots=True)
class Row:
    """One ticket."""

    ticket_id: str
    number: str
    channel: str
    subject: str
    created_at: datetime
    status: Status = Status.NEW
    category: str | None = None
    priority: Priority | None = None
    language: str | None = None
    agent: str | None = None
    queue: str | None = None
    assigned: bool = False
    breached: bool = False

    @property
    def open(self) -> bool:
        return self.status not in OVER


@dataclass(slots=True)
class Board:
    counts: Counter[str] = field(default_factory=Counter)
    rows: OrderedDict[str, Row] = field(default_factory=OrderedDict)
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_LATENCIES))
    open: int = 0
    waiting: int = 0
    loads: Counter[str] = field(default_factory=Counter)
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def hear(self, heard: Heard) -> bool:
        """False: it was there before, as what a service says again after a pause is."""
        if isinstance(heard, DeadLetter):
            self.counts["dead-lettered"] += 1
            return True
        envelope = heard.envelope
        key = (envelope.subject, envelope.writer or "")
        if (envelope.number or 0) <= self._numbers.get(key, 0):
            return False
        self._numbers[key] = envelope.number or 0
        if isinstance(heard.message, TicketCreated):
            self._created(heard, heard.message)
        row = self.rows.get(envelope.subject)
        told = HEARS.get(type(heard.message))
        if row is not None and told is not None:
            before = (row.open, row.agent, row.assigned)
            told(self, row, heard)
            self._moved(row, before)
        return True

    def latest(self, most: int) -> list[Row]:
        return list(reversed(self.rows.values()))[:most]

    def percentile(self, share: float) -> float | None:
        """Seconds from acceptance to the first assignment."""
        return percentile(list(self.latencies), share)

    def _created(self, heard: Fact, created: TicketCreated) -> None:
        self.counts["created"] += 1
        self.open += 1
        self.rows[heard.envelope.subject] = Row(
            ticket_id=heard.envelope.subject,
            number=created.number,
            channel=created.channel,
            subject=reveal(created.subject),
            created_at=heard.envelope.time,
        )
        self._forget()

    def _moved(self, row: Row, before: tuple[bool, str | None, bool]) -> None:
        was_open, agent, was_assigned = before
        self.open += row.open - was_open
        if agent != row.agent:
            self.loads.update({name: 1 for name in (row.agent,) if name})
            self.loads.subtract({name: 1 for name in (agent,) if name})
        if row.assigned and not was_assigned:
            self.counts["assigned"] += 1

    def _forget(self) -> None:
        while len(self.rows) > MOST_OVER + self.open:
            oldest = next((r for r in self.rows.values() if r.status is Status.CLOSED), None)
            if oldest is None:
                return
            del self.rows[oldest.ticket_id]
            for key in [key for key in self._numbers if key[0] == oldest.ticket_id]:
                del self._numbers[key]

    def triaged(self, row: Row, heard: Fact) -> None:
        triage: TicketTriaged = _as(heard)
        self.counts["triaged"] += row.category is None
        row.category, row.priority, row.language = triage.category, triage.priority, triage.language

    def queued(self, row: Row, heard: Fact) -> None:
        row.queue = _as(heard).queue

    def assigned(self, row: Row, heard: Fact) -> None:
        assigned: TicketAssigned = _as(heard)
        if not row.assigned:
            self.latencies.append((heard.logged_at - row.created_at).total_seconds())
        row.agent, row.queue, row.assigned = assigned.agent_id, assigned.queue, True

    def unassigned(self, row: Row, _: Fact) -> None:
        row.agent = None

    def agent_replied(self, row: Row, heard: Fact) -> None:
        replied: AgentReplied = _as(heard)
        self.counts["answered"] += 1
        row.status = replied.status

    def customer_replied(self, row: Row, heard: Fact) -> None:
        replied: CustomerReplied = _as(heard)
        self.counts["appended"] += 1
        row.status = replied.status

    def resolved(self, row: Row, _: Fact) -> None:
        self.counts["resolved"] += 1
        row.status = Status.RESOLVED

    def reopened(self, row: Row, _: Fact) -> None:
        self.counts["reopened"] += 1
        row.status = Status.OPEN

    def closed(self, row: Row, _: Fact) -> None:
        self.counts["closed"] += 1
        row.status = Status.CLOSED

    def status_changed(self, row: Row, heard: Fact) -> None:
        row.status = _as(heard).new

    def fields_changed(self, row: Row, heard: Fact) -> None:
        changed: FieldsChanged = _as(heard)
        row.priority = changed.priority or row.priority
        row.category = changed.category or row.category

    def warned(self, _: Row, __: Fact) -> None:
        self.counts["warned"] += 1

    def breached(self, row: Row, _: Fact) -> None:
        self.counts["breached"] += 1
        row.breached = True

    def notified(self, _: Row, heard: Fact) -> None:
        self.counts["mails"] += 1
        self.counts["acknowledged"] += _as(heard).template == "acknowledgement"


def percentile(values: list[float], share: float) -> float | None:
    """The nearest rank."""
    if not values:
        return None
    return sorted(values)[max(0, round(share * len(values)) - 1)]


def _as(heard: Fact) -> Any:
    return heard.message


HEARS: Mapping[type[Message], Callable[[Board, Row, Fact], None]] = {
    TicketTriaged: Board.triaged,
    TicketQueued: Board.queued,
    TicketAssigned: Board.assigned,
    TicketUnassigned: Board.unassigned,
    AgentReplied: Board.agent_replied,
    CustomerReplied: Board.customer_replied,
    StatusChanged: Board.status_changed,
    TicketResolved: Board.resolved,
    TicketReopened: Board.reopened,
    TicketClosed: Board.closed,
    FieldsChanged: Board.fields_changed,
    SlaWarning: Board.warned,
    SlaBreached: Board.breached,
    NotificationSent: Board.notified,
}
