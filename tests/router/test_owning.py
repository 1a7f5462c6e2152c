"""How long an agent owns a ticket, and what makes him lose it."""

from datetime import timedelta

import pytest

from shared.contracts.assignment import TicketAssigned, TicketQueued, TicketUnassigned
from shared.contracts.fields import Priority, Status
from shared.contracts.message import Message
from shared.contracts.people import Availability
from shared.contracts.ticket import (
    AssignmentRequested,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketUnmerged,
)
from tests.router.builders import (
    AGENT,
    Desk,
    agent,
    closed,
    moved,
    resolved,
    rules,
    triaged,
)

REOPENED = TicketReopened(old=Status.RESOLVED, actor=AGENT, reason="again", reopens=1)


def ask(agent_id: str | None = None, queue: str | None = None) -> AssignmentRequested:
    return AssignmentRequested(agent_id=agent_id, queue=queue, actor=AGENT)


def kinds(said: list[tuple[str, Message]]) -> list[tuple[str, str]]:
    return [(ticket, type(message).__name__) for ticket, message in said]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (resolved(), "resolved"),
        (closed(), "closed"),
        (TicketMarkedSpam(actor=AGENT), "spam"),
        (TicketMerged(other="o", side="source", actor=AGENT), "merged"),
    ],
)
def test_whatever_ends_a_ticket_frees_its_owner(event: Message, reason: str) -> None:
    desk = Desk()
    desk.online(agent("ana", capacity=1))
    desk.ticket("t1")
    desk.ticket("t2")
    said = desk.hear("t1", event)
    assert kinds(said) == [("t1", "TicketUnassigned"), ("t2", "TicketAssigned")]
    unassigned = said[0][1]
    assert isinstance(unassigned, TicketUnassigned)
    assert (unassigned.agent_id, unassigned.reason) == ("ana", reason)
    assert desk.hear("t1", closed()) == []


def test_the_target_of_a_merge_keeps_its_owner() -> None:
    desk = Desk()
    desk.online(agent("ana"))
    desk.ticket("t")
    assert desk.hear("t", TicketMerged(other="o", side="target", actor=AGENT)) == []


def test_an_unmerged_ticket_is_routed_again() -> None:
    desk = Desk()
    desk.online(agent("ana"))
    desk.ticket("t")
    desk.hear("t", TicketMerged(other="o", side="source", actor=AGENT))
    said = desk.hear("t", TicketUnmerged(other="o", side="source", actor=AGENT))
    assert kinds(said) == [("t", "TicketAssigned")]


def test_a_reopened_ticket_goes_to_who_knows_it() -> None:
    desk = Desk()
    desk.online(agent("ana"))
    desk.ticket("t")
    desk.hear("t", resolved())
    desk.online(agent("bo", capacity=9))
    [(_, assigned)] = desk.hear("t", REOPENED)
    assert isinstance(assigned, TicketAssigned)
    assert assigned.agent_id == "ana"
    assert assigned.decision.reason == "had the ticket before"
    assert desk.hear("t", REOPENED) == []


@pytest.mark.parametrize("sticky", [True, False])
def test_a_reopened_ticket_goes_to_another_if_its_agent_is_away_or_not_asked(sticky: bool) -> None:  # noqa: FBT001 - a table's column
    desk = Desk(rules(sticky=sticky))
    desk.online(agent("ana"))
    desk.ticket("t")
    desk.hear("t", resolved())
    desk.online(agent("bo", capacity=9))
    if sticky:
        desk.online(agent("ana", availability=Availability.AWAY))
    desk.hear("t", REOPENED)
    assert desk.owner("t") == "bo"


def test_a_sleeping_ticket_is_no_load_but_stays_owned() -> None:
    desk = Desk()
    desk.online(agent("ana", capacity=1))
    desk.ticket("t1")
    desk.ticket("t2")
    assert kinds(desk.hear("t1", moved(Status.PENDING))) == [("t2", "TicketAssigned")]
    assert desk.owner("t1") == "ana"
    assert desk.hear("t1", moved(Status.OPEN)) == []  # back, above capacity: nothing is taken away
    desk.ticket("t3")
    assert desk.owner("t3") is None
    desk.hear("t1", resolved())
    assert desk.owner("t3") is None
    desk.hear("t2", resolved())
    assert desk.owner("t3") == "ana"


