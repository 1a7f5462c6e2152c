"""Whatever happens in whatever order: what a pool must never do."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from services.router.domain.escalation import ON_CALL
from services.router.domain.planning import plan_for
from services.router.domain.pool import Pool
from services.router.domain.ticket import Place, RoutedTicket
from shared.contracts.assignment import TicketAssigned, TicketQueued, TicketUnassigned
from shared.contracts.fields import Priority, Status
from shared.contracts.message import Message
from shared.contracts.people import Availability
from shared.contracts.sla import Metric, SlaBreached, SlaTarget, SlaTargetsSet
from shared.contracts.ticket import (
    AssignmentRequested,
    EscalationRequested,
    FieldsChanged,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketUnmerged,
)
from tests.router.builders import AGENT, Desk, agent, moved, resolved, rules, triaged

CHATS = 2
RULES = rules(
    never_assigned="20m",
    weights={"ana": 2},
    efforts=[{"when": {"type": "incident", "category": "money"}, "effort": 2}],
    channel_limits={"chat": CHATS},
    hours=[
        {"name": "west", "time_zone": "UTC", "open": "mon-sun 09:10-09:40"},
        {
            "name": "east",
            "time_zone": "UTC",
            "open": ["mon-sun 09:00-09:20", "mon-sun 09:30-09:40"],
        },
    ],
    on_call=[{"name": "night", "time_zone": "UTC", "since": "2026-01-05", "agents": ["bo", "zoe"]}],
    queues=[
        {"name": "west", "hours": "west", "when_closed": "east"},
        {"name": "east", "hours": "east", "when_closed": "west", "selection": "weighted"},
        {"name": "support"},
        {"name": "tech", "teams": ["tech"], "selection": "longest_idle"},
        {"name": "money", "skills": {"sums": 1}, "selection": "most_spare_percent"},
        {"name": "lead"},
    ],
    rules=[
        {
            "name": "tech",
            "when": {"category": "tech"},
            "queue": "tech",
            "skills": {"unix": 2},
            "prefer": {"network": 1},
            "overflow": {"queue": "support", "after": "15m"},
        },
        {
            "name": "money",
            "when": {"category": "money"},
            "queue": "money",
            "language": "required",
            "relax_after": "2m",
        },
        {"name": "urgent", "when": {"priority": "critical"}, "queue": "support", "seniority": 2},
        {"name": "sun", "when": {"category": "sun"}, "queue": "west", "lane": "express"},
    ],
    escalations=[
        {"name": "late", "on": "breach", "level": 2, "queue": "lead", "seniority": 3},
        {"name": "long", "on": "unassigned", "level": 1, "on_call": "night"},
        {"name": "tagged", "on": "demand", "when": {"tags": "boss"}, "on_call": "night"},
        {"name": "asked", "on": "request", "seniority": 2, "hand_over": "always"},
    ],
)
ROOM_FOR_ALL = 1_000
AGENTS = st.sampled_from(["ana", "bo", "cy", "di"])
CATEGORIES = st.sampled_from(["tech", "money", "sun", "general", "general"])
LANGUAGES = st.sampled_from([None, "de", "fr"])
BREACH = SlaBreached(
    metric=Metric.RESOLUTION,
    policy="p",
    target_seconds=1,
    breached_at=Desk().now,
    lateness_seconds=0,
)


class PoolMachine(RuleBasedStateMachine):
    """Checks every sentence that is said against a ledger of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(RULES)
        self.owners: dict[str, str] = {}
        self.waiting: set[str] = set()
        self.count = 0
        self.doomed = False

    @property
    def pool(self) -> Pool:
        return self.desk.pool

    @property
    def tickets(self) -> dict[str, RoutedTicket]:
        return self.desk.tickets

    def any_ticket(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.tickets)), label="ticket")

    # --- what happens --------------------------------------------------------------------------

    @rule(
        agent_id=AGENTS,
        capacity=st.integers(0, 3),
        there=st.sampled_from([*Availability, Availability.ONLINE, Availability.ONLINE]),
        skills=st.dictionaries(
            st.sampled_from(["unix", "network", "sums"]), st.integers(1, 3), max_size=3
        ),
        teams=st.sampled_from([(), ("tech",)]),
        languages=st.sampled_from([("de",), ("fr", "de"), ()]),
        seniority=st.integers(1, 3),
    )
    def an_agent_changes(
        self,
        agent_id: str,
        capacity: int,
        there: Availability,
        skills: dict[str, int],
        teams: tuple[str, ...],
        languages: tuple[str, ...],
        seniority: int,
    ) -> None:
        update = agent(
            agent_id,
            capacity=capacity,
            availability=there,
            skills=skills,
            teams=teams,
            languages=languages,
            seniority=seniority,
        )
        self.happens(agent_id, update)

    @rule(agent_id=AGENTS)
    def an_agent_leaves(self, agent_id: str) -> None:
        self.check(self.desk.gone(agent_id))

    @initialize(capacities=st.lists(st.integers(1, 2), min_size=1, max_size=3))
    def some_agents_are_there(self, capacities: list[int]) -> None:
        for agent_id, capacity in zip(("ana", "bo", "cy"), capacities, strict=False):
            update = agent(
                agent_id,
                capacity=capacity,
                skills={"unix": 2, "sums": 1},
                teams=("tech",),
                languages=("de",),
                seniority=3,
            )
            self.happens(agent_id, update)

    @rule(
        category=CATEGORIES,
        priorities=st.lists(st.sampled_from(Priority), min_size=1, max_size=4),
        language=LANGUAGES,
        channel=st.sampled_from(["email", "chat"]),
        tags=st.sampled_from([(), ("boss",)]),
    )
    def tickets_come(
        self,
        category: str,
        priorities: list[Priority],
        language: str | None,
        channel: str,
        tags: tuple[str, ...],
    ) -> None:
        for priority in priorities:
            self.count += 1
            self.desk.now += timedelta(seconds=self.count % 2)
            ticket_id = f"t{self.count}"
            self.desk.ticket(ticket_id, moved(Status.NEW), channel=channel)
            told = triaged(priority, category=category, language=language, tags=tags)
            self.happens(ticket_id, told)

    @precondition(lambda self: self.tickets)
    @rule(data=st.data(), priority=st.sampled_from(Priority))
    def a_human_changes_the_priority(self, data: st.DataObject, priority: Priority) -> None:
        change = FieldsChanged(changes=(), actor=AGENT, priority=priority)
        self.happens(self.any_ticket(data), change)

    @precondition(lambda self: self.tickets)
    @rule(data=st.data(), category=CATEGORIES)
    def triage_thinks_again(self, data: st.DataObject, category: str) -> None:
        self.happens(self.any_ticket(data), triaged(category=category))

    @precondition(lambda self: self.tickets)
    @rule(data=st.data(), minutes=st.integers(1, 60))
    def a_deadline_is_set(self, data: st.DataObject, minutes: int) -> None:
        target = SlaTarget(
            metric=Metric.RESOLUTION,
            seconds=60,
            started_at=self.desk.now,
            due_at=self.desk.now + timedelta(minutes=minutes),
            remaining_seconds=60,
        )
        told = SlaTargetsSet(policy="p", policy_version="v", schedule="s", targets=(target,))
        self.happens(self.any_ticket(data), told)

    @precondition(lambda self: self.tickets)
    @rule(data=st.data(), status=st.sampled_from([Status.OPEN, Status.PENDING, Status.ON_HOLD]))
    def its_status_moves(self, data: st.DataObject, status: Status) -> None:
        self.happens(self.any_ticket(data), moved(status))

    @precondition(lambda self: self.tickets)
    @rule(
        data=st.data(),
        event=st.sampled_from(
            [
                resolved(),
                resolved(),
                TicketReopened(old=Status.RESOLVED, actor=AGENT, reason="r", reopens=1),
                TicketMarkedSpam(actor=AGENT),
                TicketMerged(other="o", side="source", actor=AGENT),
                TicketUnmerged(other="o", side="source", actor=AGENT),
                BREACH,
                EscalationRequested(actor=AGENT, reason="r"),
            ]
        ),
    )
    def something_happens_to_it(self, data: st.DataObject, event: Message) -> None:
        self.happens(self.any_ticket(data), event)

    @precondition(lambda self: self.tickets)
    @rule(
        data=st.data(),
        to=st.sampled_from(["ana", "bo", "nobody", None, None]),
        queue=st.sampled_from(["tech", "support", "nowhere", None]),
    )
    def somebody_reassigns_it(self, data: st.DataObject, to: str | None, queue: str | None) -> None:
        asked = AssignmentRequested(agent_id=to, queue=queue, actor=AGENT)
        self.happens(self.any_ticket(data), asked)

    @rule(minutes=st.sampled_from([1, 3, 6, 20]))
    def time_passes(self, minutes: int) -> None:
        for said in self.desk.timers(timedelta(minutes=minutes)):
            self.check(said)

    @rule()
    def another_process_takes_over(self) -> None:
        """It knows all that was known, from what is stored alone, and finds nothing left to do."""
        before = self.known()
        assert self.desk.taken_over() == []
        assert self.known() == before

    def known(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return (
            {ticket_id: ticket.model_dump() for ticket_id, ticket in self.tickets.items()},
            {known.agent_id: known for known in self.pool.roster.agents.values()},
        )

    @rule()
    def the_process_will_die_before_its_next_commit(self) -> None:
        self.doomed = True

    def happens(self, subject: str, *events: Message) -> None:
        """If the process dies, its successor hears the same again, and says the same."""
        if self.doomed:
            self.doomed = False
            dying = deepcopy(self.desk)
            lost = dying.hear(subject, *events)
            self.desk.taken_over()
            said = self.desk.hear(subject, *events)
            assert _essence(said) == _essence(lost)
        else:
            said = self.desk.hear(subject, *events)
        self.check(said)

    # --- what must hold ------------------------------------------------------------------------

    def check(self, said: list[tuple[str, Message]]) -> None:
        for ticket_id, message in said:
            match message:
                case TicketQueued():
                    assert ticket_id not in self.owners
                    self.waiting.add(ticket_id)
                case TicketUnassigned():
                    assert self.owners.pop(ticket_id) == message.agent_id
                case TicketAssigned():
                    self._check_assigned(ticket_id, message)
                case _:
                    pass
        self.waiting = {t for t in self.waiting if self.tickets[t].place is Place.WAITING}

    def _check_assigned(self, ticket_id: str, said: TicketAssigned) -> None:
        before = self.owners.get(ticket_id)
        assert before is None or (before == said.agent_id and "stays" in said.decision.reason)
        if before is None and not said.by_hand:
            owner = self.pool.roster.agents[said.agent_id]
            assert owner.online
            ticket = self.tickets[ticket_id]
            assert self._load(said.agent_id) + ticket.effort <= owner.profile.capacity
            if ticket.facts.channel in RULES.config.channel_limits:
                assert self._load_in(said.agent_id, ticket.facts.channel) < CHATS
            if not said.decision.reason.startswith(ON_CALL):
                assert all(map(owner.has, plan_for(ticket, RULES).needs))
            self._check_turn(ticket_id, said.agent_id)
        self.owners[ticket_id] = said.agent_id
        self.waiting.discard(ticket_id)

    def _check_turn(self, ticket_id: str, agent_id: str) -> None:
        """Of all whom he could take, nobody who still waits comes before the one he is given."""
        given, taker = self.tickets[ticket_id], self.pool.roster.agents[agent_id]
        for other in self.waiting - {ticket_id}:
            entry = self.pool.waiting.get(other)
            # Who comes before may need more room than there is, or another channel's.
            if entry is None or entry.requirement.effort > given.effort:
                continue
            if entry.requirement.channel and self._load_in(agent_id, "chat") >= CHATS:
                continue
            if taker.can_take(entry.requirement):
                assert entry.ticket.order > given.order

    def _load(self, agent_id: str) -> int:
        """By the ledger of what was said, not by the pool's own count."""
        return sum(ticket.effort for ticket in self._work_of(agent_id))

    def _load_in(self, agent_id: str, channel: str) -> int:
        return sum(ticket.facts.channel == channel for ticket in self._work_of(agent_id))

    def _work_of(self, agent_id: str) -> list[RoutedTicket]:
        owned = [self.tickets[t] for t, owner in self.owners.items() if owner == agent_id]
        return [ticket for ticket in owned if RULES.is_work(ticket)]

    @invariant()
    def every_open_ticket_has_one_owner_or_waits(self) -> None:
        for ticket_id, ticket in self.tickets.items():
            waits = self.pool.waiting.get(ticket_id) is not None
            assert self.owners.get(ticket_id) == ticket.agent_id
            assert (ticket.place is Place.OWNED) == (ticket.agent_id is not None)
            assert waits == (ticket.place is Place.WAITING)
            if RULES.is_work(ticket):
                assert waits != (ticket.agent_id is not None)
            else:
                assert not waits
            assert not (ticket.over and ticket.agent_id)

    @invariant()
    def nobody_waits_while_somebody_able_has_room(self) -> None:
        everybody = self.pool.roster.agents.values()
        for ticket_id in self.tickets:
            entry = self.pool.waiting.get(ticket_id)
            if entry is not None:
                asked = entry.requirement
                assert not any(a.can_take(asked) and a.has_room(asked) for a in everybody)

    @invariant()
    def loads_are_what_the_tickets_say(self) -> None:
        for known in self.pool.roster.agents.values():
            assert known.load == self._load(known.agent_id)
            assert known.work.keys() | known.asleep == {
                ticket for ticket, owner in self.owners.items() if owner == known.agent_id
            }

    def teardown(self) -> None:
        """At the end: all equal and there, with room for all and work for each."""
        names = ("ana", "bo", "cy", "di")
        for name in names:
            self.happens(name, agent(name, capacity=ROOM_FOR_ALL, seniority=3))
        loads = [known.load for known in self.pool.roster.agents.values()]
        for n in range(len(names) * max(loads) - sum(loads) + 1):
            self.desk.ticket(f"end{n}", moved(Status.NEW))
            self.happens(f"end{n}", triaged())
        loads = [known.load for known in self.pool.roster.agents.values()]
        assert max(loads) - min(loads) <= 1


def _essence(said: list[tuple[str, Message]]) -> list[tuple[Any, ...]]:
    """All but the agents who were looked at and not taken: which of the many are named varies."""
    return [
        (ticket_id, type(message), message.model_dump(exclude={"decision": {"candidates"}}))
        for ticket_id, message in said
    ]


PoolMachine.TestCase.settings = settings(max_examples=120, stateful_step_count=50, deadline=None)
TestPool = PoolMachine.TestCase
