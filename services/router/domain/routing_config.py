"""What config/routing.yaml may say."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from services.router.domain.duration import Duration
from services.router.domain.ticket import primary_language
from shared.contracts.fields import Priority, Status, TicketType, Tier
from shared.contracts.sla import Metric

T = TypeVar("T")


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _some(items: tuple[T, ...]) -> tuple[T, ...]:
    if not items:
        raise ValueError("must have at least one")
    return items


def _pool_name(name: str) -> str:
    """It is a key on a topic and part of documents' ids."""
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", name) is None:
        raise ValueError(
            f'must be lower-case letters, digits, - and _, at most 63 of them, not "{name}"'
        )
    return name


def _languages(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for tag in tags if (code := primary_language(tag)))


def _unresolved(statuses: tuple[Status, ...]) -> tuple[Status, ...]:
    if over := {Status.RESOLVED, Status.CLOSED}.intersection(statuses):
        raise ValueError(f"{min(over)} tickets are over: they cannot count as load")
    return statuses


Level = Annotated[int, Field(ge=1, le=5)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_as_list), AfterValidator(_some)]
Languages = Annotated[Names, AfterValidator(_languages)]
Statuses = Annotated[
    tuple[Status, ...],
    BeforeValidator(_as_list),
    AfterValidator(_some),
    AfterValidator(_unresolved),
]
Tiers = Annotated[tuple[Tier, ...], BeforeValidator(_as_list), AfterValidator(_some)]
Types = Annotated[tuple[TicketType, ...], BeforeValidator(_as_list), AfterValidator(_some)]
Priorities = Annotated[tuple[Priority, ...], BeforeValidator(_as_list), AfterValidator(_some)]
Metrics = Annotated[tuple[Metric, ...], BeforeValidator(_as_list), AfterValidator(_some)]


class Selection(StrEnum):
    MOST_SPARE = "most_spare"  # most free places
    MOST_SPARE_PERCENT = "most_spare_percent"  # largest share of free places
    LONGEST_IDLE = "longest_idle"  # longest without a new ticket


class LanguageNeed(StrEnum):
    REQUIRED = "required"
    PREFERRED = "preferred"
    ANY = "any"


class Trigger(StrEnum):
    WARNING = "warning"
    BREACH = "breach"
    STALL = "stall"
    REQUEST = "request"


Triggers = Annotated[tuple[Trigger, ...], BeforeValidator(_as_list), AfterValidator(_some)]


class HandOver(StrEnum):
    """What an escalation does to an owner who does not meet it."""

    WHEN_FREE = "when_free"  # keeps the ticket until somebody who does has room right then
    ALWAYS = "always"  # loses it, also when the ticket must wait
    NEVER = "never"


class ArrivalCondition(Strict):
    """All that is given must fit; of several values one must. These facts never change pools."""

    channel: Names | None = None
    mailbox: Names | None = None
    brand: Names | None = None
    tier: Tiers | None = None
    vip: bool | None = None
    language: Languages | None = None
    tags: Names | None = None


class Condition(ArrivalCondition):
    category: Names | None = None
    sub_category: Names | None = None
    product: Names | None = None
    type: Types | None = None
    priority: Priorities | None = None


class PoolConfig(Strict):
    name: Annotated[str, AfterValidator(_pool_name)]
    teams: tuple[Name, ...] = ()
    when: ArrivalCondition | None = None


class QueueConfig(Strict):
    name: Name
    teams: tuple[Name, ...] = ()
    skills: dict[Name, Level] = {}
    selection: Selection | None = None


class Overflow(Strict):
    queue: Name
    after: Duration


class Route(Strict):
    """`prefer` is in order of importance: its last falls away first."""

    queue: Name
    skills: dict[Name, Level] = {}
    prefer: dict[Name, Level] = {}
    language: LanguageNeed = LanguageNeed.PREFERRED
    seniority: Level | None = None
    relax_after: Duration | None = None
    overflow: Overflow | None = None


class RuleConfig(Route):
    name: Name
    when: Condition


class EscalationConfig(Strict):
    name: Name
    on: Triggers
    metrics: Metrics | None = None
    when: Condition | None = None
    level: Annotated[int, Field(ge=1, le=9)] | None = None
    queue: Name | None = None
    seniority: Level | None = None
    hand_over: HandOver = HandOver.WHEN_FREE


class RoutingConfig(Strict):
    selection: Selection = Selection.MOST_SPARE
    sticky: bool = True
    load_counts: Statuses = (Status.NEW, Status.OPEN, Status.IN_PROGRESS)
    offline_grace: Duration = timedelta(minutes=10)
    relax_after: Duration = timedelta(minutes=10)
    candidates: Annotated[int, Field(ge=1, le=20)] = 8
    pools: Annotated[tuple[PoolConfig, ...], AfterValidator(_some)] = (PoolConfig(name="default"),)
    queues: Annotated[tuple[QueueConfig, ...], AfterValidator(_some)]
    rules: tuple[RuleConfig, ...] = ()
    otherwise: Route
    escalations: tuple[EscalationConfig, ...] = ()
