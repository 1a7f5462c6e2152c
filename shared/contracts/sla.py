"""What sla says: which promises hold for a ticket, and whether they are kept."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.fields import Contract, Moment
from shared.contracts.message import Message
from shared.contracts.topics import TICKET_EVENTS


class Metric(StrEnum):
    """What is timed. The internal ones are what teams promise each other beside the outer ones."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    UPDATE = "update"
    RESOLUTION = "resolution"
    PROGRESS = "progress"
    ASSIGNMENT = "assignment"
    INTERNAL_FIRST_RESPONSE = "internal_first_response"
    INTERNAL_NEXT_RESPONSE = "internal_next_response"
    INTERNAL_RESOLUTION = "internal_resolution"


class SlaEvent(Message):
    """All name the policy and the version of its file by which they were decided."""

    topic: ClassVar[str] = TICKET_EVENTS.name
    writer: ClassVar[str] = "sla"


class SlaVerdict(SlaEvent):
    policy: str | None = None
    policy_version: str | None = None


class SlaTarget(Contract):
    """One running clock. Seconds are business seconds where `business` says so.

    `cycle` counts the instances of a metric that can run several times (next response).
    """

    metric: Metric
    cycle: int = Field(default=1, ge=1)
    seconds: float = Field(gt=0)
    business: bool = True
    started_at: Moment
    due_at: Moment | None = None  # None: paused
    remaining_seconds: float


class SlaTargetsSet(SlaEvent):
    """A policy was attached on arrival, or a new cycle of a metric began."""

    policy: str
    policy_version: str
    schedule: str
    targets: tuple[SlaTarget, ...]


class SlaRetargeted(SlaEvent):
    """Priority, tier or policy changed: new targets, elapsed time kept."""

    policy: str
    policy_version: str
    schedule: str
    targets: tuple[SlaTarget, ...]
    reason: str


class SlaPaused(SlaVerdict):
    """These clocks stand still, each with the remaining seconds at the same place in the list."""

    metrics: tuple[Metric, ...]
    cycles: tuple[int, ...] | None = None
    remaining_seconds: tuple[float, ...]
    reason: str


class SlaResumed(SlaVerdict):
    """Paused clocks run again, with new deadlines."""

    targets: tuple[SlaTarget, ...]


class SlaFulfilled(SlaVerdict):
    """The metric's end was reached; late where a breach came before it."""

    metric: Metric
    cycle: int = 1
    due_at: Moment | None = None  # None: it was paused
    fulfilled_at: Moment
    elapsed_seconds: float  # in the clock's own time
    calendar_seconds: float
    late: bool


class SlaWarning(SlaVerdict):
    """The deadline is near: this share of the target is used up, and no end was reached."""

    metric: Metric
    cycle: int = 1
    level: str  # "75%"
    due_at: Moment
    warned_at: Moment
    remaining_seconds: float


class SlaBreached(SlaEvent):
    """The target passed. `breached_at` is the deadline, however late the timer was handled."""

    metric: Metric
    cycle: int = 1
    policy: str
    policy_version: str | None = None
    target_seconds: float
    calendar_seconds: float | None = None  # from the clock's start to the deadline
    breached_at: Moment
    lateness_seconds: float = Field(ge=0)


class SlaCorrected(SlaVerdict):
    """A fact accepted in time was logged after its deadline's breach: the breach is taken back.

    `fact` is fulfilled, paused, cancelled or retargeted, and `fulfilled_at` when it was accepted.
    """

    metric: Metric
    cycle: int = 1
    breached_at: Moment
    fulfilled_at: Moment
    fact: str = "fulfilled"


class ProgressStalled(SlaVerdict):
    """Nothing has moved on an open ticket since `since`, for longer than its policy allows."""

    since: Moment
    seconds: float


class SurveyDue(SlaVerdict):
    """A resolved ticket was left alone for so long that its requester may be asked; said once."""

    resolved_at: Moment
