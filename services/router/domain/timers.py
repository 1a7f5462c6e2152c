"""What changes for a waiting ticket, or an absent agent's, when its time is up."""

from collections.abc import Callable
from datetime import datetime

from services.router.domain.agent_events import on_grace_over
from services.router.domain.escalation import escalate_unassigned
from services.router.domain.planning import plan_for
from services.router.domain.pool import Pool
from services.router.domain.ticket import Place, RoutedTicket

RELAX, OVERFLOW, GRACE, HOURS, ALARM = "relax", "overflow", "grace", "hours", "alarm"


def timers_of(ticket: RoutedTicket) -> dict[str, datetime | None]:
    """None: not set."""
    return {
        RELAX: ticket.relax_at,
        OVERFLOW: ticket.overflow_at,
        GRACE: ticket.grace_at,
        HOURS: ticket.hours_at,
        ALARM: ticket.alarm_at,
    }


def on_due(pool: Pool, ticket: RoutedTicket, name: str, due_at: datetime) -> None:
    """A timer that was moved or cancelled by an event of the same batch is stale."""
    if timers_of(ticket).get(name) == due_at:
        _DUE[name](pool, ticket, due_at)


def _relax(pool: Pool, ticket: RoutedTicket, now: datetime) -> None:
    """The least important of the wishes that still keep somebody out falls away."""
    ticket.relax_at = None
    pool.touch(ticket)
    if ticket.place is not Place.WAITING:
        return
    before = pool.plan(ticket).requirement
    while plan_for(ticket, pool.rules).wishes:
        ticket.relaxed += 1
        if pool.plan(ticket).requirement != before:
            break
    pool.place(ticket, now)


def _overflow(pool: Pool, ticket: RoutedTicket, now: datetime) -> None:
    ticket.overflow_at = None
    pool.touch(ticket)
    if ticket.place is Place.WAITING:
        ticket.overflowed = True
        pool.place(ticket, now)


def _hours(pool: Pool, ticket: RoutedTicket, now: datetime) -> None:
    """A queue opens or closes: all who wait because of it are placed anew, each by its own."""
    ticket.hours_at = None
    pool.touch(ticket)
    if ticket.place is Place.WAITING:
        pool.place(ticket, now)


def _alarm(pool: Pool, ticket: RoutedTicket, now: datetime) -> None:
    """While nobody is open, waiting is no news: the time begins when somebody opens."""
    ticket.alarm_at = None
    pool.touch(ticket)
    if ticket.place is not Place.WAITING:
        return
    patience = pool.rules.config.never_assigned
    if ticket.closed and ticket.hours_at is not None and patience is not None:
        ticket.alarm_at = ticket.hours_at + patience
    else:
        ticket.alarmed = True
        escalate_unassigned(pool, ticket, now)


def _grace(pool: Pool, ticket: RoutedTicket, now: datetime) -> None:
    pool.touch(ticket)
    on_grace_over(pool, ticket, now)
    ticket.grace_at = None


_DUE: dict[str, Callable[[Pool, RoutedTicket, datetime], None]] = {
    RELAX: _relax,
    OVERFLOW: _overflow,
    GRACE: _grace,
    HOURS: _hours,
    ALARM: _alarm,
}
