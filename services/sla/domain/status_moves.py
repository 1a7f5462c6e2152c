"""What a ticket's new status does to its clocks, and when it is to move on by itself."""

from services.sla.domain.business_time import due_at
from services.sla.domain.clock_states import both, cancel, fulfil, settle
from services.sla.domain.duration import written
from services.sla.domain.hearing import Hearing, Timer
from services.sla.domain.targeting import aim_again
from services.sla.domain.ticket_state import SURVEY, Closing, Survey
from shared.contracts.commands import SetStatus
from shared.contracts.fields import Actor, ActorKind, Status
from shared.contracts.sla import Metric, SurveyDue

SLA = Actor(kind=ActorKind.SYSTEM, id="sla")
EXCHANGES = (Metric.NEXT_RESPONSE, Metric.UPDATE)


def enter(hearing: Hearing, status: Status) -> None:
    """Several events may tell of one move: only the first changes anything."""
    if status is hearing.state.status:
        return
    was_over = hearing.state.over
    hearing.change(status=status)
    if hearing.state.over:
        _end_exchanges(hearing)
    elif was_over:
        _reopen(hearing)
    settle(hearing)
    arm_closing(hearing)
    _arm_survey(hearing)


def _end_exchanges(hearing: Hearing) -> None:
    if hearing.state.status is Status.RESOLVED:
        fulfil(hearing, Metric.RESOLUTION)
    for metric in EXCHANGES:
        cancel(hearing, metric)


def _reopen(hearing: Hearing) -> None:
    """Resolution goes on with what had passed; the time in between does not count."""
    for metric in both(Metric.RESOLUTION):
        clock = hearing.state.clock(metric)
        if clock is not None and not clock.open:
            again = clock._replace(ended_at=None, due_at=None)
            hearing.put(metric, aim_again(hearing, metric, again))


def arm_closing(hearing: Hearing) -> None:
    """Anew with every word on a ticket that waits: untouched means from the last of them on."""
    rules, policy = hearing.policy.closing, hearing.policy
    if hearing.state.status is Status.RESOLVED and rules.close_resolved_after is not None:
        span, then, what = rules.close_resolved_after, Status.CLOSED, "resolved for"
    elif hearing.state.status is Status.PENDING and rules.resolve_pending_after is not None:
        span, then, what = rules.resolve_pending_after, Status.RESOLVED, "no answer for"
    else:
        hearing.change(closing=None)
        return
    schedule = hearing.rules.schedule(policy.closing_schedule)
    reason = f"{what} {written(span)}" + _of_business_time(rules.time)
    due = due_at(hearing.at, span, schedule)
    hearing.change(closing=Closing(status=then, due_at=due, reason=reason))


def _arm_survey(hearing: Hearing) -> None:
    """A ticket that closes by itself keeps its survey, one that opens again loses it."""
    survey, policy = hearing.state.survey, hearing.policy
    if survey is not None and survey.due_at is None:
        return
    if hearing.state.status is Status.RESOLVED and policy.closing.survey_after is not None:
        schedule = hearing.rules.schedule(policy.closing_schedule)
        due = due_at(hearing.at, policy.closing.survey_after, schedule)
        hearing.change(survey=Survey(resolved_at=hearing.at, due_at=due))
    elif not hearing.state.over:
        hearing.change(survey=None)


def survey_if_due(hearing: Hearing) -> None:
    survey = hearing.state.survey
    if survey is None or survey.due_at is None or survey.due_at > hearing.at:
        return
    due = SurveyDue(resolved_at=survey.resolved_at, **hearing.pinned)
    hearing.say(due, Timer(SURVEY, survey.due_at))
    hearing.change(survey=survey.model_copy(update={"due_at": None}))


def _of_business_time(time: str) -> str:
    return " of business time" if time == "business" else ""


def close_if_due(hearing: Hearing, seen: int) -> None:
    """`seen` is the ticket's last event of intake: if more has happened, intake ignores it."""
    closing = hearing.state.closing
    if closing is None or closing.due_at > hearing.at:
        return
    command = SetStatus(actor=SLA, status=closing.status, reason=closing.reason, seen=seen)
    hearing.say(command, Timer(closing.timer, closing.due_at))
    hearing.change(closing=None)
