"""What reporting keeps of one ticket: the fold of everything that was said about it."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from pydantic import BaseModel, Field

from shared.contracts.fields import Personal

OVER = frozenset({"resolved", "closed"})


@dataclass(frozen=True, slots=True)
class Dimensions:
    """What figures are broken down by, as it stands at one moment. None: not known yet."""

    channel: str | None = None
    category: str | None = None
    priority: str | None = None
    tier: str | None = None
    queue: str | None = None
    agent: str | None = None

    def known(self) -> Iterator[tuple[str, str]]:
        for name in DIMENSIONS:
            value = getattr(self, name)
            if value is not None:
                yield name, value


DIMENSIONS = tuple(each.name for each in fields(Dimensions))


class PersonalPart(BaseModel):
    """All that is personal in a ticket's document: in one place, so that views can leave it out."""

    subject: Personal
    requester_name: Personal | None = None


class Verdict(BaseModel):
    """How one cycle of a metric was counted, so that a correction takes back just that."""

    kept: bool
    at: datetime
    under: Dimensions


class Clock(BaseModel):
    """The latest cycle of one metric. `due_at` is None while it is paused or after its end."""

    cycle: int = 1
    state: str = "running"  # paused, met, breached (still not done), late (done), cancelled
    due_at: datetime | None = None
    target_seconds: float | None = None
    business: bool = True
    started_at: datetime | None = None
    remaining_seconds: float | None = None
    warned: str | None = None  # the last warning's level
    ended_at: datetime | None = None
    elapsed_seconds: float | None = None
    verdict: Verdict | None = None

    @property
    def open(self) -> bool:
        return self.state in {"running", "paused", "breached"}

    @property
    def missed(self) -> bool:
        return self.verdict is not None and not self.verdict.kept


class Turns(BaseModel):
    """How often each side wrote. Automatic mail is no turn of anybody."""

    requester: int = 0
    agent: int = 0
    bot: int = 0
    notes: int = 0
    automatic: int = 0


class Told(BaseModel):
    sent: int = 0
    failed: int = 0
    suppressed: int = 0


class Rating(BaseModel):
    """How the last rating was counted, so that the next one takes its place."""

    at: datetime
    under: Dimensions


class TicketReport(BaseModel):
    number: str
    channel: str
    mailbox: str | None = None
    brand: str | None = None
    customer_id: str
    organisation: str | None = None
    tier: str
    vip: bool = False
    personal: PersonalPart

    category: str | None = None
    sub_category: str | None = None
    confidence: float | None = None
    type: str | None = None
    language: str | None = None
    product: str | None = None
    tone: str | None = None
    priority: str | None = None
    tags: list[str] = Field(default_factory=list)

    status: str
    live: bool = True  # neither over nor spam nor merged into another
    status_since: datetime
    status_seconds: dict[str, float] = Field(default_factory=dict)

    agent: str | None = None
    last_agent: str | None = None
    queue: str | None = None
    pool: str | None = None
    queued_at: datetime | None = None
    first_assigned_at: datetime | None = None
    assignments: int = 0
    transfers: int = 0
    escalation_level: int = 0

    created_at: datetime
    updated_at: datetime
    acknowledged_at: datetime | None = None
    first_response_at: datetime | None = None
    first_response_by: str | None = None
    first_response_business_seconds: float | None = None
    first_resolved_at: datetime | None = None
    resolved_at: datetime | None = None  # the last resolution, if it still stands
    resolved_by: str | None = None
    resolution_business_seconds: float | None = None
    closed_at: datetime | None = None
    reopens: int = 0
    awaiting_reply_since: datetime | None = None  # the requester wrote, no human answered yet

    turns: Turns = Turns()
    told: Told = Told()
    score: int | None = None
    rating: Rating | None = None

    policy: str | None = None
    clocks: dict[str, Clock] = Field(default_factory=dict)
    next_due_at: datetime | None = None
    next_metric: str | None = None
    breached: bool = False  # a target was missed
    at_risk: bool = False  # a target was warned of and is neither met nor missed

    spam: bool = False
    imported: bool = False
    merged_into: str | None = None
    follow_up_of: str | None = None
    split_from: str | None = None

    entries: int = 0  # of its timeline

    def dimensions(self, *, agent: str | None = None) -> Dimensions:
        """As they stand now; the agent is the one named, or else the last who owned it."""
        return self._under(agent or self.last_agent)

    def owned(self) -> Dimensions:
        """As they stand now, with the agent who has it now."""
        return self._under(self.agent)

    def _under(self, agent: str | None) -> Dimensions:
        return Dimensions(self.channel, self.category, self.priority, self.tier, self.queue, agent)

    def move_to(self, status: str, at: datetime) -> None:
        """Time in a status is counted when it is left; staying counts nothing."""
        if status == self.status:
            return
        spent = max((at - self.status_since).total_seconds(), 0.0)
        self.status_seconds[self.status] = self.status_seconds.get(self.status, 0.0) + spent
        self.status, self.status_since = status, at

    def settle(self) -> None:
        """What follows from the rest."""
        self.live = self.status not in OVER and not self.spam and self.merged_into is None
        self.breached = any(clock.missed for clock in self.clocks.values())
        self.at_risk = any(
            clock.warned is not None and clock.state == "running" for clock in self.clocks.values()
        )
        due = [
            (clock.due_at, metric)
            for metric, clock in self.clocks.items()
            if self.live and clock.open and clock.due_at is not None
        ]
        self.next_due_at, self.next_metric = min(due, default=(None, None))
