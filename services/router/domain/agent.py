"""Who an agent is to a pool: what he can do, how much he has, whether he takes more."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

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
    channel_capacity: tuple[tuple[str, int], ...] = ()

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
        channel_capacity=tuple(sorted((message.channel_capacity or {}).items())),
    )


class Share(NamedTuple):
    """How much of his room a ticket takes, and in which channel."""

    effort: int
    channel: str


@dataclass(slots=True)
class Agent:
    """`work` are the tickets that count as load, `asleep` the others that he owns.

    `weight` is his share of the tickets where the selection goes by weights.
    """

    agent_id: str
    profile: Profile
    offline_since: datetime | None = None
    last_assigned_at: datetime | None = None
    weight: int = 1
    load: int = field(default=0, init=False)
    work: dict[str, Share] = field(default_factory=dict, init=False)
    asleep: set[str] = field(default_factory=set, init=False)
    _by_channel: dict[str, int] = field(default_factory=dict, init=False)
    _abilities: dict[str, int] = field(init=False)
    online: bool = field(init=False)

    def __post_init__(self) -> None:
        self.become(self.profile)

    def become(self, profile: Profile) -> None:
        self.profile = profile
        self.online = profile.availability is Availability.ONLINE
        self._abilities = profile.abilities()

    # --- what he has ---------------------------------------------------------------------------

    def carry(self, ticket_id: str, share: Share) -> None:
        self.put_down(ticket_id)
        self.work[ticket_id] = share
        self.load += share.effort
        self._by_channel[share.channel] = self._by_channel.get(share.channel, 0) + 1

    def keep(self, ticket_id: str) -> None:
        """It is his, but no load."""
        self.put_down(ticket_id)
        self.asleep.add(ticket_id)

    def put_down(self, ticket_id: str) -> None:
        self.asleep.discard(ticket_id)
        share = self.work.pop(ticket_id, None)
        if share is not None:
            self.load -= share.effort
            left = self._by_channel.pop(share.channel) - 1
            if left:
                self._by_channel[share.channel] = left

    # --- what he can ---------------------------------------------------------------------------

    def has_room(self, requirement: Requirement) -> bool:
        """There, and not above his limits with it. By hand he is given more without asking."""
        if not self.online or self.load + requirement.effort > self.profile.capacity:
            return False
        return requirement.channel is None or self._has_room_in(requirement)

    def _has_room_in(self, requirement: Requirement) -> bool:
        channel = requirement.channel or ""
        limit = dict(self.profile.channel_capacity).get(channel, requirement.channel_limit)
        return self._by_channel.get(channel, 0) < limit

    def has(self, need: Need) -> bool:
        ability, level = need
        return self._abilities.get(ability, 0) >= level or self._is_another(ability)

    def _is_another(self, ability: str) -> bool:
        return ability.startswith(WITHOUT) and ability.removeprefix(WITHOUT) != self.agent_id

    def can_take(self, requirement: Requirement) -> bool:
        """Able, whether or not he is there and has room."""
        abilities = self._abilities
        for ability, level in requirement.needs:
            if abilities.get(ability, 0) < level and not self._is_another(ability):
                return False
        return not requirement.teams or self.in_one_of(requirement.teams)

    def in_one_of(self, teams: tuple[str, ...]) -> bool:
        return not teams or any(team in self.profile.teams for team in teams)
