"""What a pool says of its assignments, each with the record of how it came about."""

from dataclasses import dataclass
from datetime import datetime

from services.router.domain.agent import Agent
from services.router.domain.explanation import closed, decision, why_waiting, with_dropped
from services.router.domain.planning import Plan
from services.router.domain.requirement import HOURS, label
from services.router.domain.roster import Roster
from services.router.domain.routing_rules import RoutingRules
from services.router.domain.ticket import RoutedTicket
from shared.contracts.assignment import Decision, TicketAssigned, TicketQueued, TicketUnassigned
from shared.contracts.message import Message


@dataclass(frozen=True, slots=True)
class Choice:
    """`passed_over`: why others with room were not taken, where not for their rank."""

    agent: Agent
    reason: str
    passed_over: str | None = None
    by_hand: bool = False


class Announcements:
    """Collects what is said, in order, until it is taken."""

    def __init__(self, pool: str, rules: RoutingRules, roster: Roster) -> None:
        self._pool = pool
        self._rules = rules
        self._roster = roster
        self._said: list[tuple[str, Message]] = []

    def take(self) -> list[tuple[str, Message]]:
        """What was said since the last time, each with its ticket."""
        said, self._said = self._said, []
        return said

    def mark(self) -> int:
        """A point in what is said, to say the reason of what follows before it."""
        return len(self._said)

    def say_at(self, mark: int, ticket: RoutedTicket, message: Message) -> None:
        self._said.insert(mark, (ticket.ticket_id, message))

    def _say(self, ticket: RoutedTicket, message: Message) -> None:
        self._said.append((ticket.ticket_id, message))

    def decision(self, plan: Plan, reason: str, choice: Choice | None) -> Decision:
        return decision(
            plan,
            with_dropped(reason, plan),
            roster=self._roster,
            rules=self._rules,
            chosen=choice.agent if choice is not None else None,
            runner_up_out=choice.passed_over if choice is not None else None,
        )

    def assigned(self, ticket: RoutedTicket, plan: Plan, choice: Choice, now: datetime) -> None:
        """To be said before it counts as the agent's load: the record holds what was seen."""
        said = TicketAssigned(
            agent_id=choice.agent.agent_id,
            queue=plan.queue,
            pool=self._pool,
            priority=ticket.facts.priority,
            waited_seconds=max(0.0, (now - ticket.unowned_since).total_seconds()),
            by_hand=choice.by_hand,
            decision=self.decision(plan, choice.reason, choice),
        )
        self._say(ticket, said)

    def queued(self, ticket: RoutedTicket, plan: Plan, position: int, note: str) -> None:
        abilities = [need for need in plan.needs if not need[0].startswith(HOURS)]
        missing = next((label(n) for n in abilities if not self._roster.somebody_has(n)), None)
        ranking = self._roster.ranking(plan.requirement, self._rules.selection(plan.queue))
        why = closed(ticket) if ticket.closed else why_waiting(ranking, missing)
        reason = "; ".join(filter(None, (note, why)))
        said = TicketQueued(
            queue=plan.queue,
            pool=self._pool,
            priority=ticket.facts.priority,
            required_skills=tuple(
                label(n) for n in plan.requirement.needs if not n[0].startswith(HOURS)
            ),
            missing_skill=missing,
            position=position,
            decision=self.decision(plan, reason, None),
        )
        self._say(ticket, said)

    def unassigned(self, ticket: RoutedTicket, agent_id: str, reason: str) -> None:
        said = TicketUnassigned(
            agent_id=agent_id,
            queue=ticket.queue,
            pool=self._pool,
            reason=reason,
            rules_version=self._rules.version,
        )
        self._say(ticket, said)
