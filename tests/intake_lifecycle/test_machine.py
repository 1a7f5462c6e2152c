"""Whatever commands come in whatever order: a ticket's story stays a story."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.intake.domain.fitting import FITS
from services.intake.domain.lifecycle import decide
from services.intake.domain.recording import FOLLOW_UP
from services.intake.domain.status import MOVES
from services.intake.domain.ticket import (
    Facts,
    KeptMessage,
    Policy,
    TicketState,
    message_key,
    number_text,
)
from shared.contracts.commands import (
    AddNote,
    ChangeFields,
    Command,
    Escalate,
    Link,
    MarkSpam,
    Merge,
    Rate,
    Reassign,
    RecordMessage,
    Reply,
    ReplyCanned,
    SetStatus,
    Split,
    Unmerge,
)
from shared.contracts.fields import Actor, Automatic, Priority, Status
from shared.contracts.ticket import (
    CommandRejected,
    CustomerReplied,
    FieldsChanged,
    IntakeEvent,
    StatusChanged,
    TicketClosed,
    TicketCreated,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketResolved,
    TicketsLinked,
    TicketUnmerged,
)
from tests.intake_lifecycle.builders import (
    AGENT,
    BOT,
    NOW,
    REQUESTER,
    STRANGER,
    SYSTEM,
    bounced,
    canned,
    opening,
    record,
)

POLICY = Policy(canned=canned(hello="This is {{ what }}."))
OPENED = ("t1", "t2", "t3")
TICKETS = st.sampled_from([*OPENED, "t4"])
ACTORS = st.sampled_from([AGENT, BOT, SYSTEM, REQUESTER, STRANGER])
FIELDS = ("category", "priority", "type", "tags", "subject")
ONCE_MOVED = (TicketResolved, TicketReopened, TicketClosed, StatusChanged)


class Desk(RuleBasedStateMachine):
    """Tickets and the commands on their way to them; order holds for each ticket only."""

    def __init__(self) -> None:
        super().__init__()
        self.tickets: dict[str, TicketState | None] = {}
        self.logs: dict[str, list[IntakeEvent]] = {}
        self.waiting: dict[str, list[Command]] = {}
        self.kept: dict[str, KeptMessage] = {}
        self.recorded: list[str] = []
        self.seen: dict[str, TicketState] = {}
        self.numbers = 1000
        self.ids = 0

    @initialize()
    def three_are_open(self) -> None:
        for ticket_id in OPENED:
            self.put(ticket_id, opening(self.message()))
            self.handle(ticket_id)
        self.looks()

    @rule()
    def looks(self) -> None:
        """Of other tickets a decision sees some moment's state, not always the present one."""
        self.seen = {other: state for other, state in self.tickets.items() if state is not None}

    def put(self, ticket_id: str, command: Command) -> None:
        self.waiting.setdefault(ticket_id, []).append(command)

    def message(self) -> str:
        self.ids += 1
        self.recorded.append(f"m{self.ids}")
        return self.recorded[-1]

    @rule(ticket_id=TICKETS, automatic=st.sampled_from([None, None, *Automatic]))
    def opens(self, ticket_id: str, automatic: Automatic | None) -> None:
        self.put(ticket_id, opening(self.message(), automatic=automatic))

    @rule(
        ticket_id=TICKETS,
        automatic=st.sampled_from([None, None, *Automatic]),
        participant=st.booleans(),
        resolves=st.booleans(),
    )
    def writes(
        self, ticket_id: str, automatic: Automatic | None, *, participant: bool, resolves: bool
    ) -> None:
        self.put(
            ticket_id,
            record(self.message(), automatic=automatic, participant=participant, resolves=resolves),
        )

    @rule(ticket_id=TICKETS, hard=st.booleans())
    def bounces(self, ticket_id: str, *, hard: bool) -> None:
        self.put(ticket_id, bounced(hard=hard))

    @rule(
        ticket_id=TICKETS,
        actor=ACTORS,
        status=st.sampled_from([None, *Status]),
    )
    def answers(self, ticket_id: str, actor: Actor, status: Status | None) -> None:
        self.put(ticket_id, Reply(actor=actor, text="Yes.", status=status))

    @rule(
        ticket_id=TICKETS,
        actor=ACTORS,
        status=st.sampled_from(Status),
        behind=st.sampled_from([None, 0, 1]),
    )
    def sets(self, ticket_id: str, actor: Actor, status: Status, behind: int | None) -> None:
        seen = None if behind is None else max(0, len(self.logs.get(ticket_id, ())) - behind)
        self.put(ticket_id, SetStatus(actor=actor, status=status, seen=seen))

    @rule(ticket_id=TICKETS, other=TICKETS, actor=ACTORS, which=st.integers(0, 11))
    def directs(self, ticket_id: str, other: str, actor: Actor, which: int) -> None:
        message_id = self.recorded[which % len(self.recorded)] if self.recorded else "m0"
        commands: list[Command] = [
            AddNote(actor=actor, text="n"),
            Reassign(actor=actor, agent_id="bob"),
            Escalate(actor=actor, reason="r"),
            ChangeFields(actor=actor, category=f"c{which}"),
            Link(actor=actor, other=other),
            Rate(actor=actor, score=3),
            MarkSpam(actor=actor),
            Unmerge(actor=actor),
            Split(actor=actor, message_id=message_id),
            ReplyCanned(actor=actor, canned_id="hello", variables={"what": "it"}),
            ReplyCanned(actor=actor, canned_id="helo"),
            ChangeFields(actor=actor, priority=Priority.HIGH, tags=("a", "b"), subject="s"),
        ]
        self.put(ticket_id, commands[which])

    @rule(ticket_id=TICKETS, other=TICKETS)
    def merges(self, ticket_id: str, other: str) -> None:
        self.put(ticket_id, Merge(actor=AGENT, into=other))

    @rule(ticket_id=TICKETS)
    def closes(self, ticket_id: str) -> None:
        self.put(ticket_id, SetStatus(actor=AGENT, status=Status.RESOLVED))
        self.put(ticket_id, SetStatus(actor=AGENT, status=Status.CLOSED))

    @rule(ticket_id=TICKETS)
    def unmerges(self, ticket_id: str) -> None:
        self.put(ticket_id, Unmerge(actor=AGENT))

    @precondition(lambda self: any(self.waiting.values()))
    @rule(data=st.data())
    def handles(self, data: st.DataObject) -> None:
        ready = sorted(ticket_id for ticket_id, commands in self.waiting.items() if commands)
        self.handle(data.draw(st.sampled_from(ready)))

    @rule()
    def settles(self) -> None:
        """Whatever was sent comes to an end, also where merges crossed."""
        for _ in range(2_000):
            ready = [ticket_id for ticket_id, commands in self.waiting.items() if commands]
            if not ready:
                self.check_settled()
                return
            for ticket_id in ready:
                self.handle(ticket_id)
        raise AssertionError("the tickets send each other commands for ever")

    def handle(self, ticket_id: str) -> None:
        command = self.waiting[ticket_id].pop(0)
        before = self.tickets.get(ticket_id)
        log = self.logs.setdefault(ticket_id, [])
        self.ids += 1
        self.numbers += 1
        facts = Facts(
            ticket_id=ticket_id,
            command_id=f"c{self.ids}",
            at=NOW,
            said=len(log),
            policy=POLICY,
            number=number_text(self.numbers),
            others=self.seen,
            message=self.kept.get(message_key(ticket_id, getattr(command, "message_id", ""))),
        )
        decided = decide(command, before, facts)
        self.check_step(command, before, decided.ticket, decided.says)
        self.tickets[ticket_id] = decided.ticket
        log.extend(decided.says)
        self.kept.update((message.key, message) for message in decided.keeps)
        for other, onward in decided.sends:
            self.put(other, onward)

    def check_step(
        self,
        command: Command,
        before: TicketState | None,
        after: TicketState | None,
        says: tuple[IntakeEvent, ...],
    ) -> None:
        kinds = {type(event) for event in says}
        assert kinds <= {*FITS[type(command)].says, CommandRejected}
        if CommandRejected in kinds:
            assert len(says) == 1
            assert after == before
        if before is None or after is None:
            return
        assert (after.number, after.created_at) == (before.number, before.created_at)
        if before.status is Status.CLOSED and after.status is not Status.CLOSED:
            assert kinds == {TicketUnmerged, TicketReopened}
        if isinstance(command, SetStatus) and after.status is not before.status:
            assert after.status in MOVES[before.status]
        if after.status is not before.status:
            assert kinds & set(ONCE_MOVED)
        if isinstance(command, RecordMessage) and (command.automatic or not command.participant):
            assert after.status in (before.status, Status.RESOLVED)

    @invariant()
    def the_log_tells_the_status(self) -> None:
        for ticket_id, state in self.tickets.items():
            if state is not None:
                assert folded(self.logs[ticket_id]) == state.status

    @invariant()
    def the_log_tells_all_the_rest(self) -> None:
        """Whoever reads the events alone knows what the writer knows."""
        for ticket_id, state in self.tickets.items():
            if state is not None:
                assert told(self.logs[ticket_id]) == known(state)

    @invariant()
    def a_ticket_is_created_once_and_first(self) -> None:
        numbers = Counter(state.number for state in self.tickets.values() if state is not None)
        assert set(numbers.values()) <= {1}
        for ticket_id, log in self.logs.items():
            created = [place for place, event in enumerate(log) if isinstance(event, TicketCreated)]
            assert len(created) == (self.tickets[ticket_id] is not None)
            ahead = log[: created[0]] if created else log
            assert all(isinstance(event, CommandRejected) for event in ahead)

    @invariant()
    def a_closed_ticket_has_one_follow_up(self) -> None:
        for log in self.logs.values():
            linked = [event for event in log if isinstance(event, TicketsLinked)]
            assert sum(event.relation == FOLLOW_UP for event in linked) <= 1

    @invariant()
    def reopens_are_counted(self) -> None:
        for ticket_id, state in self.tickets.items():
            reopened = [e for e in self.logs[ticket_id] if isinstance(e, TicketReopened)]
            assert [event.reopens for event in reopened] == list(range(1, len(reopened) + 1))
            assert state is None or state.reopens == len(reopened)

    @invariant()
    def what_moved_last_is_known_to_timers(self) -> None:
        for ticket_id, state in self.tickets.items():
            if state is not None:
                moves = [n for n, e in enumerate(self.logs[ticket_id], 1) if moves_on(e)]
                assert state.moved == moves[-1]

    def check_settled(self) -> None:
        """Every message is in exactly one ticket's log (or several, by splits); merges agree."""
        found = {event_message(event) for log in self.logs.values() for event in log}
        assert set(self.recorded) <= found
        for ticket_id, state in self.tickets.items():
            if state is not None and state.merged_into is not None:
                target = self.tickets[state.merged_into]
                assert target is not None
                assert ticket_id in target.absorbed
                assert state.status is Status.CLOSED
            for source in state.absorbed if state is not None else ():
                absorbed = self.tickets[source]
                assert absorbed is not None
                assert absorbed.merged_into == ticket_id
        self.check_links()

    def check_links(self) -> None:
        for ticket_id, log in self.logs.items():
            for event in log:
                if isinstance(event, TicketsLinked):
                    assert self.tickets[event.other] is not None, (ticket_id, event)


