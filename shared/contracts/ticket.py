"""What intake says: a ticket's life, from the first message to the last."""

from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.fields import (
    Actor,
    Automatic,
    Contract,
    MessageBody,
    Moment,
    Personal,
    Priority,
    Requester,
    Status,
    TicketType,
)
from shared.contracts.message import Message
from shared.contracts.topics import TICKET_EVENTS


class IntakeEvent(Message):
    topic: ClassVar[str] = TICKET_EVENTS.name
    writer: ClassVar[str] = "intake"


class TicketHistory(Contract):
    """What the requester's earlier tickets were, at the moment of creation."""

    tickets: int = Field(default=0, ge=0)
    open: int = Field(default=0, ge=0)
    last_ticket_number: str | None = None


class RequesterProfile(Contract):
    """What the requester's earlier messages tell of him, over all that is proven to be his."""

    messages: int = Field(ge=1)
    since: Moment  # his first message
    channels: tuple[str, ...] = ()
    addresses: tuple[Personal, ...] = ()  # that he wrote from; a user's id as `channel:id`


class TicketCreated(IntakeEvent):
    """A request for help became a ticket."""

    number: str  # TKT-12345, unique for ever
    channel: str
    mailbox: str | None = None  # the address, phone number or form it came in by
    brand: str | None = None
    requester: Requester
    subject: Personal
    message: MessageBody
    participants: tuple[Personal, ...] = ()
    automatic: Automatic | None = None
    # A message that answers what it cannot know of is stored, but nobody is told about it.
    acknowledge: bool = True
    conversation: str | None = None
    tags: tuple[str, ...] = ()
    priority: Priority | None = None  # wished by an upstream system: an input to triage
    type: TicketType | None = None
    upstream_source: str | None = None
    upstream_id: str | None = None
    history: TicketHistory = TicketHistory()
    profile: RequesterProfile | None = None  # None: nothing was heard of him before
    follow_up_of: str | None = None  # the closed ticket that this one continues
    split_from: str | None = None


class CustomerReplied(IntakeEvent):
    """The requester, or another participant, wrote again."""

    message: MessageBody
    sender: Personal | None = None
    participant: bool = True  # False: threaded, but by somebody unknown to the ticket
    automatic: Automatic | None = None
    status: Status  # after the reply


class AgentReplied(IntakeEvent):
    """An agent (or a bot) answered in public; the notifier sends it."""

    message: MessageBody
    actor: Actor
    human: bool  # only a human's public reply meets a response target
    status: Status


class NoteAdded(IntakeEvent):
    """An internal note, never shown to the requester."""

    message: MessageBody
    actor: Actor
    mentions: tuple[str, ...] = ()


class StatusChanged(IntakeEvent):
    """The status moved; resolved, reopened and closed have events of their own."""

    old: Status
    new: Status
    actor: Actor
    reason: str | None = None


class TicketResolved(IntakeEvent):
    """The request is met, as far as the desk knows; the requester may still reopen it."""

    old: Status
    actor: Actor
    resolution: str | None = None
    root_cause: str | None = None
    automatic: bool = False  # by a timer or because an alert cleared


class TicketReopened(IntakeEvent):
    """Work goes on: the ticket is open again, for the `reopens`-th time."""

    old: Status
    actor: Actor
    reason: str
    reopens: int = Field(ge=1)


class TicketClosed(IntakeEvent):
    """The end: a later message opens a follow-up ticket."""

    old: Status
    actor: Actor
    reason: str


class FieldChange(Contract):
    field: str
    old: str | None = None
    new: str | None = None


class FieldsChanged(IntakeEvent):
    """A human set fields by hand; they are pinned against re-triage."""

    changes: tuple[FieldChange, ...]
    actor: Actor
    category: str | None = None
    priority: Priority | None = None
    type: TicketType | None = None
    tags: tuple[str, ...] | None = None
    subject: Personal | None = None
    requester: Requester | None = None


class TicketMerged(IntakeEvent):
    """`side` source: this ticket went into `other`; target: `other` came into this one."""

    other: str
    other_number: str | None = None
    side: Literal["source", "target"]
    actor: Actor


class TicketUnmerged(IntakeEvent):
    """A merge was taken back: each goes its own way again, `side` as in TicketMerged."""

    other: str
    side: Literal["source", "target"]
    actor: Actor


class TicketSplit(IntakeEvent):
    """A message of this ticket became a ticket of its own (`other`)."""

    other: str
    message_id: str
    actor: Actor


class TicketsLinked(IntakeEvent):
    """This ticket stands in `relation` to `other`, which says the same from its side."""

    other: str
    relation: str  # relates_to, causes, caused_by, duplicates, follow_up …
    actor: Actor


class TicketMarkedSpam(IntakeEvent):
    """It was no request; the ticket is closed with it."""

    actor: Actor


class AssignmentRequested(IntakeEvent):
    """A human wants the ticket with an agent or in a queue; None and None: back to routing."""

    agent_id: str | None = None
    queue: str | None = None
    actor: Actor
    reason: str | None = None


class EscalationRequested(IntakeEvent):
    """Somebody wants it escalated; the router decides to whom and says TicketEscalated."""

    actor: Actor
    reason: str
    level: int | None = Field(default=None, ge=1)


class DeliveryFailed(IntakeEvent):
    """Mail of ours came back. Hard: the address does not exist; soft: it may work later."""

    address: Personal | None = None
    status: str | None = None  # RFC 3463
    hard: bool
    message: MessageBody


class FeedbackReceived(IntakeEvent):
    """The requester's verdict on the help: 1 is worst, 5 best. The last one counts."""

    score: int = Field(ge=1, le=5)
    comment: Personal | None = None


class CommandRejected(IntakeEvent):
    """A command did not fit the ticket's state; nothing changed."""

    command: str
    command_id: str
    actor: Actor
    reason: str


class MessageHeld(IntakeEvent):
    """A message waits for a human's look (a burst, spam); no ticket was made of it."""

    channel: str
    sender: Personal | None = None
    reason: str
    message: MessageBody | None = None


class MessageRejected(IntakeEvent):
    """Tells the publisher of a message what was wrong with it. The subject is the message."""

    channel: str
    upstream_source: str | None = None
    upstream_id: str | None = None
    reason: str


class MessageDropped(IntakeEvent):
    """A message that is no request: a delivery status, a reaction, a duplicate under another id."""

    channel: str
    reason: str


class EarlierMessage(Contract):
    """What was said on a ticket in the system that it comes from."""

    at: Moment
    kind: Literal["requester", "agent", "note"]
    text: Personal
    author: Personal | None = None


class TicketImported(IntakeEvent):
    """A ticket of an earlier system, with its history: wakes no timers and no mails."""

    number: str
    channel: str
    requester: Requester
    subject: Personal
    status: Status
    category: str | None = None
    priority: Priority | None = None
    opened_at: Moment
    resolved_at: Moment | None = None
    external_id: str
    type: TicketType | None = None
    tags: tuple[str, ...] = ()
    history: tuple[EarlierMessage, ...] = ()
