"""The semantics that users of other help desks miss, each point by its name."""

from dataclasses import replace
from typing import Literal

import pytest

from services.sla.domain.ticket_clocks import HEARS
from shared.contracts.fields import Automatic, Priority, Status, Tier
from shared.contracts.sla import (
    Metric,
    SlaBreached,
    SlaCorrected,
    SlaFulfilled,
    SlaPaused,
    SlaResumed,
    SlaRetargeted,
    SlaTargetsSet,
    SlaVerdict,
    SlaWarning,
)
from shared.contracts.ticket import TicketMerged, TicketSplit
from tests.sla.stories import (
    ANA,
    CONFIG,
    Story,
    agent_replied,
    assigned,
    berlin,
    changed,
    closed,
    created,
    customer_replied,
    moved,
    note,
    policy_with,
    queued,
    reopened,
    resolved,
    rules,
    triaged,
)

MONDAY = "2026-03-02"


def merged(side: Literal["source", "target"]) -> TicketMerged:
    return TicketMerged(other="t2", side=side, actor=ANA)


def opened(priority: Priority = Priority.MEDIUM, at: str = f"{MONDAY} 09:00") -> Story:
    return Story().hear(at, created(), triaged(priority))


# (1) clocks are a function of the log: a late resolve is a breach at the deadline


def test_late_resolve_is_a_breach_at_the_deadline_though_no_timer_was_handled() -> None:
    story = Story(prompt=False).hear(f"{MONDAY} 09:00", created(), triaged(Priority.HIGH))
    story.hear(f"{MONDAY} 10:00", agent_replied())
    story.hear("2026-03-05 12:00", resolved())
    [breach] = story.said_of(SlaBreached)
    assert breach.breached_at == berlin(f"{MONDAY} 17:00")
    assert breach.lateness_seconds == 67 * 3600
    assert [f.late for f in story.said_of(SlaFulfilled)] == [False, True]


def test_what_came_due_before_an_event_is_said_before_it_in_order() -> None:
    prompt = Story().hear(f"{MONDAY} 09:00", created(), triaged()).hear("2026-03-04 10:00", note())
    tardy = Story(prompt=False).hear(f"{MONDAY} 09:00", created(), triaged())
    tardy.hear("2026-03-04 10:00", note())
    assert tardy.plot == prompt.plot
    assert [u.timer for u in tardy.said] == [u.timer for u in prompt.said]


def test_answer_at_the_very_deadline_is_in_time() -> None:
    story = opened().hear(f"{MONDAY} 13:00", agent_replied())
    assert not story.said_of(SlaBreached)
    [met] = story.said_of(SlaFulfilled)
    assert not met.late
    assert met.elapsed_seconds == 4 * 3600


def test_fact_accepted_in_time_but_logged_after_the_breach_takes_it_back() -> None:
    story = opened().until(f"{MONDAY} 13:00")
    assert [b.metric for b in story.said_of(SlaBreached)] == [Metric.FIRST_RESPONSE]
    story.prompt = False
    story.hear(f"{MONDAY} 12:59", agent_replied())
    [corrected] = story.said_of(SlaCorrected)
    assert corrected.breached_at == berlin(f"{MONDAY} 13:00")
    assert corrected.fulfilled_at == berlin(f"{MONDAY} 12:59")
    [met] = story.said_of(SlaFulfilled)
    assert not met.late
    assert met.elapsed_seconds == (4 * 60 - 1) * 60


def test_pause_accepted_in_time_but_logged_after_the_breach_takes_it_back() -> None:
    story = opened(Priority.HIGH).hear(f"{MONDAY} 10:00", agent_replied()).until(f"{MONDAY} 17:00")
    story.prompt = False
    story.hear(f"{MONDAY} 16:00", moved(Status.PENDING))
    [corrected] = story.said_of(SlaCorrected)
    assert corrected.fact == "paused"
    [paused] = story.said_of(SlaPaused)
    assert paused.remaining_seconds == (3600,)
    story.hear("2026-03-03 09:00", moved(Status.OPEN)).until("2026-03-03 10:00")
    assert [b.breached_at for b in story.said_of(SlaBreached)] == [
        berlin(f"{MONDAY} 17:00"),
        berlin("2026-03-03 10:00"),
    ]


