"""What a human wants of an assignment: an agent, a queue, or the rules again."""

from dataclasses import replace
from datetime import datetime

from services.router.domain.announcing import Choice
from services.router.domain.facts import replaced
from services.router.domain.planning import BY_HAND
from services.router.domain.pool import Pool
from services.router.domain.ticket import RoutedTicket
from shared.contracts.ticket import AssignmentRequested


def on_assignment_requested(
    pool: Pool, ticket: RoutedTicket, request: AssignmentRequested, now: datetime
) -> None:
    if ticket.over:
        _remember(pool, ticket, request)
    elif request.agent_id is not None:
        _hand_to(pool, ticket, request.agent_id, now)
    elif request.queue is not None:
        _move_to(pool, ticket, request.queue, now)
    else:
        _give_back(pool, ticket, now)


def _remember(pool: Pool, ticket: RoutedTicket, request: AssignmentRequested) -> None:
    """A ticket that is over has no owner, but when it is reopened this is whose it was."""
    if request.agent_id is not None and pool.roster.get(request.agent_id) is not None:
        ticket.last_agent_id = request.agent_id
        pool.touch(ticket)


def _hand_to(pool: Pool, ticket: RoutedTicket, agent_id: str, now: datetime) -> None:
    """By hand it goes to anybody of the pool, there or not, with room or without."""
    if ticket.agent_id == agent_id:
        return
    agent = pool.roster.get(agent_id)
    if agent is None:
        _stay(pool, ticket, f"asked for agent {agent_id}, who is not in pool {pool.name}", now)
        return
    ticket.routable = True
    pool.release(ticket, "handed_over", now)
    plan = replace(pool.plan(ticket), rule=BY_HAND)
    choice = Choice(agent, "asked for by hand", passed_over="not asked for", by_hand=True)
    pool.give(ticket, plan, choice, now)


def _move_to(pool: Pool, ticket: RoutedTicket, queue: str, now: datetime) -> None:
    if pool.rules.queue(queue) is None:
        _stay(pool, ticket, f"asked for queue {queue}, which is not in the rules", now)
        return
    ticket.hand_queue, ticket.raised_queue = queue, None
    _route_again(pool, ticket, now)


def _give_back(pool: Pool, ticket: RoutedTicket, now: datetime) -> None:
    """Back to the rules; for a while not to the one who had it."""
    ticket.hand_queue = None
    ticket.not_again = ticket.agent_id
    _route_again(pool, ticket, now)


def _route_again(pool: Pool, ticket: RoutedTicket, now: datetime) -> None:
    ticket.routable = True
    ticket.relaxed, ticket.overflowed = 0, False
    ticket.relax_at = ticket.overflow_at = None
    pool.release(ticket, "handed_over", now)
    replaced(pool, ticket, now)


def _stay(pool: Pool, ticket: RoutedTicket, why: str, now: datetime) -> None:
    """What was asked for cannot be: whatever holds is said again, with the reason."""
    owner = pool.roster.get(ticket.agent_id)
    if owner is not None:
        plan = replace(pool.plan(ticket), rule=BY_HAND)
        pool.give(ticket, plan, Choice(owner, f"{why}: stays", passed_over="not asked for"), now)
    elif ticket.routable and pool.rules.is_work(ticket):
        pool.take_out(ticket)
        pool.place(ticket, now, note=why)
