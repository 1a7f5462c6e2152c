"""What config/routing.yaml may say."""

import re
from collections.abc import Collection
from datetime import date, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from services.router.domain.duration import Duration
from services.router.domain.opening import Window, parse_window
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


def _nearest(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def _time_zone(name: Any) -> ZoneInfo:
    known = available_timezones()
    if name not in known:
        hint = _nearest(str(name), known) or " such as Europe/Berlin"
        raise ValueError(f'must be a time zone of the IANA database, not "{name}"{hint}')
    return ZoneInfo(name)


def _date(text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f'must be a date such as 2026-12-25, not "{text}"') from None


def _time(text: Any) -> time:
    if not isinstance(text, str) or re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text) is None:
        raise ValueError(f'must be a time such as 09:00, not "{text}"')
    return time.fromisoformat(text)


def _window(text: Any) -> Window:
    return parse_window(str(text))


def _whole_days(span: timedelta) -> timedelta:
    if span % timedelta(days=1):
        raise ValueError("must be whole days, such as 1d or 7d")
    return span


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

Places = Annotated[int, Field(ge=0, le=1000)]
Share = Annotated[int, Field(ge=1, le=100)]
TimeZone = Annotated[ZoneInfo, BeforeValidator(_time_zone)]
Date = Annotated[date, BeforeValidator(_date)]
Time = Annotated[time, BeforeValidator(_time)]
Windows = Annotated[
    tuple[Annotated[Window, BeforeValidator(_window)], ...],
    BeforeValidator(_as_list),
    AfterValidator(_some),
]


class Selection(StrEnum):
    MOST_SPARE = "most_spare"  # most free places
    MOST_SPARE_PERCENT = "most_spare_percent"  # largest share of free places
    LONGEST_IDLE = "longest_idle"  # longest without a new ticket
    WEIGHTED = "weighted"  # least load for his weight


class Lane(StrEnum):
    """Comes before priority in every line."""

    EXPRESS = "express"
    NORMAL = "normal"
    BACKGROUND = "background"

    @property
    def rank(self) -> int:
        return list(Lane).index(self)


class LanguageNeed(StrEnum):
    REQUIRED = "required"
    PREFERRED = "preferred"
    ANY = "any"


class Trigger(StrEnum):
    WARNING = "warning"
    BREACH = "breach"
    STALL = "stall"
    REQUEST = "request"
    DEMAND = "demand"  # the customer's own
    UNASSIGNED = "unassigned"


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
    """While it is closed, `when_closed` takes its tickets; without, or closed too, they wait."""

    name: Name
    teams: tuple[Name, ...] = ()
    skills: dict[Name, Level] = {}
    selection: Selection | None = None
    hours: Name | None = None
    when_closed: Name | None = None


class HoursConfig(Strict):
    name: Name
    time_zone: TimeZone
    open: Windows
    closed_on: tuple[Date, ...] = ()


class RotaConfig(Strict):
    name: Name
    time_zone: TimeZone
    since: Date
    at: Time = time(9)
    every: Annotated[Duration, AfterValidator(_whole_days)] = timedelta(days=7)
    agents: Names


class EffortConfig(Strict):
    when: Condition
    effort: Share


class Overflow(Strict):
    queue: Name
    after: Duration


class Route(Strict):
    """`prefer` is in order of importance: its last falls away first."""

    queue: Name
    lane: Lane = Lane.NORMAL
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
    on_call: Name | None = None
    hand_over: HandOver = HandOver.WHEN_FREE


class RoutingConfig(Strict):
    selection: Selection = Selection.MOST_SPARE
    sticky: bool = True
    load_counts: Statuses = (Status.NEW, Status.OPEN, Status.IN_PROGRESS)
    offline_grace: Duration = timedelta(minutes=10)
    relax_after: Duration = timedelta(minutes=10)
    never_assigned: Duration | None = None
    candidates: Annotated[int, Field(ge=1, le=20)] = 8
    weights: dict[Name, Share] = {}
    efforts: tuple[EffortConfig, ...] = ()
    channel_limits: dict[Name, Places] = {}
    hours: tuple[HoursConfig, ...] = ()
    on_call: tuple[RotaConfig, ...] = ()
    pools: Annotated[tuple[PoolConfig, ...], AfterValidator(_some)] = (PoolConfig(name="default"),)
    queues: Annotated[tuple[QueueConfig, ...], AfterValidator(_some)]
    rules: tuple[RuleConfig, ...] = ()
    otherwise: Route
    escalations: tuple[EscalationConfig, ...] = ()
