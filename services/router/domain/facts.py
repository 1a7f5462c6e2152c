"""What is learnt of a ticket, and what that changes for who takes it."""

from datetime import datetime
from typing import Any

from services.router.domain.pool import Pool
from services.router.domain.ticket import Facts, Place, RoutedTicket, primary_language
from shared.contracts.fields import Priority
from shared.contracts.sla import SlaFulfilled, SlaResumed, SlaRetargeted, SlaTargetsSet
from shared.contracts.ticket import FieldsChanged, TicketCreated
from shared.contracts.triage import TicketTriaged


def arrival_facts(created: TicketCreated) -> Facts:
    """What is known before triage, and so may choose the pool."""
    return Facts(
        channel=created.channel,
        mailbox=created.mailbox,
        brand=created.brand,
        tier=created.requester.tier,
        vip=created.requester.vip,
        language=primary_language(created.requester.locale),
        tags=created.tags,
        type=created.type,
        priority=created.priority or Priority.MEDIUM,
    )


def new_ticket(
    pool: Pool, ticket_id: str, created: TicketCreated, created_at: datetime
) -> RoutedTicket:
    """It waits for triage before it is routed."""
    ticket = RoutedTicket(
        ticket_id=ticket_id,
        pool=pool.name,
        created_at=created_at,
        facts=arrival_facts(created),
        unowned_since=created_at,
    )
    pool.touch(ticket)
    return ticket


def learn_from_triage(ticket: RoutedTicket, triaged: TicketTriaged) -> None:
    found = {
        "category": triaged.category,
        "sub_category": triaged.sub_category,
        "product": triaged.product,
        "type": triaged.type,
        "priority": triaged.priority,
        "tags": triaged.tags,
        "language": primary_language(triaged.language) or ticket.facts.language,
    }
    _learn(ticket, {name: value for name, value in found.items() if name not in ticket.pinned})
    ticket.routable = True


def on_fields_changed(
    pool: Pool, ticket: RoutedTicket, changed: FieldsChanged, now: datetime
) -> None:
    by_hand = {
        name: value
        for name in ("category", "priority", "type", "tags")
        if (value := getattr(changed, name)) is not None
    }
    _learn(ticket, by_hand)
    ticket.pinned = tuple(sorted({*ticket.pinned, *by_hand}))
    if changed.requester is not None:
        _learn(ticket, {"tier": changed.requester.tier, "vip": changed.requester.vip})
    replaced(pool, ticket, now)


def _learn(ticket: RoutedTicket, facts: dict[str, Any]) -> None:
    ticket.facts = ticket.facts.model_copy(update=facts)


def replaced(pool: Pool, ticket: RoutedTicket, now: datetime) -> None:
    """Its facts changed: an owner keeps it, a waiting one may move, a new one is placed."""
    pool.touch(ticket)
    if ticket.place is Place.OWNED or not ticket.routable or not pool.rules.is_work(ticket):
        return
    pool.place(ticket, now)


def on_targets(
    pool: Pool,
    ticket: RoutedTicket,
    event: SlaTargetsSet | SlaRetargeted | SlaResumed,
    _: datetime,
) -> None:
    """Deadlines order the queue; they never free anybody, so nothing else can follow."""
    for target in event.targets:
        if target.due_at is None:
            ticket.deadlines.pop(target.metric.value, None)
        else:
            ticket.deadlines[target.metric.value] = target.due_at
    pool.reorder(ticket)


def on_fulfilled(pool: Pool, ticket: RoutedTicket, event: SlaFulfilled, _: datetime) -> None:
    ticket.deadlines.pop(event.metric.value, None)
    pool.reorder(ticket)