@pytest.mark.parametrize(
    ("priority", "due", "misses"),
    [(Priority.LOW, "2026-03-03 17:00", 0), (Priority.HIGH, f"{MONDAY} 11:00", 1)],
)
def test_priority_accepted_in_time_but_logged_after_the_breach_takes_it_back(
    priority: Priority, due: str, misses: int
) -> None:
    """As if it had been read in time: the target of that moment was another one."""
    only = policy_with(first_response={"high": "2h", "medium": "4h", "low": "16h"})
    story = Story(only).hear(f"{MONDAY} 09:00", created(), triaged()).until(f"{MONDAY} 13:00")
    assert len(story.said_of(SlaBreached)) == 1
    late = Story(only, prompt=False, state=story.state).hear(
        f"{MONDAY} 12:59", changed(priority=priority)
    )
    [correction] = late.said_of(SlaCorrected)
    assert correction.metric is Metric.FIRST_RESPONSE
    assert correction.breached_at == berlin(f"{MONDAY} 13:00")
    assert (correction.fact, correction.fulfilled_at) == ("retargeted", berlin(f"{MONDAY} 12:59"))
    [anew] = late.said_of(SlaRetargeted)
    assert [t.due_at for t in anew.targets] == [berlin(due)]
    late.until(f"{MONDAY} 13:00")
    assert [b.breached_at for b in late.said_of(SlaBreached)] == [berlin(due)] * misses


def test_priority_accepted_in_time_that_leaves_the_deadline_leaves_the_breach() -> None:
    same = policy_with(first_response={"medium": "4h", "low": "4h"}, resolution={"medium": "8h"})
    story = Story(same).hear(f"{MONDAY} 09:00", created(), triaged()).until(f"{MONDAY} 13:00")
    story.prompt = False
    story.hear(f"{MONDAY} 12:00", changed(priority=Priority.LOW))
    assert len(story.said_of(SlaRetargeted)) == 1
    assert not story.said_of(SlaCorrected)
    story.until(f"{MONDAY} 16:00")
    assert [b.metric for b in story.said_of(SlaBreached)] == [Metric.FIRST_RESPONSE]


def test_changed_policies_take_no_breach_back_though_the_event_was_accepted_before() -> None:
    story = Story(policy_with(first_response="4h")).hear(f"{MONDAY} 09:00", created(), triaged())
    story.until(f"{MONDAY} 13:00")
    story.rules = replace(policy_with(first_response="16h"), version="v2")
    story.prompt = False
    story.hear(f"{MONDAY} 12:00", note())
    assert not story.said_of(SlaCorrected)
    assert story.state is not None
    assert story.state.clocks[Metric.FIRST_RESPONSE].breached_at == berlin(f"{MONDAY} 13:00")


def test_fact_accepted_after_the_deadline_corrects_nothing() -> None:
    story = opened().until(f"{MONDAY} 13:00").hear(f"{MONDAY} 13:01", agent_replied())
    assert not story.said_of(SlaCorrected)
    assert [f.late for f in story.said_of(SlaFulfilled)] == [True]


# (2) only a human's public reply is a first response


def test_bot_note_and_status_are_no_first_response() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied(human=False), note())
    story.hear(f"{MONDAY} 10:05", moved(Status.IN_PROGRESS))
    assert not story.said_of(SlaFulfilled)
    story.hear(f"{MONDAY} 10:10", agent_replied())
    assert [f.metric for f in story.said_of(SlaFulfilled)] == [Metric.FIRST_RESPONSE]


def test_only_the_first_answer_is_a_first_response() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied()).hear("2026-03-03 10:00", note())
    story.hear("2026-03-03 11:00", agent_replied())
    assert len(story.said_of(SlaFulfilled)) == 1


# (3) next response: from the oldest unanswered message, after the first response


def test_next_response_does_not_exist_before_the_first() -> None:
    story = opened().hear(f"{MONDAY} 10:00", customer_replied())
    assert story.state is not None
    assert Metric.NEXT_RESPONSE not in story.state.clocks
    assert "SlaTargetsSet next_response" not in story.plot


def test_next_response_counts_from_the_oldest_unanswered_message() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied())
    story.hear(f"{MONDAY} 11:00", customer_replied()).hear(f"{MONDAY} 12:00", customer_replied())
    [_, asked] = story.said_of(SlaTargetsSet)
    assert [t.due_at for t in asked.targets] == [berlin(f"{MONDAY} 15:00")]
    story.hear(f"{MONDAY} 15:30", agent_replied())
    met = story.said_of(SlaFulfilled)[-1]
    assert (met.metric, met.cycle, met.late) == (Metric.NEXT_RESPONSE, 1, True)


