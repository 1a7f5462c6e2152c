"""What a pool remembers of a ticket: the facts that rules read, and where it stands."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from shared.contracts.fields import Priority, Status, TicketType, Tier


class Facts(BaseModel):
    """What the conditions of routing.yaml may ask about."""

    channel: str
    mailbox: str | None = None
    brand: str | None = None
    tier: Tier = Tier.STANDARD
    vip: bool = False
    language: str | None = None
    tags: tuple[str, ...] = ()
    category: str | None = None
    sub_category: str | None = None
    product: str | None = None
    type: TicketType | None = None
    priority: Priority = Priority.MEDIUM


class Place(StrEnum):
    NOWHERE = "nowhere"  # not yet triaged, over, or asleep without an owner
    WAITING = "waiting"
    OWNED = "owned"


class RoutedTicket(BaseModel):
    """A ticket as its pool sees it. Changed in place, by the pool alone."""

    ticket_id: str
    pool: str
    created_at: datetime
    facts: Facts
    status: Status = Status.NEW
    gone: bool = False  # spam, or merged into another
    routable: bool = False  # triage has spoken, or an alarm came first
    pinned: tuple[str, ...] = ()  # facts set by a human, which triage no longer changes
    deadlines: dict[str, datetime] = {}  # by SLA metric

    place: Place = Place.NOWHERE
    queue: str = ""
    agent_id: str | None = None
    last_agent_id: str | None = None
    unowned_since: datetime

    hand_queue: str | None = None  # where a human put it
    level: int = 0  # of escalation
    raised_queue: str | None = None
    raised_seniority: int = 0
    not_again: str | None = None  # who has just given it back
    relaxed: int = 0  # how many wishes have fallen away
    overflowed: bool = False
    relax_at: datetime | None = None
    overflow_at: datetime | None = None
    grace_at: datetime | None = None

    @property
    def over(self) -> bool:
        return self.gone or self.status in (Status.RESOLVED, Status.CLOSED)

    @property
    def due_at(self) -> datetime | None:
        return min(self.deadlines.values(), default=None)

    @property
    def order(self) -> tuple[int, float, float, str]:
        """Priority, then deadline, then age; the id settles what is left."""
        due_at = self.due_at
        return (
            -self.facts.priority.rank,
            due_at.timestamp() if due_at is not None else float("inf"),
            self.created_at.timestamp(),
            self.ticket_id,
        )


def primary_language(tag: str | None) -> str | None:
    """`de` for `de-AT`, `de_AT` and `DE`."""
    if not tag:
        return None
    return tag.replace("_", "-").split("-", 1)[0].lower() or None