def folded(log: list[IntakeEvent]) -> Status | None:
    status: Status | None = None
    for event in log:
        if isinstance(event, TicketCreated):
            status = Status.NEW
        elif isinstance(event, StatusChanged):
            assert event.old is status
            status = event.new
        elif isinstance(event, TicketResolved):
            assert event.old is status
            status = Status.RESOLVED
        elif isinstance(event, TicketClosed):
            assert event.old is status
            status = Status.CLOSED
        elif isinstance(event, TicketReopened):
            assert event.old is status
            status = Status.OPEN
        elif isinstance(event, TicketMerged) and event.side == "source":
            assert status is not Status.CLOSED
    return status


def told(log: list[IntakeEvent]) -> dict[str, object]:
    """What the events alone tell; the last word of each holds."""
    fields: dict[str, object] = {}
    for event in log:
        if isinstance(event, TicketCreated):
            fields |= {"subject": event.subject, "tags": event.tags}
        elif isinstance(event, FieldsChanged):
            given = ((name, getattr(event, name)) for name in FIELDS)
            fields |= {name: value for name, value in given if value is not None}
        elif isinstance(event, TicketMarkedSpam):
            fields["spam"] = True
        elif isinstance(event, TicketsLinked) and event.relation == FOLLOW_UP:
            fields["continued_in"] = event.other
    return fields | told_of_others(log)


