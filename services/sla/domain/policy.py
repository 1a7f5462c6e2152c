"""Which promise holds for a ticket: policies in order, the first that fits."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.sla.domain.configuration import (
    CALENDAR,
    Arrival,
    Closing,
    Defaults,
    Level,
    PolicyConfig,
    SlaConfig,
    TargetConfig,
    Time,
    When,
)
from services.sla.domain.desk_hours import NO_FEEDS, Feed
from services.sla.domain.duration import milliseconds
from services.sla.domain.holiday_dates import HOLIDAYS_VERSION
from services.sla.domain.schedule import ALWAYS, Schedule
from services.sla.domain.ticket_facts import TicketFacts
from shared.contracts.fields import Priority, Status
from shared.contracts.sla import Metric

NO_POLICY = "none"
INTERNAL = {
    Metric.FIRST_RESPONSE: Metric.INTERNAL_FIRST_RESPONSE,
    Metric.NEXT_RESPONSE: Metric.INTERNAL_NEXT_RESPONSE,
    Metric.RESOLUTION: Metric.INTERNAL_RESOLUTION,
}
"""What starts, pauses and ends like another metric, with a target of its own."""
QUIET = (Metric.PROGRESS,)
"""Its clock speaks only when it runs out, as ProgressStalled."""


@dataclass(frozen=True, slots=True)
class Target:
    """So long in the open time of `schedule`, with warnings when so much of it has passed."""

    milliseconds: int
    schedule: str
    warnings: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    when: When
    schedule: str
    targets: Mapping[tuple[Metric, Priority], Target]
    pauses: Mapping[Metric, frozenset[Status]]
    closing: Closing

    def target(self, metric: Metric, priority: Priority | None) -> Target | None:
        return None if priority is None else self.targets.get((metric, priority))

    def pauses_in(self, metric: Metric, status: Status) -> bool:
        return status in self.pauses.get(metric, frozenset())

    @property
    def closing_schedule(self) -> str:
        return _scale(self.closing.time, self.schedule)


@dataclass(frozen=True, slots=True)
class Rules:
    """All policies and schedules of one version of the file."""

    version: str
    schedules: Mapping[str, Schedule]
    policies: Sequence[Policy]
    fallback: Policy  # for tickets that no policy fits: no targets
    desks: str  # names what the schedules say: the same, and every deadline stays where it is
    feeds: tuple[str, ...] = ()  # names of the iCal files behind the schedules
    _by_name: Mapping[str, Policy] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_name = {policy.name: policy for policy in (self.fallback, *self.policies)}
        object.__setattr__(self, "_by_name", by_name)

    def choose_policy(self, facts: TicketFacts) -> Policy:
        fitting = (policy for policy in self.policies if self._fits(policy.when, facts))
        return next(fitting, self.fallback)

    def _fits(self, when: When, facts: TicketFacts) -> bool:
        return fits(when, facts) and (when.time is None or self._came(when.time, facts.came_at))

    def _came(self, wanted: Arrival, at: datetime | None) -> bool:
        """A ticket from before this was noted came at no time that is asked for."""
        if at is None:
            return False
        day = at.astimezone(UTC).date()
        return (
            (not wanted.during or any(self.schedule(name).is_open(at) for name in wanted.during))
            and not any(self.schedule(name).is_open(at) for name in wanted.outside)
            and (wanted.since is None or wanted.since <= day)
            and (wanted.before is None or day < wanted.before)
        )

    def policy(self, name: str) -> Policy:
        return self._by_name.get(name, self.fallback)

    def schedule(self, name: str) -> Schedule:
        """Calendar time for one that was taken out of the file: its clocks move on at once."""
        return self.schedules.get(name, ALWAYS)


def fits(when: When, facts: TicketFacts) -> bool:
    """But for the time at which the ticket came."""
    return (
        _allows(when.tier, facts.tier)
        and _allows(when.priority, facts.priority)
        and _allows(when.type, facts.type)
        and _allows(when.category, facts.category)
        and _allows(when.channel, facts.channel)
        and _allows(when.queue, facts.queue)
        and _allows(when.brand, facts.brand)
        and _allows(when.mailbox, facts.mailbox)
        and _allows(when.customer, facts.customer)
        and (not when.tags or any(tag in facts.tags for tag in when.tags))
        and (when.vip is None or when.vip == facts.vip)
    )


def _allows(wanted: Sequence[str], is_value: str | None) -> bool:
    return not wanted or is_value in wanted


def compile_rules(config: SlaConfig, version: str, feeds: Mapping[str, Feed] = NO_FEEDS) -> Rules:
    """`feeds` by the names that the schedules have for them."""
    schedules = {name: schedule.compiled(feeds) for name, schedule in config.schedules.items()}
    policies = tuple(_policy(policy, config.defaults) for policy in config.policies)
    nothing = PolicyConfig(name=NO_POLICY, schedule=CALENDAR, targets={})
    fallback = _policy(nothing, config.defaults)
    return Rules(
        version,
        {**schedules, CALENDAR: ALWAYS},
        policies,
        fallback,
        _desks(config, version if feeds else ""),
        tuple(feeds),
    )


def _desks(config: SlaConfig, feeds_version: str) -> str:
    written = [f"{name} {config.schedules[name].model_dump_json()}" for name in config.schedules]
    text = "\n".join([*sorted(written), HOLIDAYS_VERSION, feeds_version])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _policy(config: PolicyConfig, defaults: Defaults) -> Policy:
    targets = {
        (metric, priority): _target(config, target, span, _levels(metric, target, config, defaults))
        for metric, target in config.targets.items()
        for priority, span in target.by_priority().items()
    }
    pauses = {metric: frozenset(statuses) for metric, statuses in defaults.pauses.items()}
    for metric, target in config.targets.items():
        if target.pauses_in is not None:
            pauses[metric] = frozenset(target.pauses_in)
    for outer, inner in INTERNAL.items():
        pauses.setdefault(inner, pauses.get(outer, frozenset()))
    closing = config.closing or defaults.closing
    return Policy(config.name, config.when, config.schedule, targets, pauses, closing)


def _levels(
    metric: Metric, target: TargetConfig, config: PolicyConfig, defaults: Defaults
) -> Sequence[Level]:
    """The nearest that are given."""
    if metric in QUIET:
        return ()
    given = (target.warnings, config.warnings, defaults.warnings)
    return next(levels for levels in given if levels is not None)


def _target(
    config: PolicyConfig, target: TargetConfig, span: timedelta, levels: Sequence[Level]
) -> Target:
    schedule = _scale(target.time or config.time, config.schedule)
    return Target(milliseconds(span), schedule, _warnings(levels, milliseconds(span)))


def _warnings(levels: Sequence[Level], target_ms: int) -> tuple[tuple[str, int], ...]:
    """In order of time; a lead longer than the target warns of nothing."""
    at = {
        level.label: round(target_ms * level.share)
        if level.share is not None
        else target_ms - milliseconds(level.lead or timedelta())
        for level in levels
    }
    return tuple(sorted(((label, ms) for label, ms in at.items() if ms > 0), key=lambda w: w[1]))


def _scale(time: Time, schedule: str) -> str:
    return CALENDAR if time == "calendar" else schedule
