"""The agents of a pool, and who of them can do what."""

from collections.abc import Callable

from services.router.domain.agent import Agent, Profile
from services.router.domain.ranking import Ranking
from services.router.domain.requirement import Need, Requirement
from services.router.domain.routing_config import Selection

MOST_RANKINGS = 256


class Roster:
    """Rankings are made on demand, one for each requirement that tickets have."""

    def __init__(self, weight_of: Callable[[str, tuple[str, ...]], int]) -> None:
        self._weight_of = weight_of
        self.agents: dict[str, Agent] = {}
        self._rankings: dict[tuple[Requirement, Selection], Ranking] = {}
        self._somebody: dict[Need, bool] = {}

    def get(self, agent_id: str | None) -> Agent | None:
        return self.agents.get(agent_id) if agent_id is not None else None

    def add(self, agent: Agent) -> None:
        self.agents[agent.agent_id] = agent
        self._weigh(agent)
        self._somebody.clear()
        self._review(agent)

    def remove(self, agent_id: str) -> None:
        if self.agents.pop(agent_id, None) is not None:
            self._somebody.clear()
            for ranking in self._rankings.values():
                ranking.members.pop(agent_id, None)

    def update(self, agent: Agent, profile: Profile) -> None:
        same = agent.profile.can_as(profile)
        agent.become(profile)
        self._weigh(agent)
        if same:
            self.offer(agent)
        else:
            self._somebody.clear()
            self._review(agent)

    def offer(self, agent: Agent) -> None:
        """He may have more room than before."""
        for ranking in self._rankings.values():
            ranking.offer(agent)

    def ranking(self, requirement: Requirement, selection: Selection) -> Ranking:
        key = (requirement, selection)
        found = self._rankings.pop(key, None)
        if found is None:
            found = Ranking(requirement, selection, self.agents.values())
            while len(self._rankings) >= MOST_RANKINGS:
                del self._rankings[next(iter(self._rankings))]  # the longest unused
        self._rankings[key] = found
        return found

    def somebody_has(self, need: Need) -> bool:
        """Anybody at all, whether or not he is there."""
        known = self._somebody.get(need)
        if known is None:
            known = any(agent.has(need) for agent in self.agents.values())
            self._somebody[need] = known
        return known

    def _weigh(self, agent: Agent) -> None:
        agent.weight = self._weight_of(agent.agent_id, agent.profile.teams)

    def _review(self, agent: Agent) -> None:
        for ranking in self._rankings.values():
            ranking.review(agent)