def test_each_exchange_is_a_cycle_of_its_own() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied())
    for hour in (11, 12, 13):
        story.hear(f"{MONDAY} {hour}:00", customer_replied())
        story.hear(f"{MONDAY} {hour}:10", agent_replied())
    cycles = [f.cycle for f in story.said_of(SlaFulfilled) if f.metric is Metric.NEXT_RESPONSE]
    assert cycles == [1, 2, 3]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(customer_replied(automatic=Automatic.AUTO_REPLY), id="auto-reply"),
        pytest.param(customer_replied(participant=False), id="stranger"),
    ],
)
def test_no_next_response_for(message: object) -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied())
    story.hear(f"{MONDAY} 11:00", message)  # type: ignore[arg-type]
    assert "SlaTargetsSet next_response" not in story.plot


def test_next_response_is_cancelled_on_resolve_and_starts_anew_with_the_next_message() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied())
    story.hear(f"{MONDAY} 11:00", customer_replied()).hear(f"{MONDAY} 12:00", resolved())
    story.hear("2026-03-04 09:00", customer_replied(), reopened())
    assert not story.said_of(SlaBreached)
    cycles = [t.cycle for s in story.said_of(SlaTargetsSet)[1:] for t in s.targets]
    assert cycles == [1, 2]


def test_thanks_on_a_resolved_ticket_asks_for_nothing() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied(Status.RESOLVED), resolved())
    story.hear(f"{MONDAY} 11:00", customer_replied(Status.RESOLVED))
    assert not story.timers.keys() - {"autoclose"}


def test_reply_accepted_before_the_message_does_not_answer_it() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied())
    story.hear(f"{MONDAY} 11:00", customer_replied())
    story.prompt = False
    story.hear(f"{MONDAY} 10:59", agent_replied())
    assert len(story.said_of(SlaFulfilled)) == 1
    assert "breach:next_response:1" in story.timers


# (4) pauses by metric and status


def test_pending_pauses_resolution_not_first_response() -> None:
    story = opened(Priority.HIGH).hear(f"{MONDAY} 10:00", moved(Status.PENDING))
    [paused] = story.said_of(SlaPaused)
    assert paused.metrics == (Metric.RESOLUTION,)
    assert paused.remaining_seconds == (7 * 3600,)
    story.until(f"{MONDAY} 12:00")
    assert [b.metric for b in story.said_of(SlaBreached)] == [Metric.FIRST_RESPONSE]


def test_hold_is_counted_in_business_time() -> None:
    story = opened(Priority.HIGH).hear(f"{MONDAY} 10:00", agent_replied(Status.PENDING))
    story.hear("2026-03-03 23:00", customer_replied())
    [going] = story.said_of(SlaResumed)
    [target] = going.targets
    assert target.remaining_seconds == 7 * 3600
    assert target.due_at == berlin("2026-03-04 16:00")


def test_pending_to_on_hold_counts_no_pause_twice() -> None:
    both = policy_with(resolution={"medium": "8h", "pauses_in": ["pending", "on_hold"]})
    story = Story(both).hear(f"{MONDAY} 09:00", created(), triaged())
    story.hear(f"{MONDAY} 10:00", moved(Status.PENDING))
    story.hear(f"{MONDAY} 11:00", moved(Status.ON_HOLD, Status.PENDING))
    story.hear(f"{MONDAY} 12:00", moved(Status.OPEN, Status.ON_HOLD))
    assert len(story.said_of(SlaPaused)) == len(story.said_of(SlaResumed)) == 1
    assert story.timers["breach:resolution:1"] == berlin("2026-03-03 11:00")


def test_pending_to_on_hold_goes_on_where_only_pending_pauses() -> None:
    story = opened(Priority.HIGH).hear(f"{MONDAY} 10:00", agent_replied(Status.PENDING))
    story.hear(f"{MONDAY} 11:00", moved(Status.ON_HOLD, Status.PENDING))
    assert story.timers["breach:resolution:1"] == berlin("2026-03-03 10:00")


def test_nothing_counts_on_a_resolved_ticket() -> None:
    story = opened().hear(f"{MONDAY} 10:00", resolved()).until("2026-03-04 09:00")
    assert not story.said_of(SlaBreached)
    assert [p.metrics for p in story.said_of(SlaPaused)] == [(Metric.FIRST_RESPONSE,)]


