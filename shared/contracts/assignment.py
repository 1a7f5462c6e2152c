"""What the router says: who owns a ticket, who waits in which queue, and why."""

from typing import ClassVar

from pydantic import Field

from shared.contracts.fields import Contract, Moment, Priority
from shared.contracts.message import Message
from shared.contracts.topics import TICKET_EVENTS


class RouterEvent(Message):
    topic: ClassVar[str] = TICKET_EVENTS.name
    writer: ClassVar[str] = "router"


class Candidate(Contract):
    """An agent who was looked at: the load seen, and why not chosen (None: chosen)."""

    agent_id: str
    load: int
    capacity: int
    out: str | None = None


class Decision(Contract):
    """How a routing decision came about, so that it can be retraced."""

    rule: str
    reason: str
    candidates: tuple[Candidate, ...] = ()  # at most 20
    candidates_seen: int = 0
    rules_version: str


class TicketQueued(RouterEvent):
    """Nobody can take it yet: it waits in order of priority, deadline, age."""

    queue: str
    pool: str
    priority: Priority
    required_skills: tuple[str, ...] = ()
    missing_skill: str | None = None  # nobody at all has it
    position: int = Field(ge=1)
    decision: Decision


class TicketAssigned(RouterEvent):
    """An agent owns it from now on, instead of whoever did before."""

    agent_id: str
    queue: str
    pool: str
    priority: Priority
    waited_seconds: float = Field(ge=0)
    by_hand: bool = False
    decision: Decision


class TicketUnassigned(RouterEvent):
    """The agent no longer owns it; TicketQueued or TicketAssigned follows unless it is over."""

    agent_id: str
    queue: str
    pool: str
    reason: str  # resolved, agent_offline, agent_gone, handed_over, escalated …
    rules_version: str | None = None


class TicketEscalated(RouterEvent):
    """It rose to `level` (1 is the first above normal), into the queue that answers for it."""

    level: int = Field(ge=1)
    queue: str
    agent_id: str | None = None
    reason: str
    trigger: str | None = None  # warning, breach, stall, request, demand, unassigned
    on_call: str | None = None  # whose turn it is to be called
    due_at: Moment | None = None
    decision: Decision
