"""What somebody wants done to a ticket. The door sets `actor`; intake's lifecycle answers."""

from typing import ClassVar

from pydantic import Field

from shared.contracts.fields import (
    Actor,
    Attachment,
    Automatic,
    Contract,
    MessageBody,
    Moment,
    Personal,
    PersonalText,
    Priority,
    Requester,
    Status,
    TicketType,
)
from shared.contracts.message import Message
from shared.contracts.ticket import EarlierMessage, RequesterProfile, TicketHistory
from shared.contracts.topics import TICKET_COMMANDS


class Command(Message):
    topic: ClassVar[str] = TICKET_COMMANDS.name
    actor: Actor


class NewTicket(Contract):
    """What reception knows of a ticket that a message opens."""

    channel: str
    mailbox: str | None = None
    brand: str | None = None
    requester: Requester
    subject: Personal
    participants: tuple[Personal, ...] = ()
    acknowledge: bool = True
    conversation: str | None = None
    tags: tuple[str, ...] = ()
    priority: Priority | None = None
    type: TicketType | None = None
    upstream_source: str | None = None
    upstream_id: str | None = None
    history: TicketHistory = TicketHistory()
    profile: RequesterProfile | None = None
    follow_up_of: str | None = None
    split_from: str | None = None


class RecordMessage(Command):
    """Reception found the ticket of a message: append it, or open the ticket with it."""

    message: MessageBody
    sender: Personal | None = None
    participant: bool = True
    automatic: Automatic | None = None
    new_ticket: NewTicket | None = None
    resolves: bool = False  # an alert cleared: append and resolve


class ImportTicket(Command):
    """A ticket of an earlier system, as `deskstream import` sends it: once, however often sent."""

    external_id: str = Field(min_length=1, max_length=200)
    channel: str
    requester: Requester
    subject: Personal
    status: Status
    category: str | None = None
    priority: Priority | None = None
    type: TicketType | None = None
    tags: tuple[str, ...] = ()
    opened_at: Moment
    resolved_at: Moment | None = None
    history: tuple[EarlierMessage, ...] = ()


class ReportBounce(Command):
    """Mail of ours to `address` came back."""

    message: MessageBody
    address: Personal | None = None
    status: str | None = None
    hard: bool


class Reply(Command):
    """A public answer to the requester; `status` is what the ticket is to be afterwards."""

    text: PersonalText
    html: Personal | None = None
    attachments: tuple[Attachment, ...] = ()
    status: Status | None = None


class ReplyCanned(Command):
    """The reply that is kept under `canned_id`, in the requester's language.

    `variables` fill its `{{ name }}`; no `status`: the one that the kept reply says.
    """

    canned_id: str = Field(min_length=1, max_length=100)
    variables: dict[str, Personal] = Field(default_factory=dict, max_length=50)
    status: Status | None = None


class AddNote(Command):
    """An internal note; `mentions` are agents' ids, beside those that the text names with @."""

    text: PersonalText
    mentions: tuple[str, ...] = ()


class SetStatus(Command):
    """`seen` is the ticket's number of intake events that a timer assumes: older is stale."""

    status: Status
    reason: str | None = None
    resolution: str | None = None
    root_cause: str | None = None
    seen: int | None = Field(default=None, ge=0)


class Reassign(Command):
    """To this agent or queue; neither: back to routing, which chooses anew."""

    agent_id: str | None = None
    queue: str | None = None
    reason: str | None = None


class Escalate(Command):
    """Give it to somebody more senior; no `level`: one above the present."""

    reason: str
    level: int | None = Field(default=None, ge=1)


class ChangeFields(Command):
    """What is left out stays as it is; what is set is pinned against triage."""

    category: str | None = None
    priority: Priority | None = None
    type: TicketType | None = None
    tags: tuple[str, ...] | None = None
    subject: Personal | None = None


class Merge(Command):
    """This ticket goes into the ticket `into`."""

    into: str


class AbsorbTicket(Command):
    """The second half of a merge, sent by the handling of the first: `source` came in."""

    source: str
    source_number: str
    participants: tuple[Personal, ...] = ()  # the source's: they take part here from now on


class Unmerge(Command):
    """`refused_by`: the ticket this one was to go into does not take it."""

    refused_by: str | None = None


class ReleaseTicket(Command):
    """The second half of an unmerge: `source` left again."""

    source: str


class Split(Command):
    """One message of this ticket becomes a ticket of its own."""

    message_id: str
    subject: Personal | None = None


class Link(Command):
    """This ticket stands in `relation` to the ticket `other`; neither changes otherwise."""

    other: str
    relation: str = "relates_to"
    mirrored: bool = False  # the other side of a link, sent by the handling of the first


class Rate(Command):
    """The requester's verdict on the help: 1 is worst, 5 best."""

    score: int = Field(ge=1, le=5)
    comment: Personal | None = None


class MarkSpam(Command):
    """It was no request: close the ticket as spam."""
