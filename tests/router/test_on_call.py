"""Whoever's turn it is to be called, what a customer demands, and tickets that nobody ever had."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.router.domain.on_call import Rota
from shared.contracts.assignment import TicketEscalated
from shared.contracts.fields import Actor, ActorKind
from shared.contracts.message import Message
from shared.contracts.people import Availability
from shared.contracts.ticket import EscalationRequested
from tests.router.builders import AGENT, Desk, agent, rules, triaged

CUSTOMER = Actor(kind=ActorKind.REQUESTER, id="c1")
NIGHT = {"name": "night", "time_zone": "UTC", "since": "2026-03-02", "agents": ["bo", "cy"]}


@pytest.mark.parametrize(
    ("now", "who"),
    [
        ("2026-03-02 07:59", "cy"),  # before the first turn, the last one's
        ("2026-03-02 08:00", "ana"),
        ("2026-03-09 07:59", "ana"),
        ("2026-03-09 08:00", "bo"),
        ("2026-03-16 08:00", "cy"),
        ("2026-03-30 06:59", "ana"),  # the clocks have gone forward: nine is at seven
        ("2026-03-30 07:00", "bo"),
        ("2026-04-06 07:00", "cy"),
    ],
)
def test_turns_change_at_the_hour_of_their_zone(now: str, who: str) -> None:
    rota = Rota("r", ZoneInfo("Europe/Berlin"), date(2026, 3, 2), time(9), 7, ("ana", "bo", "cy"))
    assert rota.who(datetime.fromisoformat(now).replace(tzinfo=UTC)) == who


def desk_with(**escalation: Any) -> Desk:
    rule = {"name": "asked", "on": "request", "level": 2, "on_call": "night"}
    return Desk(rules(on_call=[NIGHT], escalations=[{**rule, **escalation}], never_assigned="15m"))


def ask(actor: Actor = AGENT) -> EscalationRequested:
    return EscalationRequested(actor=actor, reason="please")


def escalated(said: list[tuple[str, Message]]) -> TicketEscalated:
    [told] = [message for _, message in said if isinstance(message, TicketEscalated)]
    return told


def test_whoever_is_on_call_takes_over() -> None:
    desk = desk_with()
    desk.online(agent("ana"))
    desk.ticket("t")
    desk.online(agent("bo"))
    told = escalated(desk.hear("t", ask()))
    assert (told.on_call, told.agent_id, told.trigger) == ("bo", "bo", "request")
    assert desk.owner("t") == "bo"


@pytest.mark.parametrize(
    ("update", "why"),
    [
        (agent("bo", availability=Availability.AWAY), "bo is on call, but away"),
        (agent("bo", capacity=0), "bo is on call, but full"),
        (agent("di"), "bo is on call, but not of pool default"),
    ],
)
def test_nobody_is_called_above_his_capacity(update: Any, why: str) -> None:
    desk = desk_with()
    desk.online(agent("ana"), update)
    desk.ticket("t")
    before = desk.owner("t")
    told = escalated(desk.hear("t", ask()))
    assert (told.on_call, told.agent_id) == ("bo", before)
    assert why in told.decision.reason


def test_a_waiting_ticket_goes_to_whoever_is_on_call() -> None:
    desk = Desk(
        rules(
            on_call=[NIGHT],
            escalations=[{"name": "asked", "on": "request", "on_call": "night"}],
            otherwise={"queue": "support", "skills": {"magic": 5}},
        )
    )
    desk.online(agent("bo"))
    desk.ticket("t")
    assert desk.owner("t") is None
    desk.hear("t", ask())
    assert desk.owner("t") == "bo"


def test_a_customers_demand_has_its_own_rules() -> None:
    desk = Desk(
        rules(
            escalations=[
                {"name": "staff", "on": "request", "level": 1},
                {"name": "customer", "on": "demand", "level": 3},
            ]
        )
    )
    desk.ticket("t")
    assert escalated(desk.hear("t", ask(AGENT))).decision.rule == "staff"
    told = escalated(desk.hear("t", ask(CUSTOMER)))
    assert (told.decision.rule, told.level, told.trigger) == ("customer", 3, "demand")


def test_a_demand_without_a_rule_of_its_own_is_a_request() -> None:
    desk = desk_with()
    desk.ticket("t")
    told = escalated(desk.hear("t", ask(CUSTOMER)))
    assert (told.decision.rule, told.trigger) == ("asked", "demand")


def test_triage_reads_a_demand_once() -> None:
    demand = {"name": "boss", "on": "demand", "when": {"tags": "boss"}, "level": 2}
    desk = Desk(rules(escalations=[demand]))
    desk.online(agent("ana"))
    said = desk.ticket("t", triaged(tags=("boss",)))
    assert [type(message).__name__ for message in said] == ["TicketEscalated", "TicketAssigned"]
    assert desk.hear("t", triaged(tags=("boss", "other"))) == []
    desk.ticket("t2")
    assert escalated(desk.hear("t2", triaged(tags=("boss",)))).level == 2


def test_what_nobody_ever_had_is_told_once() -> None:
    desk = desk_with(on=["unassigned"], level=2, on_call=None)
    desk.ticket("t")
    told = escalated(desk.wait(timedelta(minutes=15)))
    assert (told.trigger, told.level, told.decision.rule) == ("unassigned", 2, "asked")
    assert told.reason == "nobody has had it for 900 s"
    assert desk.wait(timedelta(hours=9)) == []


def test_an_owner_in_time_stops_the_alarm_and_a_loss_starts_it_again() -> None:
    desk = desk_with()
    desk.ticket("t")
    desk.online(agent("ana"))
    assert desk.wait(timedelta(hours=1)) == []
    desk.gone("ana")
    assert escalated(desk.wait(timedelta(minutes=15))).trigger == "unassigned"
    desk.online(agent("ana"))
    desk.gone("ana")
    assert escalated(desk.wait(timedelta(minutes=15))).trigger == "unassigned"