def told_of_others(log: list[IntakeEvent]) -> dict[str, object]:
    links: list[str] = []
    absorbed: list[str] = []
    into: list[str] = []
    for event in log:
        if isinstance(event, TicketsLinked) and event.relation != FOLLOW_UP:
            links.append(f"{event.relation} {event.other}")
        elif isinstance(event, TicketMerged):
            (into if event.side == "source" else absorbed).append(event.other)
        elif isinstance(event, TicketUnmerged):
            (into if event.side == "source" else absorbed).remove(event.other)
    merged = {"merged_into": into[0]} if into else {}
    return {**merged, "links": links, "absorbed": absorbed}


def known(state: TicketState) -> dict[str, object]:
    found = {name: getattr(state, name) for name in (*FIELDS, "merged_into", "continued_in")}
    fields = {name: value for name, value in found.items() if value is not None}
    if state.spam:
        fields["spam"] = True
    return {**fields, "links": list(state.links), "absorbed": list(state.absorbed)}


def moves_on(event: IntakeEvent) -> bool:
    if isinstance(event, CustomerReplied):
        return event.automatic is None
    return type(event).__name__ in {"TicketCreated", "AgentReplied"} or isinstance(
        event, ONCE_MOVED
    )


def event_message(event: IntakeEvent) -> str | None:
    if isinstance(event, (TicketCreated, CustomerReplied)):
        return event.message.message_id
    return None


Desk.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestDesk = Desk.TestCase
