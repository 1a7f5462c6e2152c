"""How a simulated desk fared: waits by queue, loads by agent, and what did not go well."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.router.domain.agent import Agent
from services.router.domain.ticket import Place, RoutedTicket
from shared.contracts.assignment import (
    TicketAssigned,
    TicketEscalated,
    TicketQueued,
    TicketUnassigned,
)
from shared.contracts.message import Message


class Waits(NamedTuple):
    """Seconds until the first owner, of those tickets that got one."""

    tickets: int
    at_once: int
    median: float
    ninety: float
    longest: float


@dataclass(slots=True)
class AgentCourse:
    assignments: int = 0
    most: int = 0  # places taken at once
    capacity: int = 0


@dataclass(slots=True)
class Course:
    """`waits` are of first assignments, by queue; `never` are tickets that nobody ever had."""

    tickets: dict[str, RoutedTicket] = field(default_factory=dict)
    waits: dict[str, list[float]] = field(default_factory=dict)
    rules: Counter[str] = field(default_factory=Counter)
    agents: dict[str, AgentCourse] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)
    taken_away: Counter[str] = field(default_factory=Counter)
    escalated: Counter[str] = field(default_factory=Counter)
    why_waiting: dict[str, str] = field(default_factory=dict)
    _had: set[str] = field(default_factory=set)

    def arrived(self, ticket: RoutedTicket) -> None:
        self.tickets[ticket.ticket_id] = ticket

    def seen(self, agent: Agent, _: datetime) -> None:
        known = self.agents.setdefault(agent.agent_id, AgentCourse())
        known.most = max(known.most, agent.load)
        known.capacity = max(known.capacity, agent.profile.capacity)

    def said(self, ticket: RoutedTicket, message: Message, now: datetime) -> None:
        match message:
            case TicketAssigned():
                self.agents.setdefault(message.agent_id, AgentCourse()).assignments += 1
                if ticket.ticket_id not in self._had:
                    self._had.add(ticket.ticket_id)
                    self.rules[message.decision.rule] += 1
                    waited = (now - ticket.created_at).total_seconds()
                    self.waits.setdefault(message.queue, []).append(waited)
            case TicketQueued():
                self.why_waiting[ticket.ticket_id] = message.decision.reason
                if message.missing_skill is not None:
                    self.missing[message.missing_skill] += 1
            case TicketUnassigned() if message.reason != "resolved":
                self.taken_away[message.reason] += 1
            case TicketEscalated():
                self.escalated[message.trigger or "request"] += 1
            case _:
                pass

    @property
    def never(self) -> list[str]:
        return [ticket_id for ticket_id in self.tickets if ticket_id not in self._had]

    @property
    def left(self) -> list[str]:
        """Had an owner once, and wait again at the end."""
        waiting = (t for t in self.tickets.values() if t.place is Place.WAITING)
        return [t.ticket_id for t in waiting if t.ticket_id in self._had]

    def by_queue(self) -> dict[str, Waits]:
        return {queue: waits_of(self.waits[queue]) for queue in sorted(self.waits)}

    def altogether(self) -> Waits | None:
        everything = [seconds for each in self.waits.values() for seconds in each]
        return waits_of(everything) if everything else None


def waits_of(seconds: Sequence[float]) -> Waits:
    """Percentiles by nearest rank."""
    ordered = sorted(seconds)
    most = len(ordered) - 1
    return Waits(
        tickets=len(ordered),
        at_once=sum(not each for each in ordered),
        median=ordered[most // 2],
        ninety=ordered[min(most, (len(ordered) * 9 + 9) // 10 - 1)],
        longest=ordered[-1],
    )
