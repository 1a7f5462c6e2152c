"""How many promises are open and how they stand, kept up to date by differences."""

from collections.abc import Iterator
from enum import StrEnum

from services.sla.domain.policy import QUIET
from services.sla.domain.sla_clock import Clock
from services.sla.domain.ticket_state import SlaState
from shared.contracts.sla import Metric


class Standing(StrEnum):
    RUNNING = "running"
    AT_RISK = "at_risk"  # warned of, and not yet missed
    PAUSED = "paused"
    BREACHED = "breached"  # and still nobody did what was promised


def standing(metric: Metric, clock: Clock | None) -> Standing | None:
    """None: no promise is open."""
    if clock is None or not clock.open or clock.target_ms is None or metric in QUIET:
        return None
    if clock.breached_at is not None:
        return Standing.BREACHED
    if not clock.running:
        return Standing.PAUSED
    return Standing.AT_RISK if clock.warned else Standing.RUNNING


def differences(before: SlaState | None, after: SlaState) -> Iterator[tuple[str, int]]:
    """`resolution.running`, -1: how a step changes the counts; a closed ticket counts nowhere."""
    old: dict[Metric, Clock] = {} if before is None or before.closed else before.clocks
    new: dict[Metric, Clock] = {} if after.closed else after.clocks
    for metric in old | new:
        if old.get(metric) is new.get(metric):
            continue  # most of a ticket's clocks, at most of its events
        was, is_now = standing(metric, old.get(metric)), standing(metric, new.get(metric))
        if was is not is_now:
            yield from ((f"{metric}.{each}", by) for each, by in ((was, -1), (is_now, 1)) if each)
