"""How a ticket's service levels stand, and how each target is counted: kept or missed, once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from services.reporting.domain.figures import Flow, Fold
from services.reporting.domain.report import Clock, Dimensions, TicketReport, Verdict
from services.reporting.domain.spread import measured
from shared.contracts.message import Message
from shared.contracts.sla import (
    Metric,
    ProgressStalled,
    SlaBreached,
    SlaCorrected,
    SlaFulfilled,
    SlaPaused,
    SlaResumed,
    SlaRetargeted,
    SlaTarget,
    SlaTargetsSet,
    SlaWarning,
)

AFTER_ALL = {"fulfilled": "met", "retargeted": "running"}
"""How a clock stands whose breach was taken back; paused and cancelled stand so."""


def on_targets_set(report: TicketReport, data: SlaTargetsSet, _at: datetime) -> Sequence[Flow]:
    report.policy = data.policy
    return [flow for target in data.targets for flow in _run(report, target)]


def on_retargeted(report: TicketReport, data: SlaRetargeted, at: datetime) -> Sequence[Flow]:
    """A metric that is no longer named is no longer promised."""
    report.policy = data.policy
    named = {target.metric.value for target in data.targets}
    cancel(report, report.clocks.keys() - named)
    flows = [flow for target in data.targets for flow in _run(report, target)]
    return [*flows, Flow(at, {"sla.retargeted": 1}, report.dimensions())]


def on_resumed(report: TicketReport, data: SlaResumed, _at: datetime) -> Sequence[Flow]:
    warned = {metric: clock.warned for metric, clock in report.clocks.items()}
    flows = [flow for target in data.targets for flow in _run(report, target)]
    for target in data.targets:
        # A pause moves the deadline, not the share that is used up.
        report.clocks[target.metric.value].warned = warned.get(target.metric.value)
    return flows


def on_paused(report: TicketReport, data: SlaPaused, _at: datetime) -> Sequence[Flow]:
    for metric, remaining in zip(data.metrics, data.remaining_seconds, strict=False):
        clock = report.clocks.get(metric.value)
        if clock is not None and clock.state == "running":
            clock.state, clock.due_at = "paused", None
            clock.remaining_seconds = remaining
    return ()


def on_warning(report: TicketReport, data: SlaWarning, _at: datetime) -> Sequence[Flow]:
    clock = report.clocks.get(data.metric.value)
    if clock is not None and clock.cycle == data.cycle:
        clock.warned = data.level
    return [Flow(data.warned_at, {_name(data.metric, "warned"): 1}, report.dimensions())]


def on_breached(report: TicketReport, data: SlaBreached, _at: datetime) -> Sequence[Flow]:
    clock = _clock(report, data.metric, data.cycle)
    if clock is not None:
        clock.state, clock.due_at = "breached", data.breached_at
    return _judge(report, data.metric, clock, kept=False, at=data.breached_at)


def on_fulfilled(report: TicketReport, data: SlaFulfilled, _at: datetime) -> Sequence[Flow]:
    clock = _clock(report, data.metric, data.cycle)
    if clock is not None:
        clock.state = "late" if data.late else "met"
        clock.due_at, clock.ended_at = None, data.fulfilled_at
        clock.elapsed_seconds = data.elapsed_seconds
    missed_at = data.due_at or data.fulfilled_at
    at = missed_at if data.late else data.fulfilled_at
    flows = [_elapsed(report, data)]
    if clock is not None or not data.late:
        flows += _judge(report, data.metric, clock, kept=not data.late, at=at)
    return flows


def on_corrected(report: TicketReport, data: SlaCorrected, _at: datetime) -> Sequence[Flow]:
    """Takes the breach back; that it was met after all is said by the fulfilment that follows."""
    clock = _clock(report, data.metric, data.cycle)
    missed = Verdict(kept=False, at=data.breached_at, under=_responsible(report, data.metric))
    if clock is not None:
        if not clock.missed:
            return ()
        missed = clock.verdict or missed
        clock.verdict, clock.due_at = None, None
        clock.state = AFTER_ALL.get(data.fact, data.fact)
    return [_flow(data.metric, missed, times=-1)]


def on_stalled(report: TicketReport, _data: ProgressStalled, at: datetime) -> Sequence[Flow]:
    return [Flow(at, {"stalled": 1}, report.dimensions())]


def cancel(report: TicketReport, metrics: Collection[str]) -> None:
    """Nobody waits for these any more. What was missed stays missed."""
    for metric in metrics:
        clock = report.clocks.get(metric)
        if clock is not None and clock.open and not clock.missed:
            clock.state, clock.due_at = "cancelled", None


def reopen(report: TicketReport) -> None:
    """A resolution that came late is overdue again; sla says nothing more of a missed target."""
    clock = report.clocks.get(Metric.RESOLUTION.value)
    if clock is not None and clock.verdict is not None and clock.state == "late":
        clock.state, clock.due_at, clock.ended_at = "breached", clock.verdict.at, None


def _run(report: TicketReport, target: SlaTarget) -> Sequence[Flow]:
    """The clock runs (again). A kept promise that runs on in its own cycle is open again."""
    metric = target.metric.value
    before = report.clocks.get(metric)
    same = before if before is not None and before.cycle == target.cycle else None
    verdict = same.verdict if same is not None else None
    missed = verdict is not None and not verdict.kept
    report.clocks[metric] = Clock(
        cycle=target.cycle,
        state="breached" if missed else "paused" if target.due_at is None else "running",
        due_at=target.due_at,
        target_seconds=target.seconds,
        business=target.business,
        started_at=target.started_at,
        remaining_seconds=target.remaining_seconds,
        verdict=verdict if missed else None,
    )
    if verdict is None or missed:
        return ()
    return [_flow(target.metric, verdict, times=-1)]


def _clock(report: TicketReport, metric: Metric, cycle: int) -> Clock | None:
    """The clock of this cycle; None for an earlier one, which is no longer kept."""
    clock = report.clocks.get(metric.value)
    if clock is None or clock.cycle < cycle:
        clock = report.clocks[metric.value] = Clock(cycle=cycle)
    return clock if clock.cycle == cycle else None


def _judge(
    report: TicketReport, metric: Metric, clock: Clock | None, *, kept: bool, at: datetime
) -> list[Flow]:
    """Counts a cycle as kept or missed; what it was counted as before is taken back."""
    verdict = Verdict(kept=kept, at=at, under=_responsible(report, metric))
    if clock is None:
        return [_flow(metric, verdict)]
    before = clock.verdict
    if before is not None and before.kept == kept:
        return []
    clock.verdict = verdict
    back = [_flow(metric, before, times=-1)] if before is not None else []
    return [*back, _flow(metric, verdict)]


def _responsible(report: TicketReport, metric: Metric) -> Dimensions:
    done_by = {
        Metric.FIRST_RESPONSE: report.first_response_by,
        Metric.RESOLUTION: report.resolved_by,
    }
    return report.dimensions(agent=report.agent or done_by.get(metric))


def _flow(metric: Metric, verdict: Verdict, times: int = 1) -> Flow:
    name = _name(metric, "met" if verdict.kept else "breached")
    return Flow(verdict.at, {name: times}, verdict.under)


def _elapsed(report: TicketReport, data: SlaFulfilled) -> Flow:
    if data.metric is Metric.FIRST_RESPONSE:
        report.first_response_business_seconds = data.elapsed_seconds
    if data.metric is Metric.RESOLUTION:
        report.resolution_business_seconds = data.elapsed_seconds
    took = measured(_name(data.metric, "elapsed"), timedelta(seconds=data.elapsed_seconds))
    return Flow(data.fulfilled_at, took, _responsible(report, data.metric))


def _name(metric: Metric, what: str) -> str:
    return f"sla.{metric.value}.{what}"


FOLDS: Mapping[type[Message], Fold] = {
    SlaTargetsSet: on_targets_set,
    SlaRetargeted: on_retargeted,
    SlaPaused: on_paused,
    SlaResumed: on_resumed,
    SlaWarning: on_warning,
    SlaBreached: on_breached,
    SlaFulfilled: on_fulfilled,
    SlaCorrected: on_corrected,
    ProgressStalled: on_stalled,
}