def test_reopened_resolution_goes_on_without_the_resolved_time() -> None:
    story = opened(Priority.HIGH).hear(f"{MONDAY} 10:00", agent_replied(Status.RESOLVED))
    story.hear("2026-03-03 09:00", customer_replied(), reopened())
    assert story.timers["breach:resolution:1"] == berlin("2026-03-03 16:00")
    story.hear("2026-03-03 10:00", resolved())
    met = story.said_of(SlaFulfilled)[-1]
    assert met.elapsed_seconds == 2 * 3600
    assert met.calendar_seconds == 25 * 3600


# (5) a new priority, tier or policy keeps what has passed, and every breach


def test_higher_priority_keeps_what_has_passed() -> None:
    story = opened().hear(f"{MONDAY} 10:00", changed(priority=Priority.HIGH))
    [anew] = story.said_of(SlaRetargeted)
    assert anew.reason == "priority medium ▶ high"
    due = {target.metric: target.due_at for target in anew.targets}
    assert due == {
        Metric.FIRST_RESPONSE: berlin(f"{MONDAY} 11:00"),
        Metric.RESOLUTION: berlin(f"{MONDAY} 17:00"),
    }
    assert {t.remaining_seconds for t in anew.targets} == {3600, 7 * 3600}


def test_hold_survives_a_change_of_priority() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied(Status.PENDING))
    story.hear(f"{MONDAY} 12:00", changed(priority=Priority.HIGH))
    story.hear(f"{MONDAY} 14:00", moved(Status.OPEN, Status.PENDING))
    assert story.timers["breach:resolution:1"] == berlin("2026-03-03 13:00")


def test_breach_is_neither_repeated_nor_deleted_by_a_new_priority() -> None:
    story = opened(Priority.HIGH).until(f"{MONDAY} 11:00")
    story.hear(f"{MONDAY} 11:30", changed(priority=Priority.CRITICAL))
    story.hear(f"{MONDAY} 11:45", changed(priority=Priority.MEDIUM))
    story.hear(f"{MONDAY} 12:00", agent_replied())
    breaches = story.said_of(SlaBreached)
    assert [(b.metric, b.breached_at) for b in breaches] == [
        (Metric.FIRST_RESPONSE, berlin(f"{MONDAY} 11:00"))
    ]
    assert [f.late for f in story.said_of(SlaFulfilled)] == [True]


def test_broken_promise_stays_though_the_new_priority_has_none() -> None:
    story = (
        opened().until(f"{MONDAY} 13:00").hear(f"{MONDAY} 14:00", changed(priority=Priority.LOW))
    )
    story.hear(f"{MONDAY} 15:00", agent_replied())
    [met] = story.said_of(SlaFulfilled)
    assert (met.late, met.due_at) == (True, berlin(f"{MONDAY} 13:00"))


def test_target_that_had_passed_already_is_a_breach_at_that_deadline() -> None:
    story = opened().hear(f"{MONDAY} 12:30", changed(priority=Priority.CRITICAL))
    story.until(f"{MONDAY} 12:30")
    [breach] = story.said_of(SlaBreached)
    assert (breach.metric, breach.breached_at) == (
        Metric.FIRST_RESPONSE,
        berlin(f"{MONDAY} 10:00"),
    )


def test_other_tier_brings_other_policy_and_schedule_and_keeps_what_has_passed() -> None:
    story = opened().hear(f"{MONDAY} 16:30", agent_replied())
    enterprise = created(tier=Tier.ENTERPRISE).requester
    story.hear(f"{MONDAY} 17:00", changed(requester=enterprise))
    [anew] = story.said_of(SlaRetargeted)
    assert (anew.policy, anew.schedule) == ("enterprise", "always")
    [target] = anew.targets
    assert target.remaining_seconds == 0
    story.until(f"{MONDAY} 17:00")
    assert [b.metric for b in story.said_of(SlaBreached)] == [
        Metric.FIRST_RESPONSE,
        Metric.RESOLUTION,
    ]


def test_field_set_by_hand_is_not_taken_back_by_triage() -> None:
    story = opened().hear(f"{MONDAY} 09:30", changed(priority=Priority.HIGH))
    story.hear(f"{MONDAY} 09:40", triaged(Priority.MEDIUM))
    assert len(story.said_of(SlaRetargeted)) == 1
    assert story.timers["breach:first_response:1"] == berlin(f"{MONDAY} 11:00")


