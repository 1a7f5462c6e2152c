"""Which of the agents who can take a ticket takes the next one."""

from collections.abc import Callable, Iterable, Iterator
from heapq import heapify, heappop, heappush, heapreplace
from itertools import islice

from services.router.domain.agent import Agent
from services.router.domain.requirement import Requirement
from services.router.domain.routing_config import Selection

Rank = tuple[float, str]
"""Lowest first; ties go to the lowest agent id, so that the same facts give the same choice."""


def _most_spare(agent: Agent) -> Rank:
    return (agent.load - agent.profile.capacity, agent.agent_id)


def _most_spare_percent(agent: Agent) -> Rank:
    return (agent.load / agent.profile.capacity, agent.agent_id)


def _longest_idle(agent: Agent) -> Rank:
    last = agent.last_assigned_at
    return (last.timestamp() if last is not None else float("-inf"), agent.agent_id)


def _weighted(agent: Agent) -> Rank:
    return ((agent.load + 1) / agent.weight, agent.agent_id)


RANKS: dict[Selection, Callable[[Agent], Rank]] = {
    Selection.MOST_SPARE: _most_spare,
    Selection.MOST_SPARE_PERCENT: _most_spare_percent,
    Selection.LONGEST_IDLE: _longest_idle,
    Selection.WEIGHTED: _weighted,
}
# Stale entries are let be until they outnumber the agents this much.
STALE_FACTOR, STALE_SLACK = 4, 64


class Ranking:
    """The agents able to meet one requirement, the best of those with room at hand.

    A heap of ranks that may be stale: an agent whose rank got better is offered again, one whose
    rank got worse is put right when he comes up. So a choice costs O(log agents), not O(agents).
    """

    def __init__(
        self, requirement: Requirement, selection: Selection, agents: Iterable[Agent]
    ) -> None:
        self.requirement = requirement
        self.members: dict[str, Agent] = {}
        self._rank = RANKS[selection]
        self._heap: list[Rank] = []
        for agent in agents:
            if agent.can_take(requirement):
                self.members[agent.agent_id] = agent
        self._rebuild()

    def best(self) -> Agent | None:
        heap = self._heap
        while heap:
            seen = heap[0]
            agent = self.members.get(seen[1])
            if agent is None or not agent.has_room(self.requirement):
                heappop(heap)
                continue
            rank = self._rank(agent)
            if rank == seen:
                return agent
            if rank > seen:
                heapreplace(heap, rank)
            else:
                heappop(heap)  # an entry with the better rank is in the heap already
        return None

    def offer(self, agent: Agent) -> None:
        """His rank may have got better: he has room again, or more of it."""
        if agent.agent_id in self.members and agent.has_room(self.requirement):
            heappush(self._heap, self._rank(agent))
            if len(self._heap) > STALE_FACTOR * len(self.members) + STALE_SLACK:
                self._rebuild()

    def review(self, agent: Agent) -> None:
        """His profile changed."""
        if agent.can_take(self.requirement):
            self.members[agent.agent_id] = agent
            self.offer(agent)
        else:
            self.members.pop(agent.agent_id, None)

    def leaders(self, most: int) -> Iterator[Agent]:
        """Some of the best, the very best first; the rest of the heap's top in no strict order."""
        for _, agent_id in islice(self._heap, most):
            if (agent := self.members.get(agent_id)) is not None:
                yield agent

    def _rebuild(self) -> None:
        room = (a for a in self.members.values() if a.has_room(self.requirement))
        self._heap = [self._rank(agent) for agent in room]
        heapify(self._heap)
