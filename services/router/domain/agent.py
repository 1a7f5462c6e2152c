"""Who an agent is to a pool: what he can do, how much he has, whether he takes more."""

from dataclasses import dataclass, field
from datetime import datetime

from services.router.domain.requirement import LANGUAGE, SENIORITY, WITHOUT, Need, Requirement
from services.router.domain.ticket import primary_language
from shared.contracts.people import AgentUpdated, Availability


@dataclass(frozen=True, slots=True)
class Profile:
    """What agent.updates says of an agent that matters here: no name, no address."""

    skills: tuple[Need, ...] = ()
    languages: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    seniority: int = 1
    capacity: int = 5
    availability: Availability = Availability.OFFLINE

    def abilities(self) -> dict[str, int]:
        spoken = (primary_language(tag) for tag in self.languages)
        return {
            **dict(self.skills),
            **{LANGUAGE + code: 1 for code in spoken if code},
            SENIORITY: self.seniority,
        }

    def can_as(self, other: "Profile") -> bool:
        """Whether both can take the same tickets, were they there and had room."""
        return (self.skills, self.languages, self.teams, self.seniority) == (
            other.skills,
            other.languages,
            other.teams,
            other.seniority,
        )


def profile_of(message: AgentUpdated) -> Profile:
    return Profile(
        skills=tuple(sorted(message.skills.items())),
        languages=message.languages,
        teams=message.teams,
        seniority=message.seniority,
        capacity=message.capacity,
        availability=message.availability,
    )


@dataclass(slots=True)
class Agent:
    """`work` are the tickets that count as load, `asleep` the others that he owns."""

    agent_id: str
    profile: Profile
    offline_since: datetime | None = None
    last_assigned_at: datetime | None = None
    work: set[str] = field(default_factory=set)
    asleep: set[str] = field(default_factory=set)
    _abilities: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._abilities = self.profile.abilities()

    def become(self, profile: Profile) -> None:
        self.profile = profile
        self._abilities = profile.abilities()

    @property
    def load(self) -> int:
        return len(self.work)

    @property
    def online(self) -> bool:
        return self.profile.availability is Availability.ONLINE

    @property
    def takes_more(self) -> bool:
        """What is handed to him by hand does not ask."""
        return len(self.work) < self.profile.capacity and self.online

    def has(self, need: Need) -> bool:
        ability, level = need
        if ability.startswith(WITHOUT):
            return ability.removeprefix(WITHOUT) != self.agent_id
        return self._abilities.get(ability, 0) >= level

    def can_take(self, requirement: Requirement) -> bool:
        """Able, whether or not he is there and has room."""
        return all(map(self.has, requirement.needs)) and self.in_one_of(requirement.teams)

    def in_one_of(self, teams: tuple[str, ...]) -> bool:
        return not teams or any(team in self.profile.teams for team in teams)