def test_field_confirmed_by_hand_is_pinned_though_nothing_changes() -> None:
    story = opened().hear(f"{MONDAY} 09:30", changed(priority=Priority.MEDIUM))
    story.hear(f"{MONDAY} 09:40", triaged(Priority.HIGH))
    assert not story.said_of(SlaRetargeted)


def test_changed_policies_hold_from_the_ticket_s_next_event_on() -> None:
    story = opened()
    story.rules = rules(version="v2")
    story.hear(f"{MONDAY} 09:30", note())
    assert not story.said_of(SlaRetargeted)  # nothing differs but the version
    assert story.state is not None
    assert story.state.policy_version == "v2"
    story.rules = replace(policy_with(first_response="2h"), version="v3")
    story.hear(f"{MONDAY} 10:00", note())
    [anew] = story.said_of(SlaRetargeted)
    assert (anew.policy, anew.policy_version) == ("only", "v3")
    assert [(t.metric, t.due_at) for t in anew.targets] == [
        (Metric.FIRST_RESPONSE, berlin(f"{MONDAY} 11:00"))
    ]


def test_breach_before_a_transfer_stays_and_the_other_queue_s_policy_holds() -> None:
    config = {**CONFIG, "policies": [{**QUEUE_POLICY}, *CONFIG["policies"]]}
    story = Story(rules(config)).hear(f"{MONDAY} 09:00", created(), triaged())
    story.hear(f"{MONDAY} 14:00", assigned("support"), queued("finance"))
    [anew] = story.said_of(SlaRetargeted)
    assert (anew.policy, anew.reason) == ("finance", "queue support ▶ finance")
    story.hear(f"{MONDAY} 15:00", agent_replied())
    assert [b.breached_at for b in story.said_of(SlaBreached)] == [berlin(f"{MONDAY} 13:00")]
    assert [f.late for f in story.said_of(SlaFulfilled)] == [True]


QUEUE_POLICY = {
    "name": "finance",
    "when": {"queue": "finance"},
    "schedule": "office",
    "targets": {"first_response": "40h", "resolution": "40h"},
}


def test_triage_anew_keeps_what_has_passed() -> None:
    story = opened().hear(f"{MONDAY} 10:00", triaged(Priority.HIGH, "outage"))
    [anew] = story.said_of(SlaRetargeted)
    assert {t.metric: t.due_at for t in anew.targets} == {
        Metric.FIRST_RESPONSE: berlin(f"{MONDAY} 11:00"),
        Metric.RESOLUTION: berlin(f"{MONDAY} 17:00"),
    }


def test_merged_ticket_is_let_go_and_the_one_that_takes_it_in_keeps_its_clocks() -> None:
    went = opened().hear(f"{MONDAY} 10:00", merged("source")).until("2026-03-20 09:00")
    took = opened().hear(f"{MONDAY} 10:00", merged("target")).until(f"{MONDAY} 13:00")
    assert not went.said_of(SlaBreached)
    assert [b.breached_at for b in took.said_of(SlaBreached)] == [berlin(f"{MONDAY} 13:00")]


def test_ticket_that_was_split_off_counts_from_its_own_creation() -> None:
    child = Story().hear(f"{MONDAY} 11:00", created(split_from="t1"), triaged())
    assert TicketSplit not in HEARS  # the other ticket's clocks go on
    assert child.timers["breach:first_response:1"] == berlin(f"{MONDAY} 15:00")


# (6) several windows a day, over night, holidays, summer time, each policy in its own zone


@pytest.mark.parametrize(
    ("desk", "start", "due"),
    [
        pytest.param(
            {"hours": {"mon-fri": ["09:00-12:00", "13:00-17:00"]}},
            f"{MONDAY} 11:00",
            f"{MONDAY} 16:00",
            id="lunch",
        ),
        pytest.param(
            {"hours": {"mon-fri": "22:00-06:00"}}, f"{MONDAY} 23:00", "2026-03-03 03:00", id="night"
        ),
        pytest.param(
            {"hours": {"mon-fri": "09:00-17:00"}, "holidays": {"country": "DE"}},
            "2026-04-02 15:00",
            "2026-04-07 11:00",
            id="Easter",
        ),
        pytest.param(
            {"hours": {"mon-fri": "09:00-17:00"}, "closed": "2026-03-02 12:00-24:00"},
            f"{MONDAY} 10:00",
            "2026-03-03 11:00",
            id="a part of a day",
        ),
        pytest.param({"hours": "24/7"}, "2026-03-29 00:00", "2026-03-29 05:00", id="spring"),
        pytest.param({"hours": "24/7"}, "2026-10-25 00:00", "2026-10-25 03:00", id="autumn"),
        pytest.param(
            {"time_zone": "America/New_York", "hours": {"mon-fri": "09:00-17:00"}},
            f"{MONDAY} 09:00",
            f"{MONDAY} 19:00",
            id="zone of the policy",
        ),
    ],
)
def test_four_hours_on_a_desk_with(desk: dict[str, object], start: str, due: str) -> None:
    schedules = {"desk": {"time_zone": "Europe/Berlin", **desk}}
    policy = {"name": "only", "schedule": "desk", "targets": {"first_response": "4h"}}
    story = Story(rules({"schedules": schedules, "policies": [policy]}))
    story.hear(start, created(), triaged())
    assert story.timers["breach:first_response:1"] == berlin(due)


