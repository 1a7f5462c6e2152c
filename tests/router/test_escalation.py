"""Who takes over when a promise is in danger."""

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.assignment import TicketAssigned, TicketEscalated
from shared.contracts.fields import Status
from shared.contracts.message import Message
from shared.contracts.sla import Metric, ProgressStalled, SlaBreached, SlaWarning
from shared.contracts.ticket import EscalationRequested
from tests.router.builders import AGENT, NINE, Desk, agent, moved, resolved, rules

BREACH = SlaBreached(
    metric=Metric.FIRST_RESPONSE,
    policy="p",
    target_seconds=60,
    breached_at=NINE,
    lateness_seconds=0,
)
WARNING = SlaWarning(
    metric=Metric.RESOLUTION,
    level="75%",
    due_at=NINE + timedelta(hours=1),
    warned_at=NINE,
    remaining_seconds=60,
)
STALL = ProgressStalled(since=NINE, seconds=600)


def desk_with(**escalation: Any) -> Desk:
    rule = {"name": "late", "on": "breach", "level": 2, "queue": "lead", "seniority": 3}
    desk = Desk(
        rules(
            queues=[{"name": "support"}, {"name": "lead"}],
            escalations=[{**rule, **escalation}],
        )
    )
    desk.online(agent("junior", capacity=1))
    desk.ticket("t")
    return desk


def kinds(said: list[tuple[str, Message]]) -> list[str]:
    return [type(message).__name__ for _, message in said]


def test_a_senior_with_room_takes_over() -> None:
    desk = desk_with()
    desk.online(agent("senior", seniority=4))
    said = desk.hear("t", BREACH)
    assert kinds(said) == ["TicketEscalated", "TicketUnassigned", "TicketAssigned"]
    escalated = said[0][1]
    assert isinstance(escalated, TicketEscalated)
    assert (escalated.level, escalated.queue, escalated.agent_id) == (2, "lead", "senior")
    assert (escalated.due_at, escalated.decision.rule) == (NINE, "late")
    assert desk.hear("t", BREACH) == []  # once to a level


def test_without_a_free_senior_the_owner_keeps_it() -> None:
    desk = desk_with()
    [(_, escalated)] = desk.hear("t", BREACH)
    assert isinstance(escalated, TicketEscalated)
    assert escalated.agent_id == "junior"
    assert desk.owner("t") == "junior"


def test_always_takes_it_away_and_lets_it_wait_for_a_senior() -> None:
    desk = desk_with(hand_over="always")
    assert kinds(desk.hear("t", BREACH)) == ["TicketEscalated", "TicketUnassigned", "TicketQueued"]
    desk.online(agent("junior", capacity=5))
    assert desk.owner("t") is None
    desk.online(agent("senior", seniority=3))
    assert desk.owner("t") == "senior"


def test_never_only_tells() -> None:
    desk = desk_with(hand_over="never")
    desk.online(agent("senior", seniority=3))
    assert kinds(desk.hear("t", BREACH)) == ["TicketEscalated"]
    assert desk.owner("t") == "junior"


def test_a_waiting_ticket_waits_for_a_senior_from_then_on() -> None:
    desk = desk_with()
    desk.ticket("t2")
    assert kinds(desk.hear("t2", BREACH)) == ["TicketEscalated", "TicketQueued"]
    desk.online(agent("junior", capacity=5))
    assert desk.owner("t2") is None
    [(_, assigned)] = desk.online(agent("senior", seniority=3))
    assert isinstance(assigned, TicketAssigned)
    assert assigned.queue == "lead"


def test_a_request_is_always_answered_a_step_higher() -> None:
    desk = desk_with()
    ask = EscalationRequested(actor=AGENT, reason="please")
    levels = [
        message.level
        for _ in range(3)
        for _, message in desk.hear("t", ask)
        if isinstance(message, TicketEscalated)
    ]
    assert levels == [1, 2, 3]
    [(_, told)] = desk.hear("t", ask.model_copy(update={"level": 2}))
    assert isinstance(told, TicketEscalated)
    assert (told.level, told.reason, told.decision.rule) == (
        3,
        "asked for by agent",
        "escalation",
    )


@pytest.mark.parametrize(
    ("given", "event", "heard"),
    [
        pytest.param({"on": "stall"}, STALL, True, id="stall"),
        pytest.param({"on": "stall"}, BREACH, False, id="another trigger"),
        pytest.param({"on": ["stall", "warning"]}, WARNING, True, id="one of two triggers"),
        pytest.param(
            {"on": "warning", "metrics": "first_response"}, WARNING, False, id="another metric"
        ),
        pytest.param({"when": {"priority": "critical"}}, BREACH, False, id="another ticket"),
    ],
)
def test_which_rule_hears_what(given: dict[str, Any], event: Message, heard: bool) -> None:  # noqa: FBT001 - a table's column
    desk = desk_with(**given)
    assert kinds(desk.hear("t", event)) == (["TicketEscalated"] if heard else [])


def test_a_ticket_that_triage_forgot_is_routed_by_the_alarm() -> None:
    desk = Desk()
    desk.online(agent("ana"))
    assert desk.ticket("t", WARNING) != []
    assert desk.owner("t") == "ana"


def test_nothing_is_escalated_after_the_end_or_handed_over_in_its_sleep() -> None:
    desk = desk_with()
    desk.online(agent("senior", seniority=4))
    desk.hear("t", moved(Status.PENDING))
    assert kinds(desk.hear("t", BREACH)) == ["TicketEscalated"]
    assert desk.owner("t") == "junior"
    desk.hear("t", resolved())
    assert desk.hear("t", EscalationRequested(actor=AGENT, reason="x")) == []
