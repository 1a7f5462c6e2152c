"""What is said when a ticket's clock ends, stands still, goes on, or runs out."""

from datetime import datetime

from services.sla.domain.duration import SECOND_MS
from services.sla.domain.hearing import Hearing, Timer
from services.sla.domain.policy import INTERNAL, QUIET
from services.sla.domain.sla_clock import (
    Clock,
    breached,
    elapsed_ms,
    fulfilled,
    resumed,
    stopped,
)
from shared.contracts.fields import Status
from shared.contracts.message import lateness
from shared.contracts.sla import (
    Metric,
    ProgressStalled,
    SlaBreached,
    SlaCorrected,
    SlaFulfilled,
    SlaPaused,
    SlaResumed,
)


def fulfil(hearing: Hearing, metric: Metric) -> None:
    """The metric's end was reached, and its internal one's, if their clocks were open."""
    for each in both(metric):
        if _end(hearing, each, "fulfilled"):
            say_fulfilled(hearing, each)


def cancel(hearing: Hearing, metric: Metric) -> None:
    """Nobody waits for it any more: neither met nor missed."""
    for each in both(metric):
        _end(hearing, each, "cancelled")


def both(metric: Metric) -> tuple[Metric, ...]:
    """A metric, and the internal one beside it if there is one."""
    return (metric, INTERNAL[metric]) if metric in INTERNAL else (metric,)


def _end(hearing: Hearing, metric: Metric, fact: str) -> bool:
    clock = hearing.state.clock(metric)
    if clock is None or not clock.open:
        return False
    ended = fulfilled(clock, hearing.at, hearing.schedule_of(clock))
    replace(hearing, metric, clock, ended, fact)
    return True


def settle(hearing: Hearing) -> None:
    """Every open clock stands still or counts as the ticket's status wants it.

    A closed ticket's clocks are cancelled without a word; an unmerge brings them back.
    """
    paused: list[Metric] = []
    going: list[Metric] = []
    for metric, clock in hearing.open_clocks():
        if clock.running and not hearing.runs(metric):
            _stop(hearing, metric, clock)
            paused.append(metric)
        elif not clock.running and hearing.runs(metric):
            hearing.put(metric, resumed(clock, hearing.at, hearing.schedule_of(clock)))
            going.append(metric)
    if hearing.state.status is not Status.CLOSED:
        _say_paused(hearing, paused)
    if targets := hearing.targets(going):
        hearing.say(SlaResumed(targets=targets, **hearing.pinned))


def _stop(hearing: Hearing, metric: Metric, clock: Clock) -> None:
    fact = "cancelled" if hearing.state.status is Status.CLOSED else "paused"
    still = stopped(clock, hearing.at, hearing.schedule_of(clock))
    replace(hearing, metric, clock, still, fact)


def replace(hearing: Hearing, metric: Metric, old: Clock, new: Clock, fact: str) -> None:
    """Takes back a breach that the new fact, accepted before it, undoes."""
    undone = old.breached_at if new.breached_at is None else None
    if undone is None:
        hearing.put(metric, new)
        return
    hearing.put(metric, new._replace(taken_back=old.taken_back + 1))
    if metric not in QUIET:
        hearing.say(
            SlaCorrected(
                metric=metric,
                cycle=old.cycle,
                breached_at=undone,
                fulfilled_at=hearing.at,
                fact=fact,
                **hearing.pinned,
            )
        )


def _say_paused(hearing: Hearing, paused: list[Metric]) -> None:
    targets = hearing.targets(paused)
    if targets:
        hearing.say(
            SlaPaused(
                metrics=tuple(target.metric for target in targets),
                cycles=tuple(target.cycle for target in targets),
                remaining_seconds=tuple(target.remaining_seconds for target in targets),
                reason=hearing.state.status,
                **hearing.pinned,
            )
        )


def say_fulfilled(hearing: Hearing, metric: Metric) -> None:
    clock = hearing.state.clocks[metric]
    if metric in QUIET or clock.target_ms is None or clock.ended_at is None:
        return
    calendar = clock.ended_at - clock.started_at
    hearing.say(
        SlaFulfilled(
            metric=metric,
            cycle=clock.cycle,
            due_at=clock.due_at,
            fulfilled_at=clock.ended_at,
            elapsed_seconds=elapsed_ms(clock, clock.ended_at, hearing.schedule_of(clock))
            / SECOND_MS,
            calendar_seconds=calendar.total_seconds(),
            late=clock.breached_at is not None,
            **hearing.pinned,
        )
    )


def say_breached(hearing: Hearing, metric: Metric, due_at: datetime) -> None:
    """At the deadline, as if its timer had fired there, however late that is known."""
    clock = hearing.state.clocks[metric]
    hearing.put(metric, breached(clock, due_at))
    seconds = (clock.target_ms or 0) / SECOND_MS
    if metric in QUIET:
        stalled = ProgressStalled(since=clock.started_at, seconds=seconds, **hearing.pinned)
        hearing.say(stalled, Timer(f"stall:{clock.cycle}", due_at))
        return
    broken = SlaBreached(
        metric=metric,
        cycle=clock.cycle,
        **hearing.pinned,
        target_seconds=seconds,
        calendar_seconds=(due_at - clock.started_at).total_seconds(),
        breached_at=due_at,
        lateness_seconds=lateness(due_at, hearing.now),
    )
    again = f":{clock.taken_back}" if clock.taken_back else ""
    hearing.say(broken, Timer(f"breach:{metric}:{clock.cycle}{again}", due_at))
