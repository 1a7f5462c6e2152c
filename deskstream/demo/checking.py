"""Whether anything was lost or came about twice: the ledger against log, mails and reports."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deskstream.demo.hearing import DeadLetter, Fact, Heard
from deskstream.demo.ledger import Entry, Expect, Ledger, Order
from deskstream.demo.smtp_sink import Caught
from shared.contracts.assignment import TicketAssigned, TicketQueued
from shared.contracts.fields import Status
from shared.contracts.message import Message
from shared.contracts.notification import (
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)
from shared.contracts.sla import SlaBreached, SlaTargetsSet, SlaWarning
from shared.contracts.ticket import (
    AgentReplied,
    CommandRejected,
    CustomerReplied,
    DeliveryFailed,
    StatusChanged,
    TicketClosed,
    TicketCreated,
    TicketReopened,
    TicketResolved,
)
from shared.contracts.triage import TicketTriaged

ACKNOWLEDGEMENT, REPLY = "acknowledgement", "reply"
LAST_EVENTS = 8
ROUTED = (TicketAssigned, TicketQueued)
LEDS_TO: Mapping[str, str] = {
    "Reply": "AgentReplied",
    "AddNote": "NoteAdded",
    "SetStatus": "TicketResolved",
    "Escalate": "EscalationRequested",
    "ChangeFields": "FieldsChanged",
    "Rate": "FeedbackReceived",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is to see from outside. `reports` are reporting's tickets by id."""

    ledger: Ledger
    heard: Sequence[Heard]
    mails: Sequence[Caught]
    reports: Mapping[str, Mapping[str, Any]]


@dataclass(slots=True)
class Verdict:
    figures: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)  # from sending to the first assignment
    at_once: list[float] = field(default_factory=list)  # of those that nobody was missing for
    unfinished: list[str] = field(default_factory=list)  # not closed, though there was time
    repeated: int = 0  # records that a service published again; readers drop them

    @property
    def clean(self) -> bool:
        return not self.lost and not self.doubled and not self.unfinished


def check(evidence: Evidence) -> Verdict:
    verdict = Verdict()
    log = _Log(evidence.heard, verdict)
    mails = Counter(mail.message_id for mail in evidence.mails)
    _check_numbers(log, verdict)
    for entry in evidence.ledger.entries:
        _check_entry(entry, log, verdict)
    for order in evidence.ledger.orders:
        _check_order(order, log, verdict)
    for ticket, story in log.tickets.items():
        _check_story(ticket, story, verdict)
        if (status := status_of(story)) is not Status.CLOSED:
            last = ", ".join(type(fact.message).__name__ for fact in story[-LAST_EVENTS:])
            verdict.unfinished.append(f"{_number(story)} is {status}; last came {last}")
        _check_notices(ticket, story, verdict)
    _check_mails(log, mails, verdict)
    _check_reports(log, evidence.reports, verdict)
    _time(evidence.ledger, log, verdict)
    verdict.figures = _figures(evidence, log, mails)
    return verdict


class _Log:
    """Each event once, by its id, its ticket, its cause and the input that it goes back to."""

    def __init__(self, heard: Sequence[Heard], verdict: Verdict) -> None:
        self.facts: dict[str, Fact] = {}
        self.letters: dict[str, DeadLetter] = {}
        self.of_input: dict[str, list[Fact]] = defaultdict(list)
        self.caused_by: dict[str, list[Fact]] = defaultdict(list)
        self.tickets: dict[str, list[Fact]] = defaultdict(list)
        for each in heard:
            self._take(each, verdict)
        self.continues = {
            fact.envelope.subject: fact.message.follow_up_of
            for fact in self.facts.values()
            if isinstance(fact.message, TicketCreated)
        }
        known = self.tickets.items()
        self.tickets = {ticket: story for ticket, story in known if ticket in self.continues}

    def _take(self, heard: Heard, verdict: Verdict) -> None:
        known = self.letters if isinstance(heard, DeadLetter) else self.facts
        key = heard.id if isinstance(heard, DeadLetter) else heard.envelope.id
        if key in known:
            verdict.repeated += 1
            return
        if isinstance(heard, DeadLetter):
            self.letters[key] = heard
            return
        self.facts[key] = heard
        self.of_input[heard.envelope.correlation or ""].append(heard)
        self.caused_by[heard.envelope.causation or ""].append(heard)
        self.tickets[heard.envelope.subject].append(heard)

    def line_of(self, fact: Fact) -> Iterator[str]:
        """The fact's ticket, the one that this continues, and so on."""
        ticket: str | None = fact.envelope.subject
        while ticket is not None:
            yield ticket
            ticket = self.continues.get(ticket)

    def of_type(self, *kinds: type[Message]) -> Iterator[Fact]:
        return (fact for fact in self.facts.values() if isinstance(fact.message, kinds))


