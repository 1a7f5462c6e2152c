"""A pool's agents and tickets as documents."""

from collections.abc import Mapping
from typing import Any

from services.router.domain.agent import Agent, Profile
from services.router.domain.pool import Pool
from services.router.domain.routing_rules import RoutingRules
from services.router.domain.ticket import Place, RoutedTicket
from shared.contracts.people import Availability
from shared.kit.unit import Document, Transaction

AGENTS, TICKETS = "agents", "tickets"
INDEXES: Mapping[str, list[list[tuple[str, int]]]] = {
    AGENTS: [[("pool", 1)]],
    TICKETS: [[("pool", 1), ("place", 1)]],
}
_PLACED = {"$in": [Place.WAITING.value, Place.OWNED.value]}


async def load_pool(tx: Transaction, name: str, rules: RoutingRules) -> Pool:
    """Loads are counted from the tickets, so they cannot drift from them."""
    agents = await tx.find(AGENTS, {"pool": name})
    tickets = await tx.find(TICKETS, {"pool": name, "place": _PLACED})
    pool = Pool(name, rules)
    pool.restore(map(agent_of, agents), map(RoutedTicket.model_validate, tickets))
    return pool


def record_agents(tx: Transaction, pool: Pool) -> None:
    for agent_id in sorted(pool.changed_agents):
        document_id = f"{pool.name}/{agent_id}"  # on a change of pools both have him for a while
        agent = pool.roster.get(agent_id)
        if agent is None:
            tx.drop(AGENTS, document_id)
        else:
            tx.put(AGENTS, {"_id": document_id, "pool": pool.name, **fields_of(agent)})


def fields_of(agent: Agent) -> Document:
    """Skills are a list, as their names may hold dots."""
    profile = agent.profile
    return {
        "agent_id": agent.agent_id,
        "skills": [[skill, level] for skill, level in profile.skills],
        "languages": list(profile.languages),
        "teams": list(profile.teams),
        "seniority": profile.seniority,
        "capacity": profile.capacity,
        "availability": profile.availability.value,
        "channel_capacity": [[channel, most] for channel, most in profile.channel_capacity],
        "offline_since": agent.offline_since,
        "last_assigned_at": agent.last_assigned_at,
    }


def _channels(document: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Documents of before there were such limits have none."""
    return [(channel, most) for channel, most in document.get("channel_capacity", [])]


def agent_of(document: Mapping[str, Any]) -> Agent:
    profile = Profile(
        skills=tuple((skill, level) for skill, level in document["skills"]),
        languages=tuple(document["languages"]),
        teams=tuple(document["teams"]),
        seniority=document["seniority"],
        capacity=document["capacity"],
        availability=Availability(document["availability"]),
        channel_capacity=tuple(_channels(document)),
    )
    return Agent(
        document["agent_id"],
        profile,
        offline_since=document["offline_since"],
        last_assigned_at=document["last_assigned_at"],
    )
