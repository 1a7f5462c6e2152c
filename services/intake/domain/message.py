"""What every channel's input becomes: one shape, whatever it came as."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.fields import Attachment, Automatic, Priority, SenderCheck, TicketType

LONGEST_SUBJECT = 998
LONGEST_TEXT = 262_144


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever a message names. An address is an e-mail address, a phone number or a user's id."""

    address: str | None = None
    name: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class FoundAttachment:
    filename: str
    content_type: str
    data: bytes
    inline: bool = False


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What a mail system says of mail that it could not deliver."""

    address: str | None
    status: str | None  # RFC 3463
    hard: bool
    originals: tuple[str, ...] = ()  # Message-IDs of the mail that came back


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """One message, normalised. `references` are the ids of what it answers, nearest first.

    `conversation` joins all messages that carry it while its ticket lives. `fingerprint` is what a
    second delivery of the same message repeats, and another message under its id would not.
    """

    channel: str
    sender: Person
    text: str
    new_text: str | None = None
    quoted_text: str | None = None
    html: str | None = None
    subject: str | None = None
    attachments: tuple[FoundAttachment, ...] = ()
    described: tuple[Attachment, ...] = ()  # whose bytes are stored already, or stay elsewhere
    external_id: str | None = None
    fingerprint: str | None = None
    mailbox: str | None = None
    aliases: tuple[str, ...] = ()  # the sender's other addresses, by the vendor's own word
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    reply_to: Person | None = None
    delivered_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    conversation: str | None = None
    origin: str | None = None  # the machine that sent it, where no person did
    sent_at: datetime | None = None
    automatic: Automatic | None = None
    signals: tuple[str, ...] = ()
    bounce: BounceReport | None = None
    sender_check: SenderCheck | None = None
    opens: bool = True  # False: alone it is no reason for a ticket
    resolves: bool = False
    answerable: bool = True  # False: nobody is there to be told
    brand: str | None = None
    tags: tuple[str, ...] = ()
    priority: Priority | None = None
    type: TicketType | None = None
    raw: bytes | None = None

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every address it was sent or delivered to."""
        named = tuple(person.address for person in (*self.to, *self.cc) if person.address)
        return self.delivered_to + named


@dataclass(frozen=True, slots=True)
class NoMessage:
    """Input of a channel that is no message of anybody: a delivery status, a reaction."""

    reason: str


Parsed = IncomingMessage | NoMessage


class UnreadableError(ValueError):
    """The payload is not what its channel sends; the text says where, without repeating it."""
