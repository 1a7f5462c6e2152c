"""What config/sla.yaml may say: schedules, defaults, policies in order."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from services.sla.domain.desk_hours import ScheduleConfig, Texts, Written, as_list
from services.sla.domain.duration import Duration, parse_duration
from shared.contracts.fields import Priority, Status, TicketType, Tier
from shared.contracts.sla import Metric

CALENDAR = "calendar"
Time = Literal["business", "calendar"]


class Level(Written):
    """When to warn: at a share of the target, or so long before its end."""

    label: str
    share: float | None = None
    lead: Duration | None = None


def _level(value: Any) -> Any:
    """`75%` or `30m before`."""
    text = str(value).strip()
    if text.endswith("%"):
        try:
            share = float(text[:-1])
        except ValueError:
            share = 0
        if not 0 < share < 100:  # noqa: PLR2004 - percent
            raise ValueError(f'"{text}" must be between 0% and 100%')
        return {"label": text, "share": share / 100}
    if text.endswith(" before"):
        return {"label": text, "lead": parse_duration(text.removesuffix(" before"))}
    raise ValueError(f'"{text}" is no warning; write 75% or "30m before"')


Levels = Annotated[tuple[Annotated[Level, BeforeValidator(_level)], ...], BeforeValidator(as_list)]


def _counts_there(status: Status) -> Status:
    if status in (Status.RESOLVED, Status.CLOSED):
        raise ValueError(f"{status} need not be given: there all clocks stand still")
    return status


Pauses = Annotated[
    tuple[Annotated[Status, AfterValidator(_counts_there)], ...], BeforeValidator(as_list)
]


class TargetConfig(Written):
    """A promise by priority; a priority without a duration has no such promise."""

    critical: Duration | None = None
    high: Duration | None = None
    medium: Duration | None = None
    low: Duration | None = None
    time: Time | None = None
    warnings: Levels | None = None
    pauses_in: Pauses | None = None

    def by_priority(self) -> dict[Priority, Duration]:
        durations = {priority: getattr(self, priority) for priority in Priority}
        return {priority: span for priority, span in durations.items() if span is not None}


def _target(value: Any) -> Any:
    """One duration is for every priority."""
    return dict.fromkeys(Priority, value) if isinstance(value, str) else value


class Closing(Written):
    """What becomes of a ticket that nobody touches; null: nothing."""

    close_resolved_after: Duration | None = None
    resolve_pending_after: Duration | None = None
    survey_after: Duration | None = None  # from its resolution; said as SurveyDue, once a ticket
    time: Time = "calendar"


class Arrival(Written):
    """When a ticket came: while these desks were open or closed, and between two days (of UTC)."""

    during: Texts = ()
    outside: Texts = ()
    since: date | None = None
    before: date | None = None


class When(Written):
    """All that is given must fit, by one of its values; where nothing is given, all tickets fit."""

    tier: Annotated[tuple[Tier, ...], BeforeValidator(as_list)] = ()
    priority: Annotated[tuple[Priority, ...], BeforeValidator(as_list)] = ()
    type: Annotated[tuple[TicketType, ...], BeforeValidator(as_list)] = ()
    category: Texts = ()
    channel: Texts = ()
    queue: Texts = ()
    brand: Texts = ()
    mailbox: Texts = ()
    customer: Texts = ()
    tags: Texts = ()
    vip: bool | None = None
    time: Arrival | None = None


class PolicyConfig(Written):
    name: str = Field(min_length=1, max_length=100)
    when: When = When()
    schedule: str
    time: Time = "business"
    targets: dict[Metric, Annotated[TargetConfig, BeforeValidator(_target)]]
    warnings: Levels | None = None
    closing: Closing | None = None


class Defaults(Written):
    """For policies and targets that don't say otherwise."""

    warnings: Levels = ()
    pauses: dict[Metric, Pauses] = Field(default_factory=dict)
    closing: Closing = Closing()


class SlaConfig(Written):
    schedules: dict[str, ScheduleConfig]
    defaults: Defaults = Defaults()
    policies: tuple[PolicyConfig, ...]
