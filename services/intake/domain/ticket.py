"""What lifecycle knows of a ticket, and what one command may change about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.intake.domain.canned_form import CannedReplies
from shared.contracts.commands import Command
from shared.contracts.fields import (
    Automatic,
    MessageBody,
    Moment,
    Personal,
    Priority,
    Requester,
    Status,
    TicketType,
    reveal,
)
from shared.contracts.ticket import IntakeEvent

FIRST_NUMBER = 1_000
MOST_PARTICIPANTS = 50
MOST_ABSORBED = 50
MOST_LINKS = 50


def number_text(number: int) -> str:
    """How people say it: TKT-1000 is the first."""
    return f"TKT-{number}"


class TicketState(BaseModel):
    """One ticket. What grows with its length (messages) is kept elsewhere.

    `category`, `priority` and `type` are what humans set here; triage's own values are triage's.
    """

    model_config = ConfigDict(frozen=True)

    number: str
    status: Status = Status.NEW
    created_at: Moment
    status_at: Moment  # since when it has this status
    moved: int = 0  # number of the last event that a timer's assumption must not miss
    reopens: int = 0
    subject: Personal
    channel: str
    mailbox: str | None = None
    brand: str | None = None
    conversation: str | None = None
    requester: Requester
    participants: tuple[Personal, ...] = ()  # addresses in lower case, the earliest 50
    category: str | None = None
    priority: Priority | None = None
    type: TicketType | None = None
    tags: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()  # the fields a human set: re-triage leaves them alone
    links: tuple[str, ...] = ()  # "relation other"
    absorbed: tuple[str, ...] = ()  # the tickets merged into this one
    merged_into: str | None = None
    merged_number: str | None = None  # that ticket's, as people say it
    continued_in: str | None = None  # the follow-up that takes what still comes in
    undeliverable: bool = False  # mail to the requester came back for good
    spam: bool = False


class MessageKind(StrEnum):
    REQUESTER = "requester"
    AGENT = "agent"
    NOTE = "note"
    BOUNCE = "bounce"


class KeptMessage(BaseModel):
    """One message of a ticket. No larger than a record, since that is how it came."""

    model_config = ConfigDict(frozen=True)

    ticket_id: str
    kind: MessageKind
    at: Moment
    body: MessageBody
    sender: Personal | None = None
    automatic: Automatic | None = None
    split_to: str | None = None

    @property
    def key(self) -> str:
        return message_key(self.ticket_id, self.body.message_id)


def message_key(ticket_id: str, message_id: str) -> str:
    return f"{ticket_id}:{message_id}"


ReplyStatus = Literal["unchanged", "in_progress", "pending"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What an organisation may choose. `after_reply` holds where the agent names no status.

    `reopen_closed`: so long after its closing a participant's message opens a ticket again; later,
    and with zero always, it opens a linked one.
    """

    after_reply: ReplyStatus = "in_progress"
    reopen_closed: timedelta = timedelta(0)
    canned: CannedReplies = field(default_factory=CannedReplies)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision may know besides the ticket and the command.

    `said` counts intake's events of this ticket so far. `others` are the tickets that the command
    names, as of the transaction's snapshot. `number` is there where a ticket may be opened.
    """

    ticket_id: str
    command_id: str
    at: datetime
    said: int = 0
    policy: Policy = Policy()
    number: str | None = None
    others: Mapping[str, TicketState] = field(default_factory=dict)
    message: KeptMessage | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What a command leads to. `ticket` is None only where there is none."""

    ticket: TicketState | None
    says: tuple[IntakeEvent, ...] = ()
    sends: tuple[tuple[str, Command], ...] = ()  # (ticket id, what is wanted of it)
    keeps: tuple[KeptMessage, ...] = ()
    stale: bool = False


class RefusedError(Exception):
    """The command does not fit; the text says why, and what would."""


def with_participants(ticket: TicketState, *addresses: Personal | None) -> TicketState:
    """These take part from now on; beyond the limit the earliest stay."""
    known = dict.fromkeys(ticket.participants)
    for address in addresses:
        if address is not None and reveal(address).strip():
            known[address.strip().lower() if isinstance(address, str) else address] = None
    return ticket.model_copy(update={"participants": tuple(known)[:MOST_PARTICIPANTS]})
