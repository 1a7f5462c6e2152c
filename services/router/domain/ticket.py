"""What a pool remembers of a ticket: the facts that rules read, and where it stands."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from shared.contracts.fields import Priority, Status, TicketType, Tier

Order = tuple[int, int, float, float, str]


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
    lane: int = 1  # the rank of its rule's lane
    effort: int = 1  # the room it takes, as it was when it was placed
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
    stand_in: str | None = None  # the queue that takes it while its own is closed
    closed: bool = False  # no queue that could take it is open
    alarmed: bool = False  # it was said that nobody has it
    relax_at: datetime | None = None
    overflow_at: datetime | None = None
    grace_at: datetime | None = None
    hours_at: datetime | None = None  # the queue opens or closes
    alarm_at: datetime | None = None

    # It is changed many times a ticket, and pydantic's own way of setting costs ten times as much.
    __setattr__ = object.__setattr__

    def model_dump(self, **asked: Any) -> dict[str, Any]:
        """What is as at first is left out, but for what others ask the store about."""
        state = super().model_dump(**{"exclude_defaults": True, **asked})
        return {"place": self.place, "agent_id": self.agent_id, **state}

    def stop_waiting(self) -> None:
        """What would have happened to it in line is off."""
        self.relax_at = self.overflow_at = self.hours_at = self.alarm_at = None

    @property
    def by_the_clock(self) -> tuple[str | None, bool, datetime | None]:
        """What opening hours say of it."""
        return (self.stand_in, self.closed, self.hours_at)

    def forget_hours(self) -> None:
        self.stand_in, self.closed, self.hours_at = None, False, None

    @property
    def over(self) -> bool:
        return self.gone or self.status in (Status.RESOLVED, Status.CLOSED)

    @property
    def due_at(self) -> datetime | None:
        return min(self.deadlines.values(), default=None)

    @property
    def order(self) -> Order:
        """Lane, then priority, then deadline, then age; the id settles what is left."""
        due_at = self.due_at
        return (
            self.lane,
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
