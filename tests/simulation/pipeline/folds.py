"""Stores against the log: what intake and the router know of each ticket follows from it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.intake.domain.ticket import TicketState
from services.router.domain.ticket import Place, RoutedTicket
from shared.contracts.assignment import TicketAssigned, TicketUnassigned
from shared.contracts.fields import Status
from shared.contracts.message import Message
from shared.contracts.ticket import (
    AgentReplied,
    CustomerReplied,
    StatusChanged,
    TicketClosed,
    TicketCreated,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketResolved,
    TicketUnmerged,
)
from tests.simulation.pipeline.log import Event, Log
from tests.simulation.pipeline.script import AGENTS
from tests.simulation.world import World

SLEEPING = (Status.PENDING, Status.ON_HOLD)


@dataclass(slots=True)
class Folded:
    """`status` None: an unmerge brought back what the log alone does not tell."""

    number: str = ""
    status: Status | None = Status.NEW
    reopens: int = 0
    merged_into: str | None = None
    spam: bool = False

    def hear(self, message: Message) -> None:
        match message:
            case TicketCreated(number=number):
                self.number = number
            case CustomerReplied(status=status) | AgentReplied(status=status):
                self.status = status
            case StatusChanged(new=status):
                self.status = status
            case TicketResolved():
                self.status = Status.RESOLVED
            case TicketReopened(reopens=reopens):
                self.reopens = reopens
                self.status = None if self.status is None else Status.OPEN
            case TicketClosed():
                self.status = Status.CLOSED
            case TicketMarkedSpam():
                self.status, self.spam = Status.CLOSED, True
            case TicketMerged(side="source", other=other):
                self.status, self.merged_into = Status.CLOSED, other
            case TicketUnmerged(side="source"):
                self.status, self.merged_into = None, None
            case _:
                pass


def tickets_differ(world: World, log: Log) -> Iterator[str]:
    """Lifecycle's tickets are the fold of its own events; numbers are given once."""
    stored = {
        key: TicketState.model_validate(document)
        for key, document in world.documents("intake", "tickets").items()
        if document["_kit"].get("stated")
    }
    folded = {
        subject: _folded(events)
        for subject, events in log.by_subject().items()
        if any(isinstance(event.message, TicketCreated) for event in events)
    }
    for ticket_id in stored.keys() ^ folded.keys():
        yield f"ticket {ticket_id[:8]} is not both in the log and in the store"
    for ticket_id in stored.keys() & folded.keys():
        ticket = folded[ticket_id]
        for field in ("number", "status", "reopens", "merged_into", "spam"):
            wanted, found = getattr(ticket, field), getattr(stored[ticket_id], field)
            if found != wanted and not (field == "status" and wanted is None):
                yield f"ticket {ticket_id[:8]}: {field} is {found}, the log says {wanted}"
    for number, count in Counter(ticket.number for ticket in folded.values()).items():
        if count > 1:
            yield f"{number} is {count} tickets"


def _folded(events: Sequence[Event]) -> Folded:
    folded = Folded()
    for event in events:
        folded.hear(event.message)
    return folded


def owners_differ(world: World, log: Log) -> Iterator[str]:
    """One assignment history for each ticket, and nobody beyond what he can take."""
    owners: dict[str, str | None] = {}
    by_hand: set[str] = set()
    for event, message in log.of(TicketAssigned, TicketUnassigned):
        owner = owners.get(event.subject)
        if isinstance(message, TicketUnassigned):
            if message.agent_id != owner:
                yield f"{event}: taken from {message.agent_id}, but {owner} had it"
            owners[event.subject] = None
            continue
        owners[event.subject] = message.agent_id
        by_hand |= {event.subject} if message.by_hand else set()
        for candidate in message.decision.candidates:
            full = candidate.out is None and candidate.load >= candidate.capacity
            if full and not message.by_hand and candidate.agent_id != owner:
                yield f"{event}: {candidate.agent_id} had {candidate.load} already"
    stored = _owners_stored(world)
    for ticket_id in owners.keys() | stored.keys():
        if owners.get(ticket_id) != stored.get(ticket_id):
            known, told = stored.get(ticket_id), owners.get(ticket_id)
            yield f"ticket {ticket_id[:8]} is {known}'s in the store, {told}'s in the log"
    yield from _overloaded(world, by_hand | _have_slept(log))


def _owners_stored(world: World) -> dict[str, str | None]:
    return {key: each.agent_id for key, each in _routed(world) if each.place == Place.OWNED}


def _have_slept(log: Log) -> set[str]:
    """Asleep, they left their place to others; awake again, their owner may have too many."""
    slept = set()
    for subject, events in log.by_subject().items():
        ticket = Folded()
        for event in events:
            ticket.hear(event.message)
            if ticket.status in SLEEPING:
                slept.add(subject)
    return slept


def _overloaded(world: World, but: set[str]) -> Iterator[str]:
    loads: Counter[str] = Counter()
    for key, ticket in _routed(world):
        if ticket.place == Place.OWNED and key not in but and ticket.status not in SLEEPING:
            loads[ticket.agent_id or ""] += ticket.effort
    for number, agent_id in enumerate(AGENTS, 1):
        if loads[agent_id] > number:
            yield f"{agent_id} has {loads[agent_id]} tickets and room for {number}"


def _routed(world: World) -> Iterator[tuple[str, RoutedTicket]]:
    for key, document in world.documents("router", "tickets").items():
        if document["_kit"].get("stated"):
            yield key, RoutedTicket.model_validate(document)