def test_offline_gives_back_after_the_grace_period_in_one_go_and_in_order() -> None:
    desk = Desk(rules(offline_grace="10m"))
    desk.online(agent("ana", capacity=3))
    desk.ticket("t1")
    desk.ticket("t2", triaged())
    desk.ticket("t3")
    desk.hear("t3", moved(Status.PENDING))
    assert desk.online(agent("ana", capacity=3, availability=Availability.OFFLINE)) == []
    desk.online(agent("bo", capacity=1))
    assert desk.wait(timedelta(minutes=9, seconds=59)) == []
    assert kinds(desk.wait(timedelta(seconds=1))) == [
        ("t1", "TicketUnassigned"),
        ("t2", "TicketUnassigned"),
        ("t1", "TicketAssigned"),
        ("t2", "TicketQueued"),
    ]
    assert desk.owner("t3") == "ana"


def test_a_sleeping_ticket_does_not_wake_for_who_went_home() -> None:
    desk = Desk(rules(offline_grace="10m"))
    desk.online(agent("ana"))
    desk.ticket("t")
    desk.hear("t", moved(Status.PENDING))
    desk.online(agent("ana", availability=Availability.OFFLINE), agent("bo"))
    desk.wait(timedelta(hours=1))
    said = desk.hear("t", moved(Status.OPEN))
    assert kinds(said) == [("t", "TicketUnassigned"), ("t", "TicketAssigned")]
    assert desk.owner("t") == "bo"


def test_a_ticket_that_wakes_within_the_grace_period_waits_for_its_end() -> None:
    desk = Desk(rules(offline_grace="10m"))
    desk.online(agent("ana"))
    desk.ticket("t")
    desk.hear("t", moved(Status.PENDING))
    desk.online(agent("ana", availability=Availability.OFFLINE), agent("bo"))
    desk.wait(timedelta(minutes=4))
    assert desk.hear("t", moved(Status.OPEN)) == []
    assert desk.wait(timedelta(minutes=5)) == []
    assert kinds(desk.wait(timedelta(minutes=1))) == [
        ("t", "TicketUnassigned"),
        ("t", "TicketAssigned"),
    ]


def test_back_within_the_grace_period_he_keeps_all() -> None:
    desk = Desk(rules(offline_grace="10m"))
    desk.online(agent("ana"))
    desk.ticket("t")
    desk.online(agent("ana", availability=Availability.OFFLINE))
    desk.wait(timedelta(minutes=5))
    desk.online(agent("ana", availability=Availability.AWAY))
    assert desk.wait(timedelta(hours=1)) == []
    assert desk.owner("t") == "ana"


def test_who_is_gone_gives_everything_back_at_once() -> None:
    desk = Desk()
    desk.online(agent("ana"))
    desk.ticket("t1")
    desk.ticket("t2")
    desk.hear("t2", moved(Status.ON_HOLD))
    desk.online(agent("bo", capacity=0))
    said = desk.gone("ana")
    assert kinds(said) == [
        ("t1", "TicketUnassigned"),
        ("t2", "TicketUnassigned"),
        ("t1", "TicketQueued"),
    ]
    assert {m.reason for _, m in said if isinstance(m, TicketUnassigned)} == {"agent_gone"}
    desk.online(agent("bo", capacity=5))
    desk.hear("t2", moved(Status.OPEN))
    assert (desk.owner("t1"), desk.owner("t2")) == ("bo", "bo")


def test_an_agent_of_another_pool_is_gone_from_this_one() -> None:
    desk = Desk(
        rules(
            pools=[
                {"name": "apac", "teams": ["apac"], "when": {"brand": "apac"}},
                {"name": "default"},
            ]
        )
    )
    desk.online(agent("ana"))
    desk.ticket("t")
    said = desk.online(agent("ana", teams=("apac",)))
    assert kinds(said) == [("t", "TicketUnassigned"), ("t", "TicketQueued")]


def test_by_hand_goes_above_capacity_and_blocks_until_below() -> None:
    desk = Desk()
    desk.online(agent("ana", capacity=1, availability=Availability.TRANSFERS_ONLY))
    desk.ticket("t1")
    [(_, assigned)] = desk.hear("t1", ask("ana"))
    assert isinstance(assigned, TicketAssigned)
    assert (assigned.by_hand, assigned.decision.rule) == (True, "by hand")
    desk.ticket("t2")
    desk.hear("t2", ask("ana"))
    assert desk.owner("t2") == "ana"
    desk.online(agent("ana", capacity=1))
    desk.ticket("t3")
    desk.hear("t1", resolved())
    assert desk.owner("t3") is None
    desk.hear("t2", resolved())
    assert desk.owner("t3") == "ana"


