"""Which ticket a message belongs to: how it was found, and what guards that way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.intake.domain.identity import normal_address
from services.intake.domain.message import IncomingMessage
from shared.contracts.fields import Status
from shared.contracts.mail import SUBJECT_TOKEN, ticket_of_address, ticket_of_message_id

OVER = (Status.RESOLVED, Status.CLOSED)


class Way(StrEnum):
    """How a message found its ticket, the surest first."""

    ADDRESS_TOKEN = "address token"  # noqa: S105 - the name of a way, no secret
    OWN_MESSAGE_ID = "own message id"
    REFERENCE = "reference"
    SUBJECT_TOKEN = "subject token"  # noqa: S105 - the name of a way, no secret
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True)
class KnownTicket:
    """What reception may know of a ticket. One that this batch opens is there already."""

    ticket_id: str
    status: Status
    customer_id: str
    participants: frozenset[str]
    number: str | None = None
    onward: str | None = None  # merged into this one, or continued in it

    def knows(self, customer_id: str, address: str | None) -> bool:
        return customer_id == self.customer_id or (
            address is not None and normal_address(address) in self.participants
        )


@dataclass(frozen=True, slots=True)
class Thread:
    """An ongoing conversation of a chat channel, or an alert that fires."""

    ticket_id: str
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Traces:
    """What the index knows of the ids that a message carries."""

    references: Mapping[str, str]  # a reference ▶ ticket id
    numbers: Mapping[str, str]  # TKT-… ▶ ticket id
    thread: Thread | None = None
    tickets: Mapping[str, KnownTicket] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    ticket_id: str
    way: Way


def tokens_of(message: IncomingMessage, secret: str) -> Found | None:
    """The ticket that our own signature names, in an address or in a Message-ID it answers."""
    for address in message.recipients:
        if ticket_id := ticket_of_address(address, secret=secret):
            return Found(ticket_id, Way.ADDRESS_TOKEN)
    for reference in message.references:
        if ticket_id := ticket_of_message_id(reference, secret=secret):
            return Found(ticket_id, Way.OWN_MESSAGE_ID)
    return None


def numbers_in(subject: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(n.upper() for n in SUBJECT_TOKEN.findall(subject or "")))


def find_ticket(
    message: IncomingMessage,
    traces: Traces,
    *,
    customer_id: str,
    at: datetime,
    window: timedelta,
    secret: str,
) -> Found | None:
    """The message's ticket, or None: then it opens one.

    Signed tokens and Message-IDs cannot be guessed. A number in a subject can: it counts only for
    who takes part in that ticket.
    """
    if token := tokens_of(message, secret):
        return token
    for reference in message.references:
        if ticket_id := traces.references.get(reference):
            return Found(ticket_id, Way.REFERENCE)
    for number in numbers_in(message.subject):
        ticket = _ticket(traces, traces.numbers.get(number))
        if ticket and ticket.knows(customer_id, message.sender.address):
            return Found(ticket.ticket_id, Way.SUBJECT_TOKEN)
    if traces.thread and _goes_on(
        traces.thread, _ticket(traces, traces.thread.ticket_id), at, window
    ):
        return Found(traces.thread.ticket_id, Way.CONVERSATION)
    return None


def _ticket(traces: Traces, ticket_id: str | None) -> KnownTicket | None:
    return (traces.tickets or {}).get(ticket_id) if ticket_id else None


def _goes_on(thread: Thread, ticket: KnownTicket | None, at: datetime, window: timedelta) -> bool:
    """While its ticket is worked on; after that, for as long as somebody may say thanks."""
    if ticket is None or ticket.status not in OVER:
        return True
    return ticket.status is Status.RESOLVED and at - thread.last_at <= window
