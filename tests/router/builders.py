"""Small pools, agents and tickets for the tests of routing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.router.domain.agent_events import on_agent_removed, on_agent_updated
from services.router.domain.facts import new_ticket
from services.router.domain.pool import Pool
from services.router.domain.routing_config import RoutingConfig
from services.router.domain.routing_rules import RoutingRules
from services.router.domain.ticket import Place, RoutedTicket
from services.router.domain.ticket_events import HEARS
from services.router.domain.timers import on_due, timers_of
from services.router.store import agent_of, fields_of
from shared.contracts.fields import (
    Actor,
    ActorKind,
    MessageBody,
    Priority,
    Requester,
    Status,
    TicketType,
)
from shared.contracts.message import Message
from shared.contracts.people import AgentUpdated, Availability
from shared.contracts.ticket import StatusChanged, TicketClosed, TicketCreated, TicketResolved
from shared.contracts.triage import TicketTriaged
from shared.kit.unit import Document

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AGENT = Actor(kind=ActorKind.AGENT, id="lead")


def rules(**given: Any) -> RoutingRules:
    """One queue and no rules, but for what is given."""
    written = {"queues": [{"name": "support"}], "otherwise": {"queue": "support"}, **given}
    return RoutingRules(RoutingConfig.model_validate(written), "0123456789ab")


def created(
    *, channel: str = "email", priority: Priority | None = None, **requester: Any
) -> TicketCreated:
    return TicketCreated(
        number="TKT-1",
        channel=channel,
        requester=Requester(customer_id="c1", **requester),
        subject="Help",
        message=MessageBody(message_id="m1", text="Help", channel=channel),
        priority=priority,
    )


def triaged(
    priority: Priority = Priority.MEDIUM, *, category: str = "general", **given: Any
) -> TicketTriaged:
    return TicketTriaged(
        category=category,
        confidence=1.0,
        type=TicketType.INCIDENT,
        impact="one",
        urgency="medium",
        priority=priority,
        rules_version="v",
        **given,
    )


def agent(
    agent_id: str,
    *,
    capacity: int = 2,
    availability: Availability = Availability.ONLINE,
    skills: Mapping[str, int] | None = None,
    **given: Any,
) -> AgentUpdated:
    return AgentUpdated(
        agent_id=agent_id,
        name="A",
        capacity=capacity,
        availability=availability,
        skills=dict(skills or {}),
        **given,
    )


def moved(status: Status) -> StatusChanged:
    return StatusChanged(old=Status.OPEN, new=status, actor=AGENT)


def resolved() -> TicketResolved:
    return TicketResolved(old=Status.OPEN, actor=AGENT)


def closed() -> TicketClosed:
    return TicketClosed(old=Status.RESOLVED, actor=AGENT, reason="done")


@dataclass
class Stored:
    """What the store holds: only what the pool said had changed was written."""

    tickets: dict[str, Document] = field(default_factory=dict)
    agents: dict[str, Document] = field(default_factory=dict)

    def record(self, pool: Pool) -> None:
        for ticket_id, ticket in pool.touched.items():
            self.tickets[ticket_id] = ticket.model_dump()
        for agent_id in pool.changed_agents:
            known = pool.roster.get(agent_id)
            if known is None:
                self.agents.pop(agent_id, None)
            else:
                self.agents[agent_id] = fields_of(known)

    def pool(self, routing: RoutingRules) -> tuple[Pool, dict[str, RoutedTicket]]:
        """As a process finds them that takes over, with all tickets."""
        tickets = {key: RoutedTicket.model_validate(d) for key, d in self.tickets.items()}
        pool = Pool("default", routing)
        placed = [ticket for ticket in tickets.values() if ticket.place is not Place.NOWHERE]
        pool.restore(map(agent_of, self.agents.values()), placed)
        return pool, tickets


class Desk:
    """A pool with all its tickets at hand, and a clock that is told."""

    def __init__(self, routing: RoutingRules | None = None) -> None:
        self.rules = routing or rules()
        self.pool = Pool("default", self.rules)
        self.tickets: dict[str, RoutedTicket] = {}
        self.stored = Stored()
        self.now = NINE

    def taken_over(self) -> list[tuple[str, Message]]:
        """Another process has the pool, from what is stored; what it says at once."""
        self.pool, self.tickets = self.stored.pool(self.rules)
        return self._end()

    def hear(self, subject: str, *events: Message) -> list[tuple[str, Message]]:
        """What is said, as (ticket, message)."""
        said: list[tuple[str, Message]] = []
        for event in events:
            self.pool.at_hand.update(self.tickets)
            self._hear(subject, event)
            said += self._end()
        return said

    def ticket(self, ticket_id: str, *events: Message, **arrived: Any) -> list[Message]:
        """A new ticket, triaged unless it is said what happens to it."""
        said = self.hear(ticket_id, created(**arrived), *(events or (triaged(),)))
        return [message for subject, message in said if subject == ticket_id]

    def online(self, *updates: AgentUpdated) -> list[tuple[str, Message]]:
        return [said for update in updates for said in self.hear(update.agent_id, update)]

    def gone(self, agent_id: str) -> list[tuple[str, Message]]:
        self.pool.at_hand.update(self.tickets)
        on_agent_removed(self.pool, agent_id, self.now)
        return self._end()

    def wait(self, span: timedelta) -> list[tuple[str, Message]]:
        """Moves time; timers fire on the way, at their instant."""
        return [said for firing in self.timers(span) for said in firing]

    def timers(self, span: timedelta) -> Iterator[list[tuple[str, Message]]]:
        """What is said, timer by timer."""
        end = self.now + span
        while (due := self._next_due(end)) is not None:
            self.now, name, ticket_id = due
            self.pool.at_hand.update(self.tickets)
            on_due(self.pool, self.tickets[ticket_id], name, self.now)
            yield self._end()
        self.now = end

    def owner(self, ticket_id: str) -> str | None:
        return self.tickets[ticket_id].agent_id

    def _hear(self, subject: str, event: Message) -> None:
        if isinstance(event, AgentUpdated):
            on_agent_updated(self.pool, event, self.now)
        elif isinstance(event, TicketCreated):
            new_ticket(self.pool, subject, event, self.now)
        else:
            HEARS[type(event)](self.pool, self.tickets[subject], event, self.now)

    def _end(self) -> list[tuple[str, Message]]:
        self.pool.drain(self.now)
        self.tickets.update(self.pool.touched)
        self.stored.record(self.pool)
        self.pool.settle()
        return self.pool.tells.take()

    def _next_due(self, until: datetime) -> tuple[datetime, str, str] | None:
        set_timers = (
            (at, name, ticket_id)
            for ticket_id, ticket in self.tickets.items()
            for name, at in timers_of(ticket).items()
            if at is not None and at <= until
        )
        return min(set_timers, default=None)
