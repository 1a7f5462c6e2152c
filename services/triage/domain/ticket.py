"""What triage remembers of a ticket: a small document, without a word of its texts."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.triage.domain.evidence import Evidence
from services.triage.domain.priority_rules import Level
from shared.contracts.fields import Automatic, Priority, Requester, TicketType, Tier
from shared.contracts.ticket import TicketCreated

MOST_TAGS = 50
Pin = Literal["category", "priority", "type", "tags"]


class Kept(BaseModel):
    model_config = ConfigDict(frozen=True)


class Facts(Kept):
    """What is known of a ticket beside its words."""

    channel: str
    mailbox: str | None = None
    brand: str | None = None
    tier: Tier = Tier.STANDARD
    vip: bool = False
    wished: Priority | None = None
    automatic: Automatic | None = None
    follow_up: bool = False
    open_tickets: int = 0

    def of(self, requester: Requester) -> "Facts":
        return self.model_copy(update={"tier": requester.tier, "vip": requester.vip})


class Verdict(Kept):
    """What holds at present: decided here, or set by a human."""

    category: str
    sub_category: str | None = None
    confidence: float
    type: TicketType
    language: str | None = None
    impact: Level = Level.LOW
    urgency: Level = Level.LOW
    priority: Priority = Priority.LOW
    tone: str | None = None
    tags: tuple[str, ...] = ()
    product: str | None = None


class TriageState(Kept):
    """`pinned` names what was set by a human: it is never changed here again."""

    facts: Facts
    evidence: Evidence
    verdict: Verdict
    pinned: tuple[Pin, ...] = ()
    rules_version: str


def facts_of(created: TicketCreated) -> Facts:
    facts = Facts(
        channel=created.channel,
        mailbox=created.mailbox,
        brand=created.brand,
        wished=created.priority,
        automatic=created.automatic,
        follow_up=created.follow_up_of is not None,
        open_tickets=created.history.open,
    )
    return facts.of(created.requester)
