"""How much an agent takes: efforts, limits by channel, weights, and who comes first."""

from collections import Counter
from datetime import timedelta

from shared.contracts.assignment import TicketAssigned, TicketQueued
from shared.contracts.fields import Priority
from shared.contracts.ticket import AssignmentRequested
from tests.router.builders import AGENT, Desk, agent, resolved, rules, triaged

HEAVY = rules(efforts=[{"when": {"channel": "phone"}, "effort": 3}])
CHATS = rules(channel_limits={"chat": 1})


def test_a_ticket_takes_as_many_places_as_its_effort() -> None:
    desk = Desk(HEAVY)
    desk.online(agent("ana", capacity=4))
    desk.ticket("call", channel="phone")
    desk.ticket("mail")
    [queued] = desk.ticket("mail2")
    assert isinstance(queued, TicketQueued)
    assert [c.out for c in queued.decision.candidates] == ["full"]
    assert desk.pool.roster.agents["ana"].load == 4


def test_what_needs_more_room_than_there_is_lets_smaller_ones_pass() -> None:
    desk = Desk(HEAVY)
    desk.online(agent("ana", capacity=4))
    desk.ticket("mail")
    desk.ticket("mail2")
    [queued] = desk.ticket("call", triaged(Priority.HIGH), channel="phone")
    assert isinstance(queued, TicketQueued)
    assert [c.out for c in queued.decision.candidates] == ["no room for 3"]
    desk.ticket("mail3")
    assert desk.owner("mail3") == "ana"
    desk.hear("mail", resolved())
    assert desk.owner("call") is None
    desk.hear("mail2", resolved())
    assert desk.owner("call") == "ana"


def test_an_effort_stays_what_it_was_when_the_ticket_was_placed() -> None:
    desk = Desk(HEAVY)
    desk.online(agent("ana", capacity=4))
    desk.ticket("call", channel="phone")
    desk.hear("call", triaged(Priority.LOW))
    assert desk.pool.roster.agents["ana"].load == 3
    desk.taken_over()
    assert desk.pool.roster.agents["ana"].load == 3


def test_a_channel_has_its_own_limit() -> None:
    desk = Desk(CHATS)
    desk.online(agent("ana", capacity=5))
    desk.ticket("chat", channel="chat")
    [queued] = desk.ticket("chat2", channel="chat")
    assert isinstance(queued, TicketQueued)
    assert [c.out for c in queued.decision.candidates] == ["has as many of chat as he may"]
    desk.ticket("mail")
    assert desk.owner("mail") == "ana"
    desk.hear("chat", resolved())
    assert desk.owner("chat2") == "ana"


def test_an_agents_own_limit_holds_over_the_rules() -> None:
    desk = Desk(CHATS)
    desk.online(agent("ana", capacity=5, channel_capacity={"chat": 2}))
    for n in range(3):
        desk.ticket(f"c{n}", channel="chat")
    assert [desk.owner(f"c{n}") for n in range(3)] == ["ana", "ana", None]
    desk.taken_over()
    assert desk.online(agent("ana", capacity=5, channel_capacity={"chat": 3}))
    assert desk.owner("c2") == "ana"


def test_by_hand_there_are_no_limits_but_then_nothing_comes_by_itself() -> None:
    desk = Desk(CHATS)
    desk.online(agent("ana", capacity=1))
    for n in range(3):
        desk.ticket(f"c{n}", channel="chat")
    for n in (1, 2):
        desk.hear(f"c{n}", AssignmentRequested(agent_id="ana", actor=AGENT))
    desk.ticket("next")
    assert desk.pool.roster.agents["ana"].load == 3
    desk.hear("c0", resolved())
    desk.hear("c1", resolved())
    assert desk.owner("next") is None
    desk.hear("c2", resolved())
    assert desk.owner("next") == "ana"


def test_weights_share_out_the_tickets() -> None:
    desk = Desk(rules(selection="weighted", weights={"ana": 2, "leads": 3}))
    desk.online(
        agent("ana", capacity=50, teams=("leads",)),
        agent("bo", capacity=50, teams=("leads",)),
        agent("cy", capacity=50),
    )
    for n in range(60):
        desk.ticket(f"t{n}")
    assert Counter(map(desk.owner, desk.tickets)) == {"ana": 20, "bo": 30, "cy": 10}


def test_a_lane_comes_before_priority() -> None:
    lanes = rules(
        rules=[
            {"name": "first", "when": {"vip": True}, "queue": "support", "lane": "express"},
            {
                "name": "last",
                "when": {"category": "spam"},
                "queue": "support",
                "lane": "background",
            },
        ]
    )
    desk = Desk(lanes)
    desk.ticket("last", triaged(Priority.CRITICAL, category="spam"))
    desk.ticket("high", triaged(Priority.HIGH))
    desk.ticket("vip", triaged(Priority.LOW), vip=True)
    desk.wait(timedelta(minutes=1))
    said = desk.online(agent("ana", capacity=5))
    assert [ticket for ticket, _ in said] == ["vip", "high", "last"]
    assert all(isinstance(message, TicketAssigned) for _, message in said)


def test_a_wish_that_nobody_can_grant_any_more_is_not_waited_for() -> None:
    desk = Desk(rules(otherwise={"queue": "support", "prefer": {"wine": 1}}))
    desk.online(agent("ana"), agent("sommelier", capacity=0, skills={"wine": 1}))
    desk.ticket("t")
    assert desk.owner("t") is None
    desk.gone("sommelier")
    assert desk.owner("t") == "ana"