def _check_numbers(log: _Log, verdict: Verdict) -> None:
    """Each writer numbers a ticket's events 1, 2, 3 …: a gap is a loss, a repetition a double."""
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for fact in log.facts.values():
        envelope = fact.envelope
        if fact.envelope.subject in log.tickets:
            numbers[envelope.subject, envelope.writer or ""].append(envelope.number or 0)
    for (ticket, writer), found in numbers.items():
        if len(set(found)) < len(found):
            verdict.doubled.append(f"{writer} numbered two events of ticket {ticket} the same")
        if missing := set(range(1, max(found) + 1)) - set(found):
            verdict.lost.append(f"{writer}'s events {sorted(missing)} of ticket {ticket}")


def _check_entry(entry: Entry, log: _Log, verdict: Verdict) -> None:
    said = [fact for delivery in set(entry.deliveries) for fact in log.of_input[delivery]]
    created = _of(said, TicketCreated)
    recorded = [*created, *_of(said, CustomerReplied)]
    what = f"{entry.channel} message {entry.name} ({entry.deliveries[0]})"
    if entry.expects is Expect.REJECTED:
        letters = [x for x in log.letters.values() if x.event_id in entry.deliveries]
        _once(len(letters), f"dead letter of the {what}", verdict)
        _never(len(recorded), f"{what}, which cannot be read, is in a ticket", verdict)
    elif entry.expects is Expect.REPORTED:
        _once(len(_of(said, DeliveryFailed)), f"report of the {what}", verdict)
    else:
        _once(len(recorded), what, verdict)
        if entry.expects is Expect.OPENS and recorded and not created:
            verdict.lost.append(f"{what} opened no ticket but went into another's")
        if entry.ticket and recorded and entry.ticket not in log.line_of(recorded[0]):
            verdict.lost.append(f"{what} went into another ticket than {entry.ticket}")


def _check_order(order: Order, log: _Log, verdict: Verdict) -> None:
    said = log.caused_by[order.id]
    names = Counter(type(fact.message).__name__ for fact in said)
    done = names[LEDS_TO[order.command]] + names[CommandRejected.__name__]
    _once(done, f"{order.command} on ticket {order.ticket} ({order.id})", verdict)


def _check_story(ticket: str, story: Sequence[Fact], verdict: Verdict) -> None:
    """What must have happened to every ticket that is over."""
    kinds = Counter(type(fact.message) for fact in story)
    _once(kinds[TicketCreated], f"creation of ticket {ticket}", verdict)
    for kind in (TicketTriaged, SlaTargetsSet):
        if not kinds[kind]:
            verdict.lost.append(f"ticket {ticket} has no {kind.__name__}")
    if not kinds[TicketAssigned] and not kinds[TicketResolved]:
        verdict.lost.append(f"ticket {ticket} was given to nobody")


def _check_notices(ticket: str, story: Sequence[Fact], verdict: Verdict) -> None:
    """The requester is acknowledged once, and told every answer once, or it is said why not."""
    notices = Counter(_template(fact.message) for fact in story)
    _once(notices[ACKNOWLEDGEMENT], f"acknowledgement of ticket {ticket}", verdict)
    replies = len(_of(story, AgentReplied))
    if notices[REPLY] < replies:
        verdict.lost.append(f"{replies - notices[REPLY]} replies on ticket {ticket} were not sent")
    if notices[REPLY] > replies:
        verdict.doubled.append(f"replies on ticket {ticket}: {replies}, sent {notices[REPLY]}")


