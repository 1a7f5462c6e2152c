"""What else runs on a ticket: assignment, updates, stalls, closing by itself, late triage."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.sla.domain.falling_due import REST
from services.sla.domain.hearing import Timer
from services.sla.domain.ticket_clocks import retarget
from shared.contracts.commands import SetStatus
from shared.contracts.fields import Priority, Status
from shared.contracts.sla import (
    Metric,
    ProgressStalled,
    SlaBreached,
    SlaFulfilled,
    SlaRetargeted,
    SlaTargetsSet,
)
from shared.contracts.ticket import TicketMarkedSpam, TicketMerged
from tests.sla.stories import (
    ANA,
    CONFIG,
    OFFICE,
    REQUESTER,
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
STALLS = policy_with(progress="2h")
UPDATES = policy_with(first_response="1h", update="2h")


def opened(story: Story | None = None) -> Story:
    return (story or Story()).hear(f"{MONDAY} 09:00", created(), triaged())


# assignment


def test_first_assignment_keeps_the_promise_and_later_ones_say_nothing() -> None:
    story = opened(Story(policy_with(assignment="30m"))).hear(f"{MONDAY} 09:10", assigned())
    story.hear(f"{MONDAY} 12:00", assigned())
    assert story.plot == ["SlaTargetsSet assignment", "SlaFulfilled assignment"]


def test_nobody_takes_it() -> None:
    story = opened(Story(policy_with(assignment="30m"))).until(f"{MONDAY} 10:00")
    assert [b.metric for b in story.said_of(SlaBreached)] == [Metric.ASSIGNMENT]


# periodic updates


def test_each_answer_ends_one_update_cycle_and_begins_the_next() -> None:
    story = opened(Story(UPDATES)).hear(f"{MONDAY} 09:30", agent_replied())
    story.hear(f"{MONDAY} 10:00", customer_replied()).hear(f"{MONDAY} 11:30", agent_replied())
    story.until(f"{MONDAY} 13:30")
    met = [(f.metric, f.cycle, f.late) for f in story.said_of(SlaFulfilled)]
    assert met == [(Metric.FIRST_RESPONSE, 1, False), (Metric.UPDATE, 1, False)]
    [breach] = story.said_of(SlaBreached)
    assert (breach.metric, breach.cycle, breach.breached_at) == (
        Metric.UPDATE,
        2,
        berlin(f"{MONDAY} 13:30"),
    )


def test_reply_accepted_before_the_last_ends_no_update_cycle() -> None:
    story = opened(Story(UPDATES)).hear(f"{MONDAY} 09:30", agent_replied())
    story.hear(f"{MONDAY} 09:20", agent_replied())
    assert story.timers["breach:update:1"] == berlin(f"{MONDAY} 11:30")


def test_update_cycle_that_begins_while_pending_is_announced_as_standing() -> None:
    story = opened(Story(UPDATES)).hear(f"{MONDAY} 09:30", agent_replied(Status.PENDING))
    [_, announced] = story.said_of(SlaTargetsSet)
    [target] = announced.targets
    assert (target.due_at, target.remaining_seconds) == (None, 7200)


# stalled progress


def test_stall_is_told_once_until_an_agent_does_something() -> None:
    story = opened(Story(STALLS)).until("2026-03-03 17:00")
    [stalled] = story.said_of(ProgressStalled)
    assert (stalled.since, stalled.seconds) == (berlin(f"{MONDAY} 09:00"), 7200)
    story.hear("2026-03-04 09:00", note()).until("2026-03-04 17:00")
    assert [s.since for s in story.said_of(ProgressStalled)][1:] == [berlin("2026-03-04 09:00")]


@pytest.mark.parametrize(
    ("event", "is_progress"),
    [
        pytest.param(note(), True, id="note"),
        pytest.param(agent_replied(), True, id="reply"),
        pytest.param(assigned(), True, id="assignment"),
        pytest.param(changed(category="billing"), True, id="fields"),
        pytest.param(moved(Status.IN_PROGRESS), True, id="status by agent"),
        pytest.param(moved(Status.OPEN, actor=REQUESTER), False, id="status by requester"),
        pytest.param(customer_replied(), False, id="requester"),
        pytest.param(agent_replied(human=False), False, id="bot"),
        pytest.param(queued(), False, id="queue"),
    ],
)
def test_what_counts_as_progress(event: object, *, is_progress: bool) -> None:
    story = opened(Story(STALLS)).hear(f"{MONDAY} 10:00", event)  # type: ignore[arg-type]
    [(name, due)] = story.timers.items()
    assert name.startswith("stall:")
    assert due == berlin(f"{MONDAY} {12 if is_progress else 11}:00")


def test_waiting_for_the_requester_is_no_stall() -> None:
    story = opened(Story(STALLS)).hear(f"{MONDAY} 10:00", agent_replied(Status.PENDING))
    story.until("2026-03-06 17:00")
    assert not story.said_of(ProgressStalled)


# closing by itself


def test_resolved_ticket_is_closed_after_its_time() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied(Status.RESOLVED), resolved())
    story.until("2026-03-04 10:00")
    [command] = story.said_of(SetStatus)
    assert (command.status, command.actor.id, command.reason, command.seen) == (
        Status.CLOSED,
        "sla",
        "resolved for 48h",
        1,
    )
    assert story.said[-1].timer == Timer("autoclose", berlin("2026-03-04 10:00"))
    assert not story.timers


def test_pending_ticket_is_resolved_after_its_time() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied(Status.PENDING))
    story.until("2026-03-09 10:00")
    [command] = story.said_of(SetStatus)
    assert (command.status, command.reason) == (Status.RESOLVED, "no answer for 168h")


def test_business_time_until_it_is_closed() -> None:
    config = policy_with(first_response="1h")
    story = Story(config)
    closing = config.policies[0].closing.model_copy(update={"time": "business"})
    story.rules = rules(
        {
            "schedules": {
                "office": {"time_zone": "Europe/Berlin", "hours": {"mon-fri": "9:00-17:00"}}
            },
            "policies": [
                {"name": "p", "schedule": "office", "targets": {}, "closing": closing.model_dump()}
            ],
        }
    )
    opened(story).hear(f"{MONDAY} 10:00", resolved())
    assert story.timers == {"autoclose": berlin("2026-03-10 10:00")}


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(agent_replied(Status.RESOLVED), id="agent"),
        pytest.param(customer_replied(Status.RESOLVED, participant=False), id="stranger"),
    ],
)
def test_every_word_on_a_resolved_ticket_starts_its_time_anew(event: object) -> None:
    """Intake ignores a command that has not seen it."""
    story = opened().hear(f"{MONDAY} 10:00", resolved())
    story.hear(f"{MONDAY} 15:00", event)  # type: ignore[arg-type]
    assert story.timers["autoclose"] == berlin("2026-03-04 15:00")


def test_answered_or_reopened_ticket_is_left_open() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied(Status.PENDING))
    story.hear(f"{MONDAY} 12:00", customer_replied())
    assert "autoresolve" not in story.timers
    story.hear(f"{MONDAY} 13:00", resolved()).hear(f"{MONDAY} 14:00", reopened())
    assert "autoclose" not in story.timers


def test_timer_that_no_longer_fits_is_nothing() -> None:
    story = opened().hear(f"{MONDAY} 10:00", resolved()).hear(f"{MONDAY} 11:00", reopened())
    before = story.state
    story.fire(berlin(f"{MONDAY} 10:30"), now=berlin("2026-03-05 10:00"))
    assert story.state == before
    assert not story.said_of(SetStatus)


# the ends


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(closed(), id="closed"),
        pytest.param(TicketMarkedSpam(actor=ANA), id="spam"),
        pytest.param(TicketMerged(other="t2", side="source", actor=ANA), id="merged away"),
    ],
)
def test_clocks_and_timers_end_with_the_ticket(event: object) -> None:
    story = opened().hear(f"{MONDAY} 10:00", event)  # type: ignore[arg-type]
    assert not story.timers


def test_ticket_that_takes_another_in_goes_on() -> None:
    story = opened()
    before = story.timers
    story.hear(f"{MONDAY} 10:00", TicketMerged(other="t2", side="target", actor=ANA))
    assert story.timers == before


# triage late


def test_nothing_is_promised_before_triage() -> None:
    story = Story().hear(f"{MONDAY} 09:00", created()).hear(f"{MONDAY} 12:00", note())
    assert not story.plot
    assert not story.timers


def test_policies_changed_before_triage_are_those_that_promise() -> None:
    story = Story().hear(f"{MONDAY} 09:00", created())
    story.rules = policy_with(first_response="30m")
    story.rules = replace(story.rules, version="v2")
    story.hear(f"{MONDAY} 09:00", triaged())
    [announced] = story.said_of(SlaTargetsSet)
    assert (announced.policy, announced.policy_version) == ("only", "v2")


def test_first_response_counts_from_creation_though_triage_was_away() -> None:
    story = Story().hear(f"{MONDAY} 09:00", created())
    story.hear(f"{MONDAY} 10:00", note()).hear(f"{MONDAY} 09:00", triaged())
    [announced] = story.said_of(SlaTargetsSet)
    assert {t.due_at for t in announced.targets} >= {berlin(f"{MONDAY} 13:00")}
    assert {t.started_at for t in announced.targets} == {berlin(f"{MONDAY} 09:00")}


@pytest.mark.parametrize(("hour", "late"), [(12, False), (14, True)])
def test_what_was_answered_before_triage_is_judged_by_its_targets(hour: int, *, late: bool) -> None:
    story = Story().hear(f"{MONDAY} 09:00", created())
    story.hear(f"{MONDAY} {hour}:00", agent_replied(Status.RESOLVED), resolved())
    story.hear(f"{MONDAY} 09:00", triaged())
    expected = ["SlaTargetsSet first_response resolution"]
    if late:
        expected += ["SlaBreached first_response", "SlaFulfilled first_response late"]
    else:
        expected += ["SlaFulfilled first_response"]
    assert story.plot == [*expected, "SlaFulfilled resolution"]
    assert story.said_of(SlaFulfilled)[0].elapsed_seconds == (hour - 9) * 3600


def test_schedule_of_the_policy_that_triage_leads_to_counts_from_creation() -> None:
    config = {
        "schedules": {
            "office": {"time_zone": "Europe/Berlin", "hours": {"mon-fri": "09:00-17:00"}},
            "always": {"time_zone": "UTC", "hours": "24/7"},
        },
        "policies": [
            {
                "name": "urgent",
                "when": {"priority": "critical"},
                "schedule": "always",
                "targets": {"first_response": "1h"},
            },
            {"name": "rest", "schedule": "office", "targets": {"first_response": "1h"}},
        ],
    }
    story = Story(rules(config)).hear(f"{MONDAY} 03:00", created())
    story.hear(f"{MONDAY} 03:30", triaged(Priority.CRITICAL))
    [announced] = story.said_of(SlaTargetsSet)
    [target] = announced.targets
    assert (target.due_at, target.remaining_seconds) == (berlin(f"{MONDAY} 04:00"), 1800)


# facts


def test_queue_is_a_fact_that_policies_may_use() -> None:
    config = {
        "schedules": {"always": {"time_zone": "UTC", "hours": "24/7"}},
        "policies": [
            {
                "name": "finance",
                "when": {"queue": "finance"},
                "schedule": "always",
                "targets": {"first_response": "30m"},
            },
            {"name": "rest", "schedule": "always", "targets": {"first_response": "1h"}},
        ],
    }
    story = opened(Story(rules(config))).hear(f"{MONDAY} 09:10", queued("finance"))
    [anew] = story.said_of(SlaRetargeted)
    assert anew.reason == "queue None ▶ finance"
    assert story.timers == {"breach:first_response:1": berlin(f"{MONDAY} 09:30")}
    story.hear(f"{MONDAY} 09:20", assigned("finance"))
    assert len(story.said_of(SlaRetargeted)) == 1


def test_policy_without_a_target_for_a_metric_lets_its_clock_go_silent() -> None:
    story = opened().hear(f"{MONDAY} 10:00", changed(priority=Priority.LOW))
    assert set(story.timers) == {REST}
    [anew] = story.said_of(SlaRetargeted)
    assert anew.targets == ()
    story.hear(f"{MONDAY} 11:00", changed(priority=Priority.MEDIUM))
    assert story.timers["breach:first_response:1"] == berlin(f"{MONDAY} 13:00")


def test_lateness_is_the_only_thing_that_depends_on_now() -> None:
    prompt, tardy = opened(), opened()
    due = berlin(f"{MONDAY} 13:00")
    prompt.fire(due, now=due)
    tardy.fire(due, now=due + timedelta(seconds=90))
    [late] = tardy.said_of(SlaBreached)
    assert late.lateness_seconds == 90
    assert prompt.state == tardy.state
    assert prompt.said_of(SlaBreached) == [late.model_copy(update={"lateness_seconds": 0})]


def test_clock_whose_target_and_desk_stay_is_not_aimed_anew() -> None:
    """Also where another clock of the ticket is: its deadlines are the very same objects."""
    before = policy_with(first_response="4h", resolution="16h")
    after = replace(policy_with(first_response="2h", resolution="16h"), version="v2")
    state = Story(before).hear(f"{MONDAY} 09:00", created(), triaged()).state
    assert state is not None
    moved = retarget(state, berlin(f"{MONDAY} 10:00"), after, berlin(f"{MONDAY} 10:00"))
    assert moved.state.clocks[Metric.RESOLUTION] is state.clocks[Metric.RESOLUTION]
    assert moved.state.clocks[Metric.FIRST_RESPONSE].due_at == berlin(f"{MONDAY} 11:00")
    [anew] = [said.message for said in moved.said]
    assert isinstance(anew, SlaRetargeted)
    assert {target.metric for target in anew.targets} == {Metric.FIRST_RESPONSE, Metric.RESOLUTION}


@pytest.mark.parametrize(
    ("office", "due"),
    [
        ({"hours": {"mon-fri": "09:00-12:00"}}, "2026-03-03 10:00"),
        ({"closed": ["2026-03-02 11:00-12:00"]}, f"{MONDAY} 14:00"),
        ({"special_days": {"2026-03-02": "09:00-11:00"}}, "2026-03-03 11:00"),
        ({"time_zone": "Europe/London"}, f"{MONDAY} 14:00"),
    ],
)
def test_changed_desk_moves_clocks_whose_target_stays(office: dict[str, Any], due: str) -> None:
    """The stretch that runs is counted by the new hours from its start on."""
    policy = {"name": "only", "schedule": "office", "targets": {"resolution": "4h"}}
    story = Story(rules({**CONFIG, "policies": [policy]}))
    story.hear(f"{MONDAY} 09:00", created(), triaged())
    desks = {**CONFIG["schedules"], "office": {**OFFICE, **office}}
    story.rules = rules({**CONFIG, "schedules": desks, "policies": [policy]}, version="v2")
    story.hear(f"{MONDAY} 09:30", note())
    [anew] = story.said_of(SlaRetargeted)
    assert [target.due_at for target in anew.targets] == [berlin(due)]


def test_state_from_before_desks_were_noted_is_aimed_once() -> None:
    story = Story(rules()).hear(f"{MONDAY} 09:00", created(), triaged())
    assert story.state is not None
    old = story.state.model_copy(update={"desks": ""})
    now = berlin(f"{MONDAY} 10:00")
    moved = retarget(old, now, rules(version="v2"), now)
    assert moved.said == []
    assert moved.state.desks == rules().desks
    assert moved.state.clocks == old.clocks
