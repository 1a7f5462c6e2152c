"""What a ticket's status means for its owner's load and for its place in line."""

from datetime import datetime

from services.router.domain.pool import Pool
from services.router.domain.ticket import Place, RoutedTicket
from shared.contracts.fields import Status
from shared.contracts.ticket import TicketMerged, TicketUnmerged


def set_status(pool: Pool, ticket: RoutedTicket, status: Status, now: datetime) -> None:
    was_over = ticket.over
    ticket.status = status
    pool.touch(ticket)
    if ticket.over:
        finish(pool, ticket, status.value, now)
    elif was_over:
        ticket.unowned_since = now
        wake(pool, ticket, now)
    elif ticket.place is Place.OWNED:
        _weigh(pool, ticket, now)
    elif pool.rules.is_work(ticket):
        wake(pool, ticket, now)
    else:
        pool.take_out(ticket)


def finish(pool: Pool, ticket: RoutedTicket, reason: str, now: datetime) -> None:
    pool.take_out(ticket)
    pool.release(ticket, reason, now)
    ticket.relaxed, ticket.overflowed, ticket.not_again = 0, False, None
    ticket.alarmed = False


def wake(pool: Pool, ticket: RoutedTicket, now: datetime) -> None:
    """It needs an agent again: first of all the one who knows it."""
    if ticket.place is not Place.NOWHERE or not ticket.routable or not pool.rules.is_work(ticket):
        return
    pool.place(ticket, now, prefer=ticket.last_agent_id if pool.rules.config.sticky else None)


def _weigh(pool: Pool, ticket: RoutedTicket, now: datetime) -> None:
    """An owned ticket fell asleep or woke. It does not wake for an owner who is long gone home."""
    owner = pool.roster.get(ticket.agent_id)
    if owner is None:
        return
    pool.lay_on(owner, ticket)
    pool.free(owner)
    ticket.grace_at = None
    if not pool.rules.is_work(ticket) or owner.offline_since is None:
        return
    grace_ends = owner.offline_since + pool.rules.config.offline_grace
    if grace_ends > now:
        ticket.grace_at = grace_ends
    else:
        pool.release(ticket, "agent_offline", now)
        pool.place(ticket, now)


def on_ticket_merged(pool: Pool, ticket: RoutedTicket, merged: TicketMerged, now: datetime) -> None:
    if merged.side == "source":
        go(pool, ticket, "merged", now)


def on_ticket_unmerged(
    pool: Pool, ticket: RoutedTicket, unmerged: TicketUnmerged, now: datetime
) -> None:
    if unmerged.side == "source" and ticket.gone:
        ticket.gone = False
        ticket.unowned_since = now
        pool.touch(ticket)
        wake(pool, ticket, now)


def go(pool: Pool, ticket: RoutedTicket, reason: str, now: datetime) -> None:
    ticket.gone = True
    pool.touch(ticket)
    finish(pool, ticket, reason, now)
