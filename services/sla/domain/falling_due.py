"""What has come due on a ticket's clocks by an instant: warnings, breaches, stalls, in order."""

from datetime import UTC, datetime

from services.sla.domain.clock_states import say_breached
from services.sla.domain.duration import SECOND_MS
from services.sla.domain.hearing import Hearing, Timer
from services.sla.domain.policy import QUIET
from services.sla.domain.sla_clock import Deadline, deadlines, next_due, warned
from services.sla.domain.ticket_state import SURVEY, SlaState
from shared.contracts.sla import Metric, SlaWarning

REST, NEVER = "rest", datetime(9000, 1, 1, tzinfo=UTC)
"""The timer of an open ticket on which nothing is awaited; who looks for open tickets, to give them
changed policies, looks for timers."""


def catch_up(hearing: Hearing) -> None:
    """Says what came due before the input was accepted, each as if its own timer had fired."""
    while (due := _earliest(hearing.state)) is not None and due < hearing.at:
        _fall_due(hearing, _first_at(hearing.state, due))


def fire(hearing: Hearing) -> None:
    """Says what is due by the instant of a timer, that instant included."""
    while (due := _earliest(hearing.state)) is not None and due <= hearing.at:
        _fall_due(hearing, _first_at(hearing.state, due))


def _earliest(state: SlaState) -> datetime | None:
    """Cheaper than to name all that is awaited, and mostly nothing is due."""
    dues = [due for clock in state.clocks.values() if (due := next_due(clock)) is not None]
    return min(dues, default=None)


def wanted_timers(state: SlaState) -> dict[str, datetime]:
    """Every timer that this state needs, and no other."""
    timers = {
        _timer_name(clock.cycle, deadline): deadline.due_at
        for metric, clock in state.clocks.items()
        for deadline in deadlines(metric, clock)
    }
    if state.closing is not None:
        timers[state.closing.timer] = state.closing.due_at
    if state.survey is not None and state.survey.due_at is not None:
        timers[SURVEY] = state.survey.due_at
    if not timers and state.promised and not state.over:
        timers[REST] = NEVER
    return timers


def _timer_name(cycle: int, deadline: Deadline) -> str:
    """`breach:first_response:1`, `warn:resolution:1:75%`, `stall:4`."""
    _, is_breach, metric, level = deadline
    if not is_breach:
        return f"warn:{metric}:{cycle}:{level}"
    return f"stall:{cycle}" if metric in QUIET else f"breach:{metric}:{cycle}"


def _first_at(state: SlaState, due: datetime) -> Deadline:
    """Of several at one instant warnings come first."""
    return min(
        deadline
        for metric, clock in state.clocks.items()
        if next_due(clock) == due
        for deadline in deadlines(metric, clock)
    )


def _fall_due(hearing: Hearing, deadline: Deadline) -> None:
    if deadline.is_breach:
        say_breached(hearing, deadline.metric, deadline.due_at)
    else:
        _warn(hearing, deadline.metric, deadline)


def _warn(hearing: Hearing, metric: Metric, deadline: Deadline) -> None:
    clock = hearing.state.clocks[metric]
    passed = next(point.after_ms for point in clock.warnings if point.level == deadline.level)
    warning = SlaWarning(
        metric=metric,
        cycle=clock.cycle,
        level=deadline.level,
        due_at=clock.due_at or deadline.due_at,
        warned_at=deadline.due_at,
        remaining_seconds=((clock.target_ms or 0) - passed) / SECOND_MS,
        **hearing.pinned,
    )
    hearing.say(warning, Timer(_timer_name(clock.cycle, deadline), deadline.due_at))
    hearing.put(metric, warned(clock, deadline.level))
