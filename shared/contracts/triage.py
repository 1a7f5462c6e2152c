"""What triage says: what a ticket is about and how urgent it is, with every reason."""

from typing import ClassVar

from pydantic import Field

from shared.contracts.fields import Contract, Priority, TicketType
from shared.contracts.message import Message
from shared.contracts.topics import TICKET_EVENTS


class Match(Contract):
    """A word or phrase of the rules that was found, and what it weighed."""

    phrase: str
    field: str  # subject or body
    weight: float
    category: str


class PriorityStep(Contract):
    """One contribution to the priority, in the order in which they were applied."""

    rule: str
    effect: str  # "urgency medium ▶ high", "at least high"


class TriageChange(Contract):
    field: str
    old: str | None = None
    new: str | None = None


class TicketTriaged(Message):
    """Category, type and priority were decided, or decided anew on new information."""

    topic: ClassVar[str] = TICKET_EVENTS.name
    writer: ClassVar[str] = "triage"

    category: str
    sub_category: str | None = None
    confidence: float = Field(ge=0, le=1)
    matches: tuple[Match, ...] = ()
    type: TicketType
    language: str | None = None  # ISO 639-1
    impact: str
    urgency: str
    priority: Priority
    priority_steps: tuple[PriorityStep, ...] = ()
    tone: str | None = None
    tags: tuple[str, ...] = ()
    product: str | None = None
    rules_version: str
    changes: tuple[TriageChange, ...] = ()  # empty: the first triage
