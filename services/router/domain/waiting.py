"""Who waits, in which order, and whose turn it is when an agent has room."""

from bisect import bisect_left, insort
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeVar

from services.router.domain.agent import Agent
from services.router.domain.planning import Plan
from services.router.domain.requirement import Requirement
from services.router.domain.ticket import Order, RoutedTicket

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket in line, with the order and plan by which it was put there."""

    ticket: RoutedTicket
    plan: Plan
    requirement: Requirement
    order: Order

    @property
    def announced(self) -> tuple[str, int, int, Requirement]:
        """What TicketQueued told of it: queue, lane, priority, and what is asked in any case."""
        lane, priority, *_ = self.order
        return (self.plan.queue, lane, priority, self.plan.least)


class WaitingRoom:
    """Lines by requirement (an agent can take all of a line or none) and by queue (for positions).

    So freeing an agent costs a look at the head of each line, however many tickets wait.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._lines: dict[Requirement, list[Order]] = {}
        self._queues: dict[str, list[Order]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def get(self, ticket_id: str) -> Waiting | None:
        return self._waiting.get(ticket_id)

    def add(self, ticket: RoutedTicket, plan: Plan) -> int:
        """Its position in its queue, from 1."""
        waiting = Waiting(ticket, plan, plan.requirement, ticket.order)
        self._waiting[ticket.ticket_id] = waiting
        insort(self._lines.setdefault(waiting.requirement, []), waiting.order)
        queue = self._queues.setdefault(plan.queue, [])
        insort(queue, waiting.order)
        return bisect_left(queue, waiting.order) + 1

    def discard(self, ticket_id: str) -> Waiting | None:
        waiting = self._waiting.pop(ticket_id, None)
        if waiting is not None:
            _leave(self._lines, waiting.requirement, waiting.order)
            _leave(self._queues, waiting.plan.queue, waiting.order)
        return waiting

    def requirements(self) -> list[Requirement]:
        return list(self._lines)

    def line(self, requirement: Requirement) -> list[Waiting]:
        return [self._waiting[order[-1]] for order in self._lines[requirement]]

    def in_order(self) -> list[Waiting]:
        return sorted(self._waiting.values(), key=lambda waiting: waiting.order)

    def first_for(self, agent: Agent) -> Waiting | None:
        """The first of all whom this agent can take now."""
        heads = [
            line[0]
            for requirement, line in self._lines.items()
            if agent.has_room(requirement) and agent.can_take(requirement)
        ]
        return self._waiting[min(heads)[-1]] if heads else None


def _leave(lines: dict[K, list[Order]], name: K, order: Order) -> None:
    line = lines[name]
    del line[bisect_left(line, order)]
    if not line:
        del lines[name]
