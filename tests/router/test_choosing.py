"""Who takes a ticket, of those who could."""

import pytest

from services.router.domain.routing_config import Selection
from shared.contracts.assignment import TicketAssigned, TicketQueued
from shared.contracts.fields import Priority
from shared.contracts.people import AgentUpdated, Availability
from tests.router.builders import Desk, agent, resolved, rules, triaged


def chosen(desk: Desk, ticket_id: str = "t") -> str | None:
    desk.ticket(ticket_id)
    return desk.owner(ticket_id)


def with_load(desk: Desk, update: AgentUpdated, load: int) -> None:
    """He is given `load` tickets while nobody else is there."""
    desk.online(update)
    for n in range(load):
        desk.ticket(f"{update.agent_id}-{n}")
    desk.online(update.model_copy(update={"availability": Availability.AWAY}))


@pytest.mark.parametrize(
    ("selection", "winner"),
    [
        pytest.param(Selection.MOST_SPARE, "big", id="10 - 8 leaves more than 2 - 1"),
        pytest.param(Selection.MOST_SPARE_PERCENT, "small", id="half free beats a fifth"),
        pytest.param(Selection.LONGEST_IDLE, "idle", id="who never had one is first"),
    ],
)
def test_selection(selection: Selection, winner: str) -> None:
    desk = Desk(rules(selection=selection))
    agents = [(agent("big", capacity=10), 8), (agent("small", capacity=2), 1)]
    for update, load in agents:
        with_load(desk, update, load)
    desk.online(*(update for update, _ in agents))
    if selection is Selection.LONGEST_IDLE:
        desk.online(agent("idle", capacity=1))
    assert chosen(desk) == winner


def test_ties_go_to_the_lowest_id() -> None:
    desk = Desk()
    desk.online(agent("c"), agent("a"), agent("b"))
    assert [chosen(desk, f"t{n}") for n in range(4)] == ["a", "b", "c", "a"]


@pytest.mark.parametrize(
    "unable",
    [
        pytest.param(agent("x", skills={"billing": 1}, languages=("fr",)), id="skill too low"),
        pytest.param(agent("x", skills={"billing": 3}, languages=("de",)), id="wrong language"),
        pytest.param(
            agent("x", skills={"billing": 3}, languages=("fr",), seniority=1, teams=("money",)),
            id="too junior",
        ),
        pytest.param(
            agent("x", skills={"billing": 3}, languages=("fr",), seniority=4, teams=("tech",)),
            id="another team",
        ),
        pytest.param(
            agent("x", skills={"billing": 3}, languages=("fr",), seniority=4, capacity=0),
            id="no capacity",
        ),
    ],
)
def test_only_who_meets_all_of_it(unable: AgentUpdated) -> None:
    rule = {
        "name": "French money",
        "when": {"category": "billing"},
        "queue": "money",
        "skills": {"billing": 2},
        "language": "required",
        "seniority": 2,
    }
    desk = Desk(
        rules(queues=[{"name": "support"}, {"name": "money", "teams": ["money"]}], rules=[rule])
    )
    desk.online(unable)
    [queued] = desk.ticket("t", triaged(category="billing", language="fr"))
    assert isinstance(queued, TicketQueued)
    [(_, assigned)] = desk.online(
        agent("y", skills={"billing": 2}, languages=("fr-CA",), seniority=2, teams=("money",))
    )
    assert isinstance(assigned, TicketAssigned)
    assert (assigned.agent_id, assigned.queue) == ("y", "money")


@pytest.mark.parametrize("availability", [a for a in Availability if a is not Availability.ONLINE])
def test_only_who_is_online(availability: Availability) -> None:
    desk = Desk()
    desk.online(agent("ana", availability=availability))
    assert chosen(desk) is None


def test_never_above_capacity_and_next_when_one_is_done() -> None:
    desk = Desk()
    desk.online(agent("ana", capacity=1))
    desk.ticket("t1")
    [queued] = desk.ticket("t2")
    assert isinstance(queued, TicketQueued)
    assert (queued.position, queued.missing_skill) == (1, None)
    said = desk.hear("t1", resolved())
    assert [(ticket, type(message).__name__) for ticket, message in said] == [
        ("t1", "TicketUnassigned"),
        ("t2", "TicketAssigned"),
    ]


def test_the_queue_is_by_priority_then_age() -> None:
    desk = Desk()
    order = [Priority.LOW, Priority.HIGH, Priority.MEDIUM, Priority.HIGH]
    positions = []
    for n, priority in enumerate(order):
        [queued] = desk.ticket(f"t{n}", triaged(priority))
        assert isinstance(queued, TicketQueued)
        positions.append(queued.position)
    assert positions == [1, 1, 2, 2]
    said = desk.online(agent("ana", capacity=4))
    assert [ticket for ticket, _ in said] == ["t1", "t3", "t2", "t0"]


def test_what_nobody_has_is_named() -> None:
    rule = {"name": "r", "when": {"category": "sap"}, "queue": "support", "skills": {"sap": 2}}
    desk = Desk(rules(rules=[rule]))
    desk.online(agent("ana", skills={"sap": 1}))
    [queued] = desk.ticket("t", triaged(category="sap"))
    assert isinstance(queued, TicketQueued)
    assert queued.missing_skill == "sap 2"
    assert queued.decision.reason == "nobody at all has sap 2"
    desk.online(agent("bo", skills={"sap": 2}, availability=Availability.OFFLINE))
    [queued] = desk.ticket("t2", triaged(category="sap"))
    assert isinstance(queued, TicketQueued)
    assert queued.missing_skill is None


def test_the_record_says_who_was_passed_over_and_why() -> None:
    rule = {"name": "r", "when": {"category": "sap"}, "queue": "support", "skills": {"sap": 2}}
    desk = Desk(rules(rules=[rule]))
    desk.online(
        agent("ana", skills={"sap": 3}, capacity=5),
        agent("bo", skills={"sap": 2}, capacity=1),
        agent("cy", skills={"sap": 1}),
        agent("di", skills={"sap": 4}, availability=Availability.AWAY),
        agent("ed", skills={"sap": 4}, capacity=0),
    )
    [assigned] = desk.ticket("t", triaged(category="sap"))
    assert isinstance(assigned, TicketAssigned)
    record = assigned.decision
    assert (record.rule, record.reason) == ("r", "most spare capacity")
    assert (record.candidates_seen, record.rules_version) == (5, "0123456789ab")
    assert {c.agent_id: (c.load, c.capacity, c.out) for c in record.candidates} == {
        "ana": (0, 5, None),
        "bo": (0, 1, "less spare capacity"),
        "cy": (0, 2, "lacks sap 2"),
        "di": (0, 2, "away"),
        "ed": (0, 0, "full"),
    }


def test_the_record_is_bounded_and_has_the_best() -> None:
    desk = Desk(rules(candidates=3))
    desk.online(*(agent(f"a{n:02}", capacity=n) for n in range(30)))
    [assigned] = desk.ticket("t")
    assert isinstance(assigned, TicketAssigned)
    names = [candidate.agent_id for candidate in assigned.decision.candidates]
    assert names[0] == "a29"
    assert len(names) == 3
    assert assigned.decision.candidates_seen == 30