# (7) warnings in business time, several levels, each once


def test_each_warning_once_at_its_share_of_business_time() -> None:
    story = opened(at=f"{MONDAY} 15:00").until("2026-03-03 12:00")
    warnings = [w for w in story.said_of(SlaWarning) if w.metric is Metric.FIRST_RESPONSE]
    assert [(w.level, w.warned_at, w.remaining_seconds) for w in warnings] == [
        ("50%", berlin(f"{MONDAY} 17:00"), 7200),
        ("75%", berlin("2026-03-03 10:00"), 3600),
    ]
    assert {w.due_at for w in warnings} == {berlin("2026-03-03 11:00")}


def test_warning_is_not_repeated_for_a_new_target() -> None:
    story = opened().until(f"{MONDAY} 11:00")
    story.hear(f"{MONDAY} 11:30", changed(priority=Priority.LOW))
    story.hear(f"{MONDAY} 11:40", changed(priority=Priority.MEDIUM)).until(f"{MONDAY} 13:00")
    levels = [w.level for w in story.said_of(SlaWarning) if w.metric is Metric.FIRST_RESPONSE]
    assert levels == ["50%", "75%"]


def test_of_warnings_passed_by_a_new_target_only_the_last_is_given() -> None:
    story = opened().hear(f"{MONDAY} 10:45", changed(priority=Priority.HIGH))
    story.until(f"{MONDAY} 10:45")
    levels = [w.level for w in story.said_of(SlaWarning) if w.metric is Metric.FIRST_RESPONSE]
    assert levels == ["75%"]


# (8) the version is in every event that sets a promise


def test_policy_version_and_schedule_are_said() -> None:
    [first] = opened().said_of(SlaTargetsSet)
    assert (first.policy, first.policy_version, first.schedule) == ("standard", "v1", "office")


def test_every_verdict_names_the_policy_and_its_version() -> None:
    story = opened(Priority.HIGH).until(f"{MONDAY} 12:00")
    story.hear(f"{MONDAY} 12:30", agent_replied(Status.PENDING))
    story.hear(f"{MONDAY} 13:00", customer_replied()).hear(f"{MONDAY} 16:00", resolved())
    verdicts = [m for m in story.messages if isinstance(m, SlaVerdict | SlaBreached)]
    kinds = {type(verdict) for verdict in verdicts}
    assert kinds == {SlaWarning, SlaBreached, SlaFulfilled, SlaPaused, SlaResumed}
    assert {(v.policy, v.policy_version) for v in verdicts} == {("standard", "v1")}


def test_miss_tells_cycle_business_and_calendar_time() -> None:
    story = opened(at=f"{MONDAY} 15:00").until("2026-03-03 12:00")
    [breach] = story.said_of(SlaBreached)
    assert (breach.cycle, breach.target_seconds, breach.calendar_seconds) == (
        1,
        4 * 3600,
        20 * 3600,
    )


# and how a ticket ends


def test_closing_cancels_every_clock_without_a_word() -> None:
    story = opened().hear(f"{MONDAY} 10:00", closed()).until("2026-03-20 09:00")
    assert story.plot == ["SlaTargetsSet first_response resolution"]
    assert not story.timers


def test_unmerged_ticket_goes_on_where_it_stopped() -> None:
    story = opened(Priority.HIGH).hear(f"{MONDAY} 10:00", closed())
    story.hear(f"{MONDAY} 15:00", reopened())
    assert story.timers["breach:first_response:1"] == berlin(f"{MONDAY} 16:00")
    assert story.timers["breach:resolution:1"] == berlin("2026-03-03 14:00")
