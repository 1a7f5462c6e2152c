"""A ticket's report is the fold of its log, and tells when, how long and how often."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from services.reporting.domain.figures import Flow
from services.reporting.domain.folding import FOLDS, fold, opened, without_ticket
from services.reporting.domain.report import TicketReport
from services.reporting.domain.telling import TELLERS, tell
from shared.contracts.fields import Automatic, Priority, Requester, Sealed, Status
from shared.contracts.message import Message, concrete_messages
from shared.contracts.sla import Metric, SlaPaused, SlaResumed, SlaRetargeted
from shared.contracts.ticket import (
    FeedbackReceived,
    FieldChange,
    FieldsChanged,
    MessageHeld,
    StatusChanged,
    TicketImported,
    TicketMarkedSpam,
    TicketMerged,
    TicketUnmerged,
)
from shared.contracts.topics import TICKET_EVENTS
from tests.reporting.making import (
    CUSTOMER,
    HOUR,
    MINUTE,
    NOON,
    SYSTEM,
    agent_actor,
    assigned,
    breached,
    closed,
    corrected,
    created,
    escalated,
    fulfilled,
    promised,
    queued,
    reopened,
    replied,
    requester,
    resolved,
    sent,
    target,
    triaged,
    unassigned,
    warned,
    wrote,
)

FIRST, FULL = Metric.FIRST_RESPONSE, Metric.RESOLUTION
Event = tuple[timedelta, Message]


def story(*events: Event) -> tuple[TicketReport, list[Flow]]:
    """Folds events, given with their distance from noon."""
    [(start, head), *_] = events
    report = opened(head, NOON + start)
    assert report is not None
    flows = [flow for after, data in events for flow in fold(report, data, NOON + after)]
    return report, flows


def total(flows: Sequence[Flow], figure: str) -> int:
    return sum(flow.amounts.get(figure, 0) for flow in flows)


def hours_of(flows: Sequence[Flow], figure: str) -> list[datetime]:
    return [flow.at for flow in flows if flow.amounts.get(figure)]


OPENING: Event = (timedelta(), created())


def test_an_answered_and_resolved_ticket() -> None:
    report, flows = story(
        OPENING,
        (MINUTE, triaged()),
        (2 * MINUTE, assigned("ana")),
        (30 * MINUTE, replied("ana")),
        (HOUR, wrote()),
        (2 * HOUR, replied("ben")),
        (3 * HOUR, resolved("ben")),
        (4 * HOUR, unassigned("ana")),
        (50 * HOUR, closed()),
    )

    assert (report.first_response_at, report.first_response_by) == (NOON + 30 * MINUTE, "ana")
    assert (report.resolved_at, report.resolved_by) == (NOON + 3 * HOUR, "ben")
    assert report.closed_at == NOON + 50 * HOUR
    assert (report.agent, report.last_agent) == (None, "ana")
    assert not report.live
    assert (report.turns.requester, report.turns.agent) == (2, 2)
    assert total(flows, "next_response.sum_ms") == 3_600_000
    assert total(flows, "backlog") == 0
    assert report.status_seconds == {
        "new": 1800.0,
        "pending": 1800.0 + 3600.0,
        "open": 3600.0,
        "resolved": 47 * 3600.0,
    }


def test_of_several_ratings_the_last_counts() -> None:
    report, flows = story(
        OPENING,
        (MINUTE, triaged(category="billing")),
        (HOUR, FeedbackReceived(score=2)),
        (2 * HOUR, triaged(category="hardware")),
        (3 * HOUR, FeedbackReceived(score=5)),
    )

    rated = [
        (flow.at, flow.under.category, flow.amounts) for flow in flows if "ratings" in flow.amounts
    ]
    assert report.score == 5
    assert rated == [
        (NOON + HOUR, "billing", {"ratings": 1, "score_sum": 2}),
        (NOON + HOUR, "billing", {"ratings": -1, "score_sum": -2}),
        (NOON + 3 * HOUR, "hardware", {"ratings": 1, "score_sum": 5}),
    ]


def test_neither_bot_nor_automatic_mail_answers_or_asks() -> None:
    report, flows = story(
        (timedelta(), created(automatic=Automatic.AUTO_REPLY)),
        (MINUTE, replied(human=False)),
        (HOUR, wrote(automatic=Automatic.AUTO_REPLY)),
    )

    assert report.first_response_at is None
    assert report.awaiting_reply_since is None
    assert (report.turns.bot, report.turns.automatic, report.turns.requester) == (1, 2, 0)
    assert (total(flows, "messages"), total(flows, "replies")) == (0, 0)


def test_a_wait_begins_with_the_first_of_several_messages() -> None:
    report, _ = story(OPENING, (MINUTE, replied()), (HOUR, wrote()), (2 * HOUR, wrote()))

    assert report.awaiting_reply_since == NOON + HOUR


def test_a_reopened_ticket_has_no_resolution_until_it_is_resolved_again() -> None:
    events: list[Event] = [OPENING, (HOUR, resolved()), (2 * HOUR, reopened())]
    report, flows = story(*events)
    assert (report.resolved_at, report.resolved_by, report.first_resolved_at) == (
        None,
        None,
        NOON + HOUR,
    )
    assert report.live
    assert total(flows, "backlog") == 1

    report, flows = story(*events, (5 * HOUR, resolved()))
    assert (report.resolved_at, report.reopens) == (NOON + 5 * HOUR, 1)
    assert (total(flows, "resolved"), total(flows, "reopened"), total(flows, "backlog")) == (
        2,
        1,
        0,
    )


def test_a_transfer_is_an_assignment_to_another_than_the_last() -> None:
    report, flows = story(
        OPENING,
        (MINUTE, assigned("ana")),
        (HOUR, unassigned("ana", "agent_offline")),
        (HOUR, queued()),
        (2 * HOUR, assigned("ana")),
        (3 * HOUR, assigned("ben")),
    )

    assert (report.assignments, report.transfers) == (3, 1)
    assert total(flows, "transferred") == 1
    assert report.first_assigned_at == NOON + MINUTE


def test_waiting_in_a_queue_and_escalation() -> None:
    report, _ = story(OPENING, (MINUTE, queued()), (HOUR, escalated(2)), (2 * HOUR, escalated(1)))

    assert (report.queued_at, report.agent) == (NOON + MINUTE, None)
    assert (report.escalation_level, report.queue) == (2, "leads")


def test_acknowledged_is_the_first_word_to_the_requester_that_says_so() -> None:
    report, _ = story(OPENING, (MINUTE, sent("agent_reply")), (HOUR, sent(at=NOON + HOUR)))

    assert report.acknowledged_at == NOON + HOUR
    assert report.told.sent == 2


def test_fields_set_by_hand() -> None:
    change = FieldsChanged(
        changes=(FieldChange(field="priority", old="high", new="critical"),),
        actor=agent_actor(),
        priority=Priority.CRITICAL,
        category="refunds",
        tags=("vip",),
        requester=requester(customer_id="c2", tier="enterprise"),
    )

    report, _ = story(OPENING, (MINUTE, triaged()), (HOUR, change))

    assert (report.priority, report.category, report.tags) == ("critical", "refunds", ["vip"])
    assert (report.customer_id, report.tier) == ("c2", "enterprise")


@pytest.mark.parametrize(
    ("end", "undo"),
    [
        pytest.param(
            TicketMerged(other="t2", other_number="TKT-2", side="source", actor=SYSTEM),
            TicketUnmerged(other="t2", side="source", actor=SYSTEM),
            id="merged",
        ),
        pytest.param(
            StatusChanged(old=Status.NEW, new=Status.CLOSED, actor=SYSTEM),
            StatusChanged(old=Status.CLOSED, new=Status.OPEN, actor=SYSTEM),
            id="closed",
        ),
    ],
)
def test_the_backlog_follows_whether_a_ticket_is_live(end: Message, undo: Message) -> None:
    report, flows = story(OPENING, (HOUR, end))
    assert (report.live, total(flows, "backlog")) == (False, 0)

    report, flows = story(OPENING, (HOUR, end), (2 * HOUR, undo))
    assert (report.live, total(flows, "backlog")) == (True, 1)


def test_the_target_of_a_merge_lives_on() -> None:
    report, _ = story(OPENING, (HOUR, TicketMerged(other="t2", side="target", actor=SYSTEM)))

    assert report.live


def test_spam_is_not_live() -> None:
    report, _ = story(OPENING, (HOUR, TicketMarkedSpam(actor=agent_actor())))

    assert not report.live


def test_an_imported_ticket_keeps_its_own_times() -> None:
    data = TicketImported(
        number="TKT-9",
        channel="email",
        requester=Requester(customer_id="c9"),
        subject="Old",
        status=Status.CLOSED,
        opened_at=NOON - 100 * HOUR,
        resolved_at=NOON - 90 * HOUR,
        external_id="z-9",
    )

    report, flows = story((timedelta(), data))

    assert report.created_at == NOON - 100 * HOUR
    assert report.resolved_at == report.closed_at == NOON - 90 * HOUR
    assert not report.live
    assert total(flows, "backlog") == 0


# --- promises ------------------------------------------------------------------------------------

PROMISE: Event = (MINUTE, promised(target(FIRST, NOON, 1), target(FULL, NOON, 8)))


def test_the_next_due_time_is_the_earliest_of_the_open_clocks() -> None:
    report, _ = story(OPENING, PROMISE)
    assert (report.next_metric, report.next_due_at) == ("first_response", NOON + HOUR)

    report, _ = story(OPENING, PROMISE, (10 * MINUTE, fulfilled(FIRST, NOON + 10 * MINUTE)))
    assert (report.next_metric, report.next_due_at) == ("resolution", NOON + 8 * HOUR)

    report, _ = story(OPENING, PROMISE, (20 * MINUTE, resolved()))
    assert (report.next_metric, report.next_due_at) == (None, None)


def test_kept_in_time_counts_once() -> None:
    report, flows = story(OPENING, PROMISE, (HOUR, fulfilled(FIRST, NOON + 59 * MINUTE)))

    assert report.clocks["first_response"].state == "met"
    assert hours_of(flows, "sla.first_response.met") == [NOON + 59 * MINUTE]
    assert total(flows, "sla.first_response.breached") == 0


def test_missed_and_then_done_late_is_one_breach_at_the_deadline() -> None:
    report, flows = story(
        OPENING,
        PROMISE,
        (9 * HOUR, breached(FIRST, NOON + HOUR)),
        (10 * HOUR, fulfilled(FIRST, NOON + 10 * HOUR, late=True)),
    )

    assert hours_of(flows, "sla.first_response.breached") == [NOON + HOUR]
    assert total(flows, "sla.first_response.met") == 0
    assert report.clocks["first_response"].state == "late"
    assert report.breached


def test_done_late_without_a_breach_heard_is_a_breach_all_the_same() -> None:
    _, flows = story(OPENING, PROMISE, (3 * HOUR, fulfilled(FIRST, NOON + 3 * HOUR, late=True)))

    assert total(flows, "sla.first_response.breached") == 1


@pytest.mark.parametrize(
    ("fact", "met", "state"),
    [
        ("fulfilled", 1, "met"),
        ("paused", 0, "paused"),
        ("cancelled", 0, "cancelled"),
        ("retargeted", 0, "running"),
    ],
)
def test_a_correction_takes_the_breach_back_where_it_was_counted(
    fact: str, met: int, state: str
) -> None:
    done: list[Event] = [(2 * HOUR, fulfilled(FIRST, NOON + 50 * MINUTE))] if met else []
    back = corrected(FIRST, NOON + HOUR, NOON + 50 * MINUTE, fact=fact)
    report, flows = story(
        OPENING,
        (MINUTE, assigned("ana")),
        PROMISE,
        (HOUR, breached(FIRST, NOON + HOUR)),
        (2 * HOUR, assigned("ben")),
        (2 * HOUR, back),
        *done,
    )

    assert total(flows, "sla.first_response.breached") == 0
    assert total(flows, "sla.first_response.met") == met
    missed = [flow for flow in flows if "sla.first_response.breached" in flow.amounts]
    assert {flow.under.agent for flow in missed} == {"ana"}
    assert not report.breached
    assert report.clocks["first_response"].state == state


def test_a_resolved_ticket_awaits_no_answer_also_when_it_is_reopened() -> None:
    report, _ = story(
        OPENING,
        (MINUTE, promised(target(Metric.NEXT_RESPONSE, NOON, 1))),
        (HOUR, resolved()),
        (2 * HOUR, reopened()),
    )

    assert report.clocks["next_response"].state == "cancelled"
    assert report.next_due_at is None


def test_a_late_resolution_is_overdue_again_when_reopened() -> None:
    report, flows = story(
        OPENING,
        PROMISE,
        (8 * HOUR, breached(FULL, NOON + 8 * HOUR)),
        (9 * HOUR, resolved()),
        (9 * HOUR, fulfilled(FULL, NOON + 9 * HOUR, late=True)),
        (10 * HOUR, fulfilled(FIRST, NOON + 10 * HOUR)),
        (10 * HOUR, reopened()),
    )

    assert (report.next_metric, report.next_due_at) == ("resolution", NOON + 8 * HOUR)
    assert total(flows, "sla.resolution.breached") == 1


def test_what_a_new_policy_does_not_name_is_promised_no_more() -> None:
    anew = SlaRetargeted(
        policy="free",
        policy_version="p2",
        schedule="office",
        targets=(target(FIRST, NOON, 2),),
        reason="tier",
    )

    report, _ = story(OPENING, PROMISE, (10 * MINUTE, anew))

    assert report.clocks["resolution"].state == "cancelled"
    assert report.next_due_at == NOON + 2 * HOUR


def test_a_kept_promise_that_runs_on_after_a_reopening_is_open_again() -> None:
    report, flows = story(
        OPENING,
        PROMISE,
        (HOUR, resolved()),
        (HOUR, fulfilled(FULL, NOON + HOUR)),
        (2 * HOUR, reopened()),
        (2 * HOUR, SlaResumed(targets=(target(FULL, NOON, 9),))),
        (9 * HOUR, breached(FULL, NOON + 9 * HOUR)),
    )

    assert total(flows, "sla.resolution.met") == 0
    assert total(flows, "sla.resolution.breached") == 1
    assert report.clocks["resolution"].state == "breached"


def test_each_cycle_of_a_metric_counts() -> None:
    cycle = Metric.NEXT_RESPONSE
    _, flows = story(
        OPENING,
        (MINUTE, promised(target(cycle, NOON, 1))),
        (HOUR, breached(cycle, NOON + HOUR)),
        (2 * HOUR, fulfilled(cycle, NOON + 2 * HOUR, late=True)),
        (3 * HOUR, promised(target(cycle, NOON + 3 * HOUR, 1, cycle=2))),
        (3 * HOUR, fulfilled(cycle, NOON + 3 * HOUR, cycle=2)),
        (4 * HOUR, corrected(cycle, NOON + HOUR, NOON + HOUR)),
        (4 * HOUR, fulfilled(cycle, NOON + HOUR)),
    )

    assert total(flows, "sla.next_response.met") == 2
    assert total(flows, "sla.next_response.breached") == 0


def test_at_risk_from_the_warning_until_met_or_missed() -> None:
    alarm: Event = (45 * MINUTE, warned(FIRST, NOON + HOUR))
    assert story(OPENING, PROMISE, alarm)[0].at_risk
    assert not story(OPENING, PROMISE, alarm, (HOUR, breached(FIRST, NOON + HOUR)))[0].at_risk
    assert not story(OPENING, PROMISE, alarm, (HOUR, fulfilled(FIRST, NOON + HOUR)))[0].at_risk


def test_a_pause_stops_the_countdown_and_keeps_the_warning() -> None:
    pause = SlaPaused(metrics=(FIRST, FULL), remaining_seconds=(900.0, 20_000.0), reason="pending")
    events: list[Event] = [OPENING, PROMISE, (45 * MINUTE, warned(FIRST, NOON + HOUR))]
    report, _ = story(*events, (HOUR, pause))
    assert (report.next_due_at, report.at_risk) == (None, False)
    assert report.clocks["first_response"].remaining_seconds == 900

    report, _ = story(
        *events, (HOUR, pause), (2 * HOUR, SlaResumed(targets=(target(FIRST, NOON, 3),)))
    )
    assert (report.next_due_at, report.at_risk) == (NOON + 3 * HOUR, True)


def test_a_new_target_never_erases_a_breach() -> None:
    anew = SlaRetargeted(
        policy="gold",
        policy_version="p2",
        schedule="office",
        targets=(target(FIRST, NOON, 6),),
        reason="priority",
    )

    report, flows = story(OPENING, PROMISE, (HOUR, breached(FIRST, NOON + HOUR)), (2 * HOUR, anew))

    assert report.breached
    assert report.policy == "gold"
    assert total(flows, "sla.first_response.breached") == 1


# --- the whole vocabulary ------------------------------------------------------------------------


def test_every_event_of_the_log_can_be_told() -> None:
    without_line = {"MessageHeld", "MessageRejected", "MessageDropped"}
    said = {cls for cls in concrete_messages() if cls.topic == TICKET_EVENTS.name}

    assert {cls.__name__ for cls in said - TELLERS.keys()} == without_line
    assert FOLDS.keys() <= said


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (created(), "Opened by e-mail"),
        (triaged(), "Triaged: billing (92%), incident, high priority"),
        (assigned("ana"), "Assigned to ana in billing after 4 s"),
        (queued(missing_skill="sap"), "Waits in billing at position 1; nobody has sap"),
        (breached(FIRST, NOON), "First response target of 4 h missed"),
        (fulfilled(FULL, NOON, late=True), "Resolution late, after 10 min of clock time"),
        (warned(FIRST, NOON), "First response at 75% of its target, 1 h left"),
        (sent(), "Told requester by email: acknowledgement"),
        (reopened(2), "Reopened for the second time"),
        (wrote(participant=False), "Somebody not known to the ticket wrote by e-mail"),
        (
            FieldsChanged(
                changes=(
                    FieldChange(field="subject", old="Rosa's bill", new="Bill"),
                    FieldChange(field="priority", old="high", new="low"),
                ),
                actor=CUSTOMER,
            ),
            "Changed by hand: subject, priority high ▶ low",
        ),
    ],
)
def test_how_an_event_reads(data: Message, text: str) -> None:
    assert tell(data).text == text


def test_a_decision_tells_its_rule_and_the_load_it_saw() -> None:
    assert tell(assigned("ana")).why == (
        "billing to billing: most spare capacity; had 1 of 5, 4 looked at (rules r1)"
    )


def test_sealed_text_stays_sealed() -> None:
    sealed = Sealed(kid="k1", ct="…")
    report, _ = story((timedelta(), created(subject=sealed)))

    assert TicketReport.model_validate(report.model_dump()).personal.subject == sealed


def test_input_that_became_no_ticket_is_counted() -> None:
    held = without_ticket(MessageHeld(channel="email", reason="burst"), NOON)
    assert (dict(held.amounts), held.under.channel) == ({"held": 1}, "email")
    assert dict(without_ticket(resolved(), NOON).amounts) == {"orphaned": 1}
