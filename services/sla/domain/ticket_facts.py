"""What a policy may depend on, as far as the log has told it."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shared.contracts.fields import Priority, Requester, TicketType, Tier
from shared.contracts.ticket import FieldsChanged, TicketCreated
from shared.contracts.triage import TicketTriaged

MOST_TAGS = 50
_COMPARED = ("tier", "vip", "priority", "category", "type", "tags", "queue", "customer")


class TicketFacts(BaseModel):
    model_config = ConfigDict(frozen=True)

    channel: str
    came_at: datetime | None = None
    customer: str
    tier: Tier = Tier.STANDARD
    vip: bool = False
    mailbox: str | None = None
    brand: str | None = None
    priority: Priority | None = None  # None: not triaged yet
    category: str | None = None
    type: TicketType | None = None
    tags: tuple[str, ...] = ()
    queue: str | None = None
    pinned: tuple[str, ...] = ()  # set by a human: triage no longer changes them


def on_arrival(created: TicketCreated, at: datetime) -> TicketFacts:
    return TicketFacts(
        channel=created.channel,
        came_at=at,
        customer=created.requester.customer_id,
        tier=created.requester.tier,
        vip=created.requester.vip,
        mailbox=created.mailbox,
        brand=created.brand,
        type=created.type,
        tags=_tags(created.tags),
    )


def as_triaged(facts: TicketFacts, triaged: TicketTriaged) -> TicketFacts:
    found = {
        "priority": triaged.priority,
        "category": triaged.category,
        "type": triaged.type,
        "tags": _tags((*facts.tags, *triaged.tags)),
    }
    news = {name: value for name, value in found.items() if name not in facts.pinned}
    return facts.model_copy(update=news)


def as_changed(facts: TicketFacts, changed: FieldsChanged) -> TicketFacts:
    by_hand = {
        "priority": changed.priority,
        "category": changed.category,
        "type": changed.type,
        "tags": None if changed.tags is None else _tags(changed.tags),
    }
    news = {name: value for name, value in by_hand.items() if value is not None}
    pinned = tuple(sorted({*facts.pinned, *news}))
    return _of_requester(facts, changed.requester).model_copy(update={**news, "pinned": pinned})


def _of_requester(facts: TicketFacts, requester: Requester | None) -> TicketFacts:
    if requester is None:
        return facts
    who = {"customer": requester.customer_id, "tier": requester.tier, "vip": requester.vip}
    return facts.model_copy(update=who)


def what_changed(old: TicketFacts, new: TicketFacts) -> list[str]:
    """`priority medium ▶ high`, one for each fact that a policy may depend on."""
    return [
        f"{name} {_shown(getattr(old, name))} ▶ {_shown(getattr(new, name))}"
        for name in _COMPARED
        if getattr(old, name) != getattr(new, name)
    ]


def _shown(value: object) -> str:
    return ", ".join(value) or "-" if isinstance(value, tuple) else str(value)


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tags))[:MOST_TAGS]
