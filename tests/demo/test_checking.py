"""The checker finds what was lost and what came twice, and nothing in a clean run."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deskstream.demo.checking import Evidence, Verdict, check
from deskstream.demo.hearing import DeadLetter, Fact, Heard
from deskstream.demo.ledger import Entry, Expect, Ledger, Order
from deskstream.demo.smtp_sink import Caught
from shared.contracts.assignment import Decision, TicketAssigned
from shared.contracts.envelope import Envelope, deterministic_id
from shared.contracts.fields import (
    Actor,
    ActorKind,
    MessageBody,
    Priority,
    Requester,
    Status,
    TicketType,
)
from shared.contracts.message import Message
from shared.contracts.notification import NotificationSent, Recipient
from shared.contracts.sla import SlaTargetsSet
from shared.contracts.ticket import (
    AgentReplied,
    CustomerReplied,
    DeliveryFailed,
    TicketClosed,
    TicketCreated,
    TicketResolved,
)
from shared.contracts.triage import TicketTriaged

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ADA = Actor(kind=ActorKind.AGENT, id="ada")
BODY = MessageBody(message_id="m", text="Help!", channel="email")


@dataclass
class Run:
    """A run of one ticket without a fault, to be spoilt by a test."""

    ledger: Ledger = field(default_factory=Ledger)
    heard: list[Heard] = field(default_factory=list)
    mails: list[Caught] = field(default_factory=list)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)

    def say(
        self, message: Message, *, cause: str, root: str | None = None, ticket: str = "t1"
    ) -> Fact:
        numbers = [
            fact.envelope.number or 0
            for fact in self.facts
            if (fact.envelope.subject, fact.envelope.writer) == (ticket, message.writer)
        ]
        number = max(numbers, default=0) + 1
        envelope = Envelope(
            id=deterministic_id(ticket, message.writer, number),
            type=message.type_name(),
            source=f"/deskstream/{message.writer}",
            time=NOON,
            subject=ticket,
            correlation=root or cause,
            causation=cause,
            writer=message.writer,
            number=number,
        )
        fact = Fact(envelope, message, NOON + timedelta(seconds=1))
        self.heard.append(fact)
        return fact

    @property
    def facts(self) -> list[Fact]:
        return [each for each in self.heard if isinstance(each, Fact)]

    def drop(self, kind: type[Message]) -> None:
        self.heard = [e for e in self.heard if not (isinstance(e, Fact) and _is(e, kind))]

    def mail(self, message_id: str) -> None:
        content = f"Message-ID: {message_id}\nSubject: x\n\n".encode()
        self.mails.append(Caught("support@desk.example", ("tess@example.org",), content, NOON))

    def verdict(self) -> Verdict:
        return check(Evidence(self.ledger, self.heard, self.mails, self.reports))


def _is(fact: Fact, kind: type[Message]) -> bool:
    return isinstance(fact.message, kind)


def created(number: str = "TKT-1000", follow_up_of: str | None = None) -> TicketCreated:
    return TicketCreated(
        number=number,
        channel="email",
        requester=Requester(customer_id="c", address="tess@example.org"),
        subject="Help",
        message=BODY,
        follow_up_of=follow_up_of,
    )


def sent(template: str, message_id: str) -> NotificationSent:
    return NotificationSent(
        notification_id=message_id,
        template=template,
        channel="email",
        recipient=Recipient(kind="requester", id="c", address="tess@example.org"),
        message_id=message_id,
        attempts=1,
        sent_at=NOON,
    )


def triaged() -> TicketTriaged:
    return TicketTriaged(
        category="billing",
        confidence=1,
        type=TicketType.QUESTION,
        impact="low",
        urgency="low",
        priority=Priority.LOW,
        rules_version="1",
    )


def assigned() -> TicketAssigned:
    decision = Decision(rule="Money", reason="most spare", rules_version="1")
    return TicketAssigned(
        agent_id="ada",
        queue="billing",
        pool="default",
        priority=Priority.LOW,
        waited_seconds=0,
        decision=decision,
    )


@pytest.fixture
def run() -> Run:
    run = Run()
    run.ledger.entries.append(Entry("double-charge", "email", Expect.OPENS, NOON, ["in-1"]))
    run.ledger.orders.append(Order("order-1", "Reply", "t1"))
    run.say(created(), cause="in-1")
    run.say(triaged(), cause="x", root="in-1")
    run.say(SlaTargetsSet(policy="p", policy_version="1", schedule="s", targets=()), cause="x")
    run.say(assigned(), cause="x", root="in-1")
    run.say(sent("acknowledgement", "<a@desk.example>"), cause="x")
    run.mail("<a@desk.example>")
    run.say(
        AgentReplied(message=BODY, actor=ADA, human=True, status=Status.RESOLVED), cause="order-1"
    )
    run.say(TicketResolved(old=Status.NEW, actor=ADA), cause="order-1")
    run.say(sent("reply", "<r@desk.example>"), cause="x")
    run.mail("<r@desk.example>")
    run.say(TicketClosed(old=Status.RESOLVED, actor=ADA, reason="time"), cause="timer")
    run.reports["t1"] = {"id": "t1", "status": "closed"}
    return run


def test_a_clean_run_is_clean(run: Run) -> None:
    verdict = run.verdict()

    assert verdict.clean, (verdict.lost, verdict.doubled, verdict.unfinished)
    assert verdict.latencies == verdict.at_once == [1.0]
    assert verdict.figures == {
        "received": 1,
        "created": 1,
        "appended": 0,
        "triaged": 1,
        "assigned": 1,
        "acknowledged": 1,
        "answered": 1,
        "warned": 0,
        "breached": 0,
        "resolved": 1,
        "closed": 1,
        "dead-lettered": 0,
    }


def test_a_record_that_was_published_again_is_no_double(run: Run) -> None:
    run.heard.append(run.heard[0])

    verdict = run.verdict()

    assert verdict.clean
    assert verdict.repeated == 1


def lose_message(run: Run) -> None:
    run.ledger.entries.append(Entry("lost", "email", Expect.OPENS, NOON, ["in-2"]))


def lose_reply(run: Run) -> None:
    run.ledger.entries.append(Entry("reply", "email", Expect.RECORDED, NOON, ["in-2"]))


def lose_bounce(run: Run) -> None:
    run.ledger.entries.append(Entry("bounce", "email", Expect.REPORTED, NOON, ["in-2"]))


def lose_dead_letter(run: Run) -> None:
    run.ledger.entries.append(Entry("spoilt", "email", Expect.REJECTED, NOON, ["in-2"]))


def lose_order(run: Run) -> None:
    run.ledger.orders.append(Order("order-2", "AddNote", "t1"))


def join_another(run: Run) -> None:
    """What should have opened a ticket went into one."""
    lose_message(run)
    replied = CustomerReplied(message=BODY, status=Status.CLOSED)
    run.say(replied, cause="x", root="in-2")


def reply_into_wrong_ticket(run: Run) -> None:
    entry = Entry("reply", "email", Expect.RECORDED, NOON, ["in-2"], ticket="t2")
    run.ledger.entries.append(entry)
    run.say(CustomerReplied(message=BODY, status=Status.CLOSED), cause="x", root="in-2")


def lose_mail(run: Run) -> None:
    run.mails.pop()


def mail_without_a_word(run: Run) -> None:
    run.mail("<unknown@desk.example>")


def lose_number(run: Run) -> None:
    first = next(i for i, fact in enumerate(run.facts) if isinstance(fact.message, AgentReplied))
    del run.heard[first]


def lose_report(run: Run) -> None:
    run.reports.clear()


def report_wrong(run: Run) -> None:
    run.reports["t1"]["status"] = "open"


@pytest.mark.parametrize(
    "spoil",
    [
        lose_message,
        lose_reply,
        lose_bounce,
        lose_dead_letter,
        lose_order,
        join_another,
        reply_into_wrong_ticket,
        lose_mail,
        mail_without_a_word,
        lose_number,
        lose_report,
        report_wrong,
    ],
)
def test_finds_what_is_lost(run: Run, spoil: Callable[[Run], None]) -> None:
    spoil(run)

    assert run.verdict().lost


@pytest.mark.parametrize("kind", [TicketTriaged, SlaTargetsSet, NotificationSent])
def test_every_ticket_goes_through_every_stage(run: Run, kind: type[Message]) -> None:
    run.drop(kind)

    assert run.verdict().lost


def test_a_ticket_that_nobody_got_is_lost(run: Run) -> None:
    run.drop(TicketAssigned)
    run.drop(TicketResolved)

    assert any("given to nobody" in text for text in run.verdict().lost)


def open_twice(run: Run) -> None:
    run.say(created("TKT-1001"), cause="x", root="in-1", ticket="t2")


def record_twice(run: Run) -> None:
    run.ledger.entries.append(Entry("reply", "email", Expect.RECORDED, NOON, ["in-2"]))
    for _ in range(2):
        run.say(CustomerReplied(message=BODY, status=Status.CLOSED), cause="x", root="in-2")


def report_twice(run: Run) -> None:
    run.ledger.entries.append(Entry("bounce", "email", Expect.REPORTED, NOON, ["in-2"]))
    for _ in range(2):
        run.say(DeliveryFailed(hard=True, message=BODY), cause="x", root="in-2")


def obey_twice(run: Run) -> None:
    run.say(
        AgentReplied(message=BODY, actor=ADA, human=True, status=Status.CLOSED), cause="order-1"
    )


def mail_twice(run: Run) -> None:
    run.mail("<a@desk.example>")


def acknowledge_twice(run: Run) -> None:
    run.say(sent("acknowledgement", "<b@desk.example>"), cause="x")
    run.mail("<b@desk.example>")


def number_twice(run: Run) -> None:
    last = run.facts[-1]
    run.heard.append(replace(last, envelope=replace(last.envelope, id="another")))


def report_unknown(run: Run) -> None:
    run.reports["t9"] = {"id": "t9", "status": "open"}


def read_the_unreadable(run: Run) -> None:
    run.ledger.entries.append(Entry("spoilt", "email", Expect.REJECTED, NOON, ["in-2"]))
    run.heard.append(DeadLetter("d", "in-2", "g", "no JSON"))
    run.say(CustomerReplied(message=BODY, status=Status.CLOSED), cause="x", root="in-2")


@pytest.mark.parametrize(
    "spoil",
    [
        open_twice,
        record_twice,
        report_twice,
        obey_twice,
        mail_twice,
        acknowledge_twice,
        number_twice,
        report_unknown,
        read_the_unreadable,
    ],
)
def test_finds_what_came_twice(run: Run, spoil: Callable[[Run], None]) -> None:
    spoil(run)

    assert run.verdict().doubled


def test_a_message_that_was_delivered_twice_must_be_there_once(run: Run) -> None:
    run.ledger.entries[0].deliveries += ["in-1", "in-1-again"]

    verdict = run.verdict()

    assert verdict.clean
    assert verdict.figures["received"] == 3


def test_a_reply_may_go_on_in_a_follow_up(run: Run) -> None:
    entry = Entry("reply", "email", Expect.RECORDED, NOON, ["in-2"], ticket="t1")
    run.ledger.entries.append(entry)

    run.say(created("TKT-1001", follow_up_of="t1"), cause="x", root="in-2", ticket="t2")

    assert not [text for text in run.verdict().lost if "another ticket" in text]


def test_a_ticket_that_is_not_closed_is_not_through(run: Run) -> None:
    run.drop(TicketClosed)
    run.reports["t1"]["status"] = "resolved"

    verdict = run.verdict()

    assert not verdict.clean
    assert verdict.unfinished[0].startswith("TKT-1000 is resolved")
