"""Policies under which a bench's clocks run, and the tickets that it puts into sla's store."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.sla.domain.falling_due import wanted_timers
from services.sla.domain.policy import Rules
from services.sla.domain.ticket_clocks import arrive, hear
from services.sla.domain.ticket_state import SlaState
from services.sla.rules import load_rules
from shared.contracts.fields import MessageBody, Priority, Requester, TicketType
from shared.contracts.ticket import TicketCreated
from shared.contracts.triage import TicketTriaged
from shared.kit.entities import to_document
from shared.kit.records import Partition, partition_of
from shared.kit.unit import Document, Entity

TOPIC = "ticket.events"
TIMED = timedelta(hours=1)
CLOCKS = 4  # that run on each ticket in waiting: first response, resolution, assignment, progress
# `waiting` clocks lie far off, as most clocks do; `timed` is what falls due under our eyes.
TEXT = """\
schedules:
  office: {{time_zone: Europe/Berlin, hours: {{mon-fri: 09:00-17:30}}, holidays: {{country: DE}}}}
  always: {{time_zone: UTC, hours: 24/7}}
policies:
  - name: timed
    when: {{channel: timed}}
    schedule: always
    targets: {{first_response: 1h}}
  - name: waiting
    schedule: office
    warnings: [75%]
    targets:
      first_response: {first_response}
      resolution: 90d
      assignment: 40d
      progress: 50d
"""


def write_policies(folder: Path, first_response: str = "60d") -> Path:
    file = folder / "sla.yaml"
    file.write_text(TEXT.format(first_response=first_response))
    return file


def created(channel: str) -> TicketCreated:
    return TicketCreated(
        number="TKT-1",
        channel=channel,
        requester=Requester(customer_id="c1"),
        subject="Printer",
        message=MessageBody(message_id="m1", text="It does not print.", channel=channel),
    )


def triaged() -> TicketTriaged:
    return TicketTriaged(
        category="hardware",
        confidence=1,
        type=TicketType.INCIDENT,
        impact="medium",
        urgency="medium",
        priority=Priority.MEDIUM,
        rules_version="bench",
    )


class Stock:
    """Tickets as the service itself would have stored them."""

    def __init__(self, file: Path, partitions: int) -> None:
        self._rules: Rules = load_rules(file)
        self._partitions = partitions

    def _state(self, channel: str, at: datetime) -> SlaState:
        arrived = arrive(created(channel), at, self._rules)
        return hear(arrived.state, triaged(), at, self._rules, at).state

    def _document(self, ticket: str, state: SlaState) -> Document:
        number = partition_of(ticket.encode(), self._partitions)
        entity = Entity(ticket, Partition(TOPIC, number), state=state)
        entity.timers = wanted_timers(state)
        entity.applied = {"intake": 1, "triage": 1}
        entity.said = {"sla": 1}
        return to_document(entity)

    def waiting(self, count: int, at: datetime, name: str = "w") -> Iterator[Document]:
        """All alike but for their id, so that a million clocks are there in a minute."""
        state = self._state("email", at)
        pattern: dict[int, Document] = {}
        for turn in range(count):
            ticket = f"{name}{turn}"
            number = partition_of(ticket.encode(), self._partitions)
            if number not in pattern:
                pattern[number] = self._document(ticket, state)
            yield {**pattern[number], "_id": ticket}

    def timed(self, dues: Iterable[datetime], name: str) -> Iterator[Document]:
        """Each with one breach due at its instant."""
        for turn, due in enumerate(dues):
            yield self._document(f"{name}{turn}", self._state("timed", due - TIMED))


async def put(collection: Any, documents: Iterable[Document], chunk: int = 2_000) -> None:
    waiting: list[Document] = []
    for document in documents:
        waiting.append(document)
        if len(waiting) == chunk:
            await collection.insert_many(waiting, ordered=False)
            waiting = []
    if waiting:
        await collection.insert_many(waiting, ordered=False)
