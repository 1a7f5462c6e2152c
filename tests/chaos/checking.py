"""Whether the guarantees held: the ledger of input against log, stores and mails."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.bench.ledger import Ledger, Origin, balance, once_each
from tests.bench.story import Log, Ticket

DROPPED = "MessageDropped"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found outside, after everything had come to rest.

    `copies` are inputs that repeat another under an id of their own. `stored` are the tickets'
    ids by service, `owners` the router's word on who has which ticket, `lines` reporting's number
    of lines for each ticket. `mails` are the Message-IDs that arrived.
    """

    ledger: Ledger
    copies: frozenset[Origin]
    log: Log
    stored: Mapping[str, frozenset[str]]
    owners: Mapping[str, str | None]
    lines: Mapping[str, int]
    counted: Mapping[str, int]
    mails: Sequence[str]
    dead_letters: int
    died: Sequence[str] = ()


@dataclass(slots=True)
class Findings:
    """By guarantee, what breaks it; `undecidable` are mails that nobody could know about."""

    broken: dict[str, list[str]] = field(default_factory=dict)
    accepted: int = 0
    tickets: int = 0
    repeated_events: int = 0
    undecidable: int = 0

    def note(self, guarantee: str, problems: Iterable[str]) -> None:
        self.broken[guarantee] = list(problems)

    @property
    def hold(self) -> bool:
        return not any(self.broken.values())


def check(evidence: Evidence) -> Findings:
    log = evidence.log
    found = Findings(
        accepted=evidence.ledger.accepted, tickets=len(log.tickets), repeated_events=log.repeated
    )
    settled = balance(evidence.ledger, log.fates)
    found.note("lost", settled.lost)
    found.note("doubled", (*settled.doubled, *_copies_that_became_tickets(evidence)))
    found.note("foreign", settled.foreign)
    found.note("torn", log.torn)
    found.note("out of order", log.out_of_order)
    found.note("gaps in a writer's numbers", log.gaps())
    found.note("said not once", _said_not_once(log.tickets))
    found.note("stores differ from the log", _stores(evidence))
    found.note("owners differ from the log", _owners(evidence))
    found.note("reporting differs from the log", _reporting(evidence))
    found.note("dead letters", [f"{evidence.dead_letters}"] if evidence.dead_letters else [])
    found.note("processes that died by themselves", evidence.died)
    _mails(evidence, found)
    return found


def _copies_that_became_tickets(evidence: Evidence) -> list[str]:
    return [o for o, fate in evidence.log.fates if o in evidence.copies and DROPPED not in fate]


ONCE = ("TicketCreated", "TicketTriaged", "SlaTargetsSet", "TicketAssigned")


def _said_not_once(tickets: Mapping[str, Ticket]) -> list[str]:
    """Nobody touches these tickets again: a second decision would be a doubled effect."""
    return [
        f"{kind} of {ticket_id}: {ticket.times.get(kind, 0)} times"
        for ticket_id, ticket in tickets.items()
        for kind in ONCE
        if ticket.times.get(kind, 0) != 1
    ]


def _stores(evidence: Evidence) -> list[str]:
    expected = evidence.log.tickets.keys()
    problems = []
    for service, ids in evidence.stored.items():
        problems += [f"{service} lacks {each}" for each in sorted(expected - ids)]
        problems += [f"{service} alone knows {each}" for each in sorted(ids - expected)]
    return problems


def _owners(evidence: Evidence) -> list[str]:
    return [
        f"{ticket_id}: {evidence.owners.get(ticket_id)} in the store, {ticket.agent} in the log"
        for ticket_id, ticket in evidence.log.tickets.items()
        if evidence.owners.get(ticket_id) != ticket.agent
    ]


def _reporting(evidence: Evidence) -> list[str]:
    tickets = evidence.log.tickets
    problems = [
        f"{ticket_id}: {evidence.lines.get(ticket_id, 0)} lines of {ticket.events} events"
        for ticket_id, ticket in tickets.items()
        if evidence.lines.get(ticket_id, 0) != ticket.events
    ]
    said = sum(ticket.times.get("TicketAssigned", 0) for ticket in tickets.values())
    for figure, right in (("created", len(tickets)), ("assigned", said)):
        if evidence.counted.get(figure, 0) != right:
            problems.append(
                f"{figure}: {evidence.counted.get(figure, 0)} counted, {right} happened"
            )
    return problems


def _mails(evidence: Evidence, found: Findings) -> None:
    """One acknowledgement a ticket.

    The same one may arrive again where a process died between the mail server's answer and
    writing it down: that is told apart, and still told.
    """
    tickets = evidence.log.tickets
    told = [each for ticket in tickets.values() for each in ticket.acknowledged_under]
    arrived = once_each(told, (each for each in evidence.mails if each in set(told)))
    found.note("never acknowledged", [*_unacknowledged(tickets), *arrived.missing])
    found.note(
        "acknowledged under two ids",
        [i for i, ticket in tickets.items() if len(set(ticket.acknowledged_under)) > 1],
    )
    unknown = set(evidence.mails) - set(told) - evidence.log.mailed
    found.note("mails that nobody answers for", sorted(unknown))
    found.undecidable = len(arrived.repeated)


def _unacknowledged(tickets: Mapping[str, Ticket]) -> list[str]:
    return [ticket_id for ticket_id, ticket in tickets.items() if not ticket.acknowledged_under]
