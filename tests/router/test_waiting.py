"""What happens to a ticket while it waits."""

from datetime import timedelta

from shared.contracts.assignment import TicketAssigned, TicketQueued
from shared.contracts.fields import Priority, Requester, Status, Tier
from shared.contracts.sla import Metric, SlaFulfilled, SlaRetargeted, SlaTarget, SlaTargetsSet
from shared.contracts.ticket import FieldsChanged
from tests.router.builders import AGENT, NINE, Desk, agent, moved, resolved, rules, triaged

WISHES = rules(
    rules=[
        {
            "name": "wishes",
            "when": {"category": "fine"},
            "queue": "support",
            "prefer": {"wine": 2, "cheese": 2},
            "relax_after": "5m",
        }
    ],
    queues=[{"name": "support"}],
)


def targets(minutes: int, metric: Metric = Metric.FIRST_RESPONSE) -> SlaTargetsSet:
    target = SlaTarget(
        metric=metric,
        seconds=60.0 * minutes,
        started_at=NINE,
        due_at=NINE + timedelta(minutes=minutes),
        remaining_seconds=60.0 * minutes,
    )
    return SlaTargetsSet(policy="p", policy_version="v", schedule="s", targets=(target,))


def taken(desk: Desk, capacity: int = 10) -> list[str]:
    return [ticket for ticket, _ in desk.online(agent("ana", capacity=capacity))]


def test_the_earlier_deadline_goes_first_within_a_priority() -> None:
    desk = Desk()
    for ticket_id in ("none", "late", "soon"):
        desk.ticket(ticket_id)
    desk.ticket("low", triaged(Priority.LOW))
    desk.hear("late", targets(60))
    desk.hear("soon", targets(30))
    desk.hear("low", targets(1))
    assert taken(desk) == ["soon", "late", "none", "low"]


def test_a_deadline_that_was_met_no_longer_counts() -> None:
    desk = Desk()
    desk.ticket("answered")
    desk.ticket("other")
    desk.hear("other", targets(90))
    desk.hear("answered", targets(30), targets(120, Metric.RESOLUTION))
    met = SlaFulfilled(
        metric=Metric.FIRST_RESPONSE,
        due_at=None,
        fulfilled_at=NINE,
        elapsed_seconds=1,
        calendar_seconds=1,
        late=False,
    )
    desk.hear("answered", met)
    assert taken(desk) == ["other", "answered"]


def test_a_higher_priority_moves_it_forward_and_is_said() -> None:
    desk = Desk()
    desk.ticket("t1")
    desk.ticket("t2")
    change = FieldsChanged(changes=(), actor=AGENT, priority=Priority.CRITICAL)
    [(ticket, queued)] = desk.hear("t2", change)
    assert isinstance(queued, TicketQueued)
    assert (ticket, queued.position, queued.priority) == ("t2", 1, Priority.CRITICAL)
    assert desk.hear("t2", triaged(Priority.LOW)) == []  # what a human set is pinned
    assert taken(desk) == ["t2", "t1"]


def test_a_paused_deadline_does_not_count() -> None:
    desk = Desk()
    desk.ticket("a")
    desk.ticket("paused")
    desk.hear("paused", targets(30))
    running = targets(30).targets[0]
    paused = running.model_copy(update={"due_at": None})
    desk.hear(
        "paused",
        SlaRetargeted(
            policy="p", policy_version="v", schedule="s", targets=(paused,), reason="priority"
        ),
    )
    assert taken(desk) == ["a", "paused"]


def test_a_requester_who_turns_out_to_be_a_vip_changes_the_queue() -> None:
    desk = Desk(
        rules(
            queues=[{"name": "support"}, {"name": "vip"}],
            rules=[{"name": "v", "when": {"vip": True, "tier": ["premium"]}, "queue": "vip"}],
        )
    )
    desk.ticket("t")
    known = Requester(customer_id="c", vip=True, tier=Tier.PREMIUM)
    [(_, queued)] = desk.hear("t", FieldsChanged(changes=(), actor=AGENT, requester=known))
    assert isinstance(queued, TicketQueued)
    assert (queued.queue, queued.decision.rule) == ("vip", "v")


def test_wishes_fall_away_one_by_one_the_last_first() -> None:
    desk = Desk(WISHES)
    desk.online(
        agent("both", skills={"wine": 2, "cheese": 2}, capacity=0),
        agent("wine", skills={"wine": 2}, capacity=1),
        agent("none", capacity=5),
    )
    [queued] = desk.ticket("t1", triaged(category="fine"))
    assert isinstance(queued, TicketQueued)
    desk.ticket("t2", triaged(category="fine"))
    said = desk.wait(timedelta(minutes=5))
    assert [(ticket, getattr(m, "agent_id", None)) for ticket, m in said] == [("t1", "wine")]
    said = desk.wait(timedelta(minutes=5))
    assert [(ticket, getattr(m, "agent_id", None)) for ticket, m in said] == [("t2", "none")]
    assigned = said[0][1]
    assert isinstance(assigned, TicketAssigned)
    assert assigned.waited_seconds == 600
    assert assigned.decision.reason.endswith("no longer asked: wine 2, cheese 2")


def test_a_wish_that_nobody_could_grant_is_not_waited_for() -> None:
    desk = Desk(WISHES)
    desk.online(agent("plain"))
    [assigned] = desk.ticket("t", triaged(category="fine"))
    assert isinstance(assigned, TicketAssigned)
    assert assigned.decision.reason.endswith("no longer asked: wine 2, cheese 2")


def test_overflow_opens_the_ticket_to_a_second_queues_teams() -> None:
    desk = Desk(
        rules(
            queues=[
                {"name": "first", "teams": ["one"]},
                {"name": "second", "teams": ["two"]},
            ],
            otherwise={"queue": "first", "overflow": {"queue": "second", "after": "15m"}},
        )
    )
    desk.online(agent("far", teams=["two"]), agent("near", teams=["one"], capacity=0))
    desk.ticket("t")
    assert desk.wait(timedelta(minutes=14)) == []
    [(_, assigned)] = desk.wait(timedelta(minutes=1))
    assert isinstance(assigned, TicketAssigned)
    assert (assigned.agent_id, assigned.queue) == ("far", "second")


def test_overflow_without_room_is_said_and_still_serves_the_first_team() -> None:
    desk = Desk(
        rules(
            queues=[{"name": "first", "teams": ["one"]}, {"name": "second", "teams": ["two"]}],
            otherwise={"queue": "first", "overflow": {"queue": "second", "after": "15m"}},
        )
    )
    desk.ticket("t")
    [(_, queued)] = desk.wait(timedelta(minutes=15))
    assert isinstance(queued, TicketQueued)
    assert queued.queue == "second"
    desk.online(agent("near", teams=["one"]))
    assert desk.owner("t") == "near"


def test_a_ticket_that_waits_for_its_requester_is_not_handed_out() -> None:
    desk = Desk()
    desk.ticket("t")
    desk.hear("t", moved(Status.PENDING))
    desk.online(agent("ana"))
    assert desk.owner("t") is None
    desk.hear("t", moved(Status.OPEN))
    assert desk.owner("t") == "ana"


def test_a_ticket_that_is_over_leaves_the_line() -> None:
    desk = Desk()
    desk.ticket("t")
    assert desk.hear("t", resolved()) == []
    assert taken(desk) == []


def test_a_ticket_resolved_before_triage_is_not_routed() -> None:
    desk = Desk()
    desk.online(agent("ana"))
    assert desk.ticket("t", resolved(), triaged()) == []
