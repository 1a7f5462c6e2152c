"""The canonical JSON of channel.messages: for whoever has no vendor's format to send."""

from typing import ClassVar

from pydantic import Field

from shared.contracts.fields import (
    Attachment,
    Contract,
    Moment,
    Personal,
    PersonalLine,
    PersonalText,
    Priority,
    TicketType,
)
from shared.contracts.message import Message
from shared.contracts.topics import CHANNEL_MESSAGES


class Sender(Contract):
    """At least one of address and customer_id says who asks."""

    name: Personal | None = None
    address: Personal | None = None
    customer_id: str | None = None


class MessageReceived(Message):
    """One message as an upstream system, a form or a chat gateway hands it over.

    Two with the same CloudEvents source and id, or the same channel, mailbox and `external_id`,
    are one.
    """

    topic: ClassVar[str] = CHANNEL_MESSAGES.name

    channel: str = Field(min_length=1, max_length=64)
    sender: Sender
    text: PersonalText
    subject: PersonalLine | None = None
    html: Personal | None = None
    external_id: str | None = None
    conversation: str | None = None
    mailbox: str | None = None
    brand: str | None = None
    attachments: tuple[Attachment, ...] = ()
    tags: tuple[str, ...] = ()
    priority: Priority | None = None
    type: TicketType | None = None
    sent_at: Moment | None = None


class RawMessage(Message):
    """Raw input under its own content type; the body is not this class's JSON but the bytes.

    The header `ce_channel` names the adapter (email, whatsapp, alertmanager …), `ce_mailbox` the
    address it came in by. Over 256 kB the body is a BlobRef and `ce_dataref` says so.
    """

    topic: ClassVar[str] = CHANNEL_MESSAGES.name
