"""What it means for a pool that an agent comes, changes, leaves, or stays away too long."""

from collections.abc import Iterable
from datetime import datetime

from services.router.domain.agent import Agent, profile_of
from services.router.domain.pool import Pool
from services.router.domain.ticket import RoutedTicket
from shared.contracts.people import AgentUpdated, Availability


def tickets_of(pool: Pool, agent_id: str | None) -> set[str]:
    """Which tickets must be at hand before anything of this agent changes."""
    agent = pool.roster.get(agent_id)
    return agent.work.keys() | agent.asleep if agent is not None else set()


def on_agent_updated(pool: Pool, updated: AgentUpdated, now: datetime) -> None:
    """An agent whose teams belong to another pool is gone from this one."""
    if pool.rules.pool_of_agent(updated.teams) != pool.name:
        on_agent_removed(pool, updated.agent_id, now)
        return
    profile = profile_of(updated)
    agent = pool.roster.get(updated.agent_id)
    if agent is None:
        agent = Agent(updated.agent_id, profile)
        pool.roster.add(agent)
        pool.wish_again(agent, now)
    elif agent.profile == profile:
        return
    else:
        can_the_same = agent.profile.can_as(profile)
        pool.roster.update(agent, profile)
        if not can_the_same:
            pool.forget_vain_wishes()
            pool.wish_again(agent, now)
    _note_absence(pool, agent, now)
    pool.changed_agents.add(agent.agent_id)
    pool.free(agent)


def _note_absence(pool: Pool, agent: Agent, now: datetime) -> None:
    """Whoever goes offline keeps his tickets for a grace period; whoever is back keeps them."""
    offline = agent.profile.availability is Availability.OFFLINE
    if offline and agent.offline_since is None:
        agent.offline_since = now
        _set_grace(pool, agent, now + pool.rules.config.offline_grace)
    elif not offline and agent.offline_since is not None:
        agent.offline_since = None
        _set_grace(pool, agent, None)


def _set_grace(pool: Pool, agent: Agent, ends: datetime | None) -> None:
    for ticket in _at_hand(pool, agent.work):
        ticket.grace_at = ends
        pool.touch(ticket)


def on_grace_over(pool: Pool, ticket: RoutedTicket, now: datetime) -> None:
    """All of the absent agent's tickets are given back in one go, then routed in their order."""
    agent = pool.roster.get(ticket.agent_id)
    if agent is None:
        return
    _give_back(
        pool,
        [t for t in _at_hand(pool, agent.work) if t.grace_at is not None and t.grace_at <= now],
        "agent_offline",
        now,
    )


def on_agent_removed(pool: Pool, agent_id: str, now: datetime) -> None:
    agent = pool.roster.get(agent_id)
    if agent is None:
        return
    owned = _at_hand(pool, agent.work.keys() | agent.asleep)
    pool.dismiss(agent)
    pool.forget_vain_wishes()
    _give_back(pool, owned, "agent_gone", now)


def _give_back(pool: Pool, tickets: Iterable[RoutedTicket], reason: str, now: datetime) -> None:
    in_order = sorted(tickets, key=lambda ticket: ticket.order)
    for ticket in in_order:
        pool.release(ticket, reason, now)
    for ticket in in_order:
        if pool.rules.is_work(ticket):
            pool.place(ticket, now)


def _at_hand(pool: Pool, ticket_ids: Iterable[str]) -> list[RoutedTicket]:
    return [pool.known(ticket_id) for ticket_id in sorted(ticket_ids)]
