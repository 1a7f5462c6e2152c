"""Why an agent was chosen, or nobody: the record that goes with each decision."""

from collections.abc import Iterable
from itertools import chain, islice

from services.router.domain.agent import Agent
from services.router.domain.planning import Plan
from services.router.domain.ranking import Ranking
from services.router.domain.requirement import Requirement, label
from services.router.domain.roster import Roster
from services.router.domain.routing_config import Selection
from services.router.domain.routing_rules import RoutingRules
from services.router.domain.ticket import RoutedTicket
from shared.contracts.assignment import Candidate, Decision

CHOSEN_FOR = {
    Selection.MOST_SPARE: "most spare capacity",
    Selection.MOST_SPARE_PERCENT: "largest share of capacity spare",
    Selection.LONGEST_IDLE: "longest without a new ticket",
    Selection.WEIGHTED: "least load for his weight",
}
NOT_CHOSEN = {
    Selection.MOST_SPARE: "less spare capacity",
    Selection.MOST_SPARE_PERCENT: "smaller share of capacity spare",
    Selection.LONGEST_IDLE: "had a new ticket later",
    Selection.WEIGHTED: "more load for his weight",
}


def decision(
    plan: Plan,
    reason: str,
    *,
    roster: Roster,
    rules: RoutingRules,
    chosen: Agent | None,
    runner_up_out: str | None = None,
) -> Decision:
    """`runner_up_out`: why those who also had room were passed over, if not by the selection."""
    selection = rules.selection(plan.queue)
    ranking = roster.ranking(plan.requirement, selection)
    out = runner_up_out or NOT_CHOSEN[selection]
    looked_at = _looked_at(roster, ranking, chosen, rules.config.candidates)
    return Decision(
        rule=plan.rule,
        reason=reason,
        candidates=tuple(_candidate(agent, plan.requirement, chosen, out) for agent in looked_at),
        candidates_seen=len(roster.agents),
        rules_version=rules.version,
    )


def _looked_at(
    roster: Roster, ranking: Ranking, chosen: Agent | None, most: int
) -> Iterable[Agent]:
    """The chosen one, those next best, those able, then others: as many as the record holds."""
    everybody = chain(
        (chosen,) if chosen is not None else (),
        ranking.leaders(most),
        ranking.members.values(),
        roster.agents.values(),
    )
    # Each of the three lists may repeat the ones before it.
    found = {agent.agent_id: agent for agent in islice(everybody, 4 * most)}
    return islice(found.values(), most)


def _candidate(
    agent: Agent, requirement: Requirement, chosen: Agent | None, runner_up_out: str
) -> Candidate:
    return Candidate(
        agent_id=agent.agent_id,
        load=agent.load,
        capacity=agent.profile.capacity,
        out=None if agent is chosen else _why_out(agent, requirement) or runner_up_out,
    )


def _why_out(agent: Agent, requirement: Requirement) -> str | None:
    if not agent.in_one_of(requirement.teams):
        return f"not in {' or '.join(requirement.teams)}"
    for need in requirement.needs:
        if not agent.has(need):
            return f"lacks {label(need)}"
    if not agent.online:
        return agent.profile.availability.value
    if agent.has_room(requirement):
        return None
    return _why_full(agent, requirement)


def _why_full(agent: Agent, requirement: Requirement) -> str:
    if agent.load >= agent.profile.capacity:
        return "full"
    if agent.load + requirement.effort > agent.profile.capacity:
        return f"no room for {requirement.effort}"
    return f"has as many of {requirement.channel} as he may"


def why_waiting(ranking: Ranking, missing: str | None) -> str:
    if missing is not None:
        return f"nobody at all has {missing}"
    able = len(ranking.members)
    if not able:
        return "nobody meets all of it together"
    return f"none of {able} able is online with room"


def closed(ticket: RoutedTicket) -> str:
    """Of the queue, and of all that stand in for it."""
    if ticket.hours_at is None:
        return f"{ticket.queue} is closed"
    return f"{ticket.queue} is closed until {ticket.hours_at:%Y-%m-%d %H:%M} UTC"


def with_dropped(reason: str, plan: Plan) -> str:
    """Names the wishes that had fallen away when the decision was taken."""
    if not plan.dropped:
        return reason
    return f"{reason}; no longer asked: {', '.join(map(label, plan.dropped))}"