def test_a_hand_over_frees_the_one_who_had_it() -> None:
    desk = Desk()
    desk.online(agent("ana", capacity=1))
    desk.ticket("t1")
    desk.ticket("t2")
    desk.online(agent("bo", availability=Availability.AWAY))
    assert kinds(desk.hear("t1", ask("bo"))) == [
        ("t1", "TicketUnassigned"),
        ("t1", "TicketAssigned"),
        ("t2", "TicketAssigned"),
    ]
    assert desk.hear("t1", ask("bo")) == []


def test_back_to_the_rules_goes_to_somebody_else_first() -> None:
    desk = Desk(rules(relax_after="5m"))
    desk.online(agent("ana", capacity=9))
    desk.ticket("t")
    said = desk.hear("t", ask())
    assert kinds(said) == [("t", "TicketUnassigned"), ("t", "TicketQueued")]
    queued = said[1][1]
    assert isinstance(queued, TicketQueued)
    assert queued.required_skills == ("anybody but ana",)
    assert desk.wait(timedelta(minutes=4)) == []
    assert kinds(desk.wait(timedelta(minutes=1))) == [("t", "TicketAssigned")]


def test_who_is_named_for_a_ticket_that_is_over_gets_it_when_it_comes_back() -> None:
    desk = Desk()
    desk.online(agent("ana"), agent("bo"))
    desk.ticket("t")
    desk.hear("t", resolved())
    assert desk.hear("t", ask("bo"), ask("nobody"), ask()) == []
    desk.hear("t", REOPENED)
    assert desk.owner("t") == "bo"


def test_by_hand_also_before_triage() -> None:
    desk = Desk()
    desk.online(agent("ana", availability=Availability.AWAY), agent("bo"))
    desk.ticket("t", ask("ana"), triaged())
    assert desk.owner("t") == "ana"


def test_into_a_queue_by_hand() -> None:
    desk = Desk(
        rules(
            queues=[{"name": "support"}, {"name": "tech", "teams": ["tech"]}],
            rules=[
                {
                    "name": "money",
                    "when": {"category": "billing"},
                    "queue": "support",
                    "skills": {"billing": 1},
                }
            ],
        )
    )
    desk.online(agent("ana", skills={"billing": 1}), agent("bo", teams=("tech",)))
    desk.ticket("t", triaged(category="billing"))
    said = desk.hear("t", ask(queue="tech"))
    assert kinds(said) == [("t", "TicketUnassigned"), ("t", "TicketAssigned")]
    assert (desk.owner("t"), desk.tickets["t"].queue) == ("bo", "tech")
    desk.hear("t", ask())
    assert desk.owner("t") == "ana"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (ask("zoe"), "asked for agent zoe, who is not in pool default"),
        (ask(queue="nowhere"), "asked for queue nowhere, which is not in the rules"),
    ],
)
def test_what_cannot_be_leaves_things_as_they_are_and_is_said(
    request_: AssignmentRequested, reason: str
) -> None:
    desk = Desk()
    desk.ticket("t")
    [(_, queued)] = desk.hear("t", request_)
    assert isinstance(queued, TicketQueued)
    assert queued.decision.reason.startswith(reason)
    desk.online(agent("ana"))
    [(_, assigned)] = desk.hear("t", request_)
    assert isinstance(assigned, TicketAssigned)
    assert (assigned.agent_id, assigned.decision.reason) == ("ana", f"{reason}: stays")


def test_a_ticket_moved_by_hand_does_not_jump_the_line() -> None:
    """The place that its own leaving frees goes to who comes before it."""
    desk = Desk(rules(queues=[{"name": "support"}, {"name": "other"}]))
    desk.online(agent("ana", capacity=1))
    desk.ticket("low", triaged(Priority.LOW))
    desk.ticket("high", triaged(Priority.HIGH))
    assert kinds(desk.hear("low", ask(queue="other"))) == [
        ("low", "TicketUnassigned"),
        ("high", "TicketAssigned"),
        ("low", "TicketQueued"),
    ]


def test_a_ticket_moved_by_hand_does_not_wait_behind_lesser_ones() -> None:
    desk = Desk(rules(queues=[{"name": "support"}, {"name": "other"}]))
    desk.online(agent("ana", capacity=1))
    desk.ticket("high", triaged(Priority.HIGH))
    desk.ticket("low", triaged(Priority.LOW))
    said = desk.hear("high", ask(queue="other"))
    assert kinds(said) == [("high", "TicketUnassigned"), ("high", "TicketAssigned")]
