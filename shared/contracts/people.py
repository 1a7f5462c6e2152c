"""Who the agents and customers are: compacted topics whose last word per id holds."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.fields import Personal, Tier
from shared.contracts.message import Message
from shared.contracts.topics import AGENT_UPDATES, CUSTOMER_UPDATES


class Availability(StrEnum):
    ONLINE = "online"
    AWAY = "away"  # keeps what it has, takes nothing new
    TRANSFERS_ONLY = "transfers_only"
    OFFLINE = "offline"


class AgentUpdated(Message):
    """All that is known of an agent; a null record under the id means the agent is gone."""

    topic: ClassVar[str] = AGENT_UPDATES.name

    agent_id: str = Field(min_length=1)
    name: Personal
    address: Personal | None = None
    skills: dict[str, int] = Field(default_factory=dict)  # skill ▶ level, 1 to 5
    languages: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    seniority: int = Field(default=1, ge=1, le=5)
    capacity: int = Field(default=5, ge=0)
    channel_capacity: dict[str, int] | None = None  # channel ▶ most at once
    availability: Availability = Availability.OFFLINE
    time_zone: str = "UTC"


class AgentRemoved(Message):
    """A null record of agent.updates, in the words of the pools' topic."""

    topic: ClassVar[str] = AGENT_UPDATES.name

    agent_id: str


class CustomerUpdated(Message):
    """All that is known of a customer; a null record under the id means the customer is gone."""

    topic: ClassVar[str] = CUSTOMER_UPDATES.name

    customer_id: str = Field(min_length=1)
    name: Personal | None = None
    addresses: tuple[Personal, ...] = ()  # e-mail, phone numbers, channels' user ids
    organisation: str | None = None
    tier: Tier = Tier.STANDARD
    vip: bool = False
    locale: str | None = None
    time_zone: str | None = None
    contract: str | None = None


class CustomerRemoved(Message):
    """A null record of customer.updates, as a value."""

    topic: ClassVar[str] = CUSTOMER_UPDATES.name

    customer_id: str