def _check_mails(log: _Log, mails: Mapping[str, int], verdict: Verdict) -> None:
    said = {_message_id(fact.message) for fact in log.of_type(NotificationSent)}
    for message_id in said - mails.keys():
        verdict.lost.append(f"the mail {message_id}, which is said to be sent")
    for message_id, times in mails.items():
        if times > 1:
            verdict.doubled.append(f"the mail {message_id} came {times} times")
        if message_id not in said:
            verdict.lost.append(f"no word of the mail {message_id}, which came")


def _check_reports(log: _Log, reports: Mapping[str, Mapping[str, Any]], verdict: Verdict) -> None:
    for ticket in reports.keys() - log.tickets.keys():
        verdict.doubled.append(f"reporting has a ticket {ticket} that the log does not know")
    for ticket, story in log.tickets.items():
        report = reports.get(ticket)
        if report is None:
            verdict.lost.append(f"ticket {ticket} in reporting")
        elif report["status"] != (status := status_of(story)):
            verdict.lost.append(f"reporting has ticket {ticket} {report['status']}, not {status}")


def status_of(story: Sequence[Fact]) -> Status:
    """As intake's own events tell it."""
    status = Status.NEW
    for fact in story:
        status = _after(fact.message, status)
    return status


def _after(message: Message, status: Status) -> Status:
    match message:
        case AgentReplied() | CustomerReplied():
            return message.status
        case StatusChanged():
            return message.new
        case TicketResolved():
            return Status.RESOLVED
        case TicketReopened():
            return Status.OPEN
        case TicketClosed():
            return Status.CLOSED
        case _:
            return status


def _time(ledger: Ledger, log: _Log, verdict: Verdict) -> None:
    opened: dict[str, datetime] = {}
    for entry in ledger.opening():
        said = [fact for delivery in set(entry.deliveries) for fact in log.of_input[delivery]]
        opened |= {f.envelope.subject: entry.sent_at for f in _of(said, TicketCreated)}
    for ticket, sent_at in opened.items():
        routed = [f for f in log.tickets[ticket] if isinstance(f.message, ROUTED)]
        given = next((f for f in routed if isinstance(f.message, TicketAssigned)), None)
        if given is None:
            continue
        seconds = (given.logged_at - sent_at).total_seconds()
        verdict.latencies.append(seconds)
        if given is routed[0]:
            verdict.at_once.append(seconds)


def _figures(evidence: Evidence, log: _Log, mails: Mapping[str, int]) -> dict[str, int]:
    told = [f for f in log.of_type(NotificationSent) if _template(f.message) == ACKNOWLEDGEMENT]
    return {
        "received": evidence.ledger.received,
        "created": len(log.tickets),
        "appended": _count(log, CustomerReplied),
        "triaged": _tickets(log, TicketTriaged),
        "assigned": _tickets(log, TicketAssigned),
        "acknowledged": sum(mails.get(_message_id(f.message), 0) for f in told),
        "answered": _count(log, AgentReplied),
        "warned": _count(log, SlaWarning),
        "breached": _count(log, SlaBreached),
        "resolved": _tickets(log, TicketResolved),
        "closed": _tickets(log, TicketClosed),
        "dead-lettered": len(log.letters),
    }


def _of(story: Iterable[Fact], kind: type[Message]) -> list[Fact]:
    return [fact for fact in story if isinstance(fact.message, kind)]


def _count(log: _Log, kind: type[Message]) -> int:
    return len(list(log.of_type(kind)))


def _tickets(log: _Log, kind: type[Message]) -> int:
    return len({fact.envelope.subject for fact in log.of_type(kind)})


def _number(story: Sequence[Fact]) -> str:
    created = (fact.message for fact in story)
    return next(message.number for message in created if isinstance(message, TicketCreated))


def _template(message: Message) -> str | None:
    kinds = (NotificationSent, NotificationFailed, NotificationSuppressed)
    return message.template if isinstance(message, kinds) else None


def _message_id(message: Message) -> str:
    return (message.message_id or "") if isinstance(message, NotificationSent) else ""


def _once(times: int, what: str, verdict: Verdict) -> None:
    if times == 0:
        verdict.lost.append(what)
    elif times > 1:
        verdict.doubled.append(f"{what}: {times} times")


def _never(times: int, what: str, verdict: Verdict) -> None:
    if times:
        verdict.doubled.append(what)
