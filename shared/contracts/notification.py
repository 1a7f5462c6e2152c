"""What the notifier says: who was told what, and what became of it."""

from typing import ClassVar

from shared.contracts.fields import Contract, Moment, Personal
from shared.contracts.message import Message
from shared.contracts.topics import TICKET_EVENTS


class NotifierEvent(Message):
    topic: ClassVar[str] = TICKET_EVENTS.name
    writer: ClassVar[str] = "notifier"


class Recipient(Contract):
    """`kind` is requester, agent or supervisor; `id` the customer's or agent's id."""

    kind: str
    id: str
    address: Personal


class NotificationSent(NotifierEvent):
    """The channel's server took it over; a bounce may still follow as DeliveryFailed."""

    notification_id: str
    template: str
    channel: str  # email, slack, teams …
    recipient: Recipient
    message_id: str | None = None  # the Message-ID it went out under
    attempts: int
    sent_at: Moment


class NotificationFailed(NotifierEvent):
    """Given up: the error is permanent, or the tries are used up."""

    notification_id: str
    template: str
    channel: str
    recipient: Recipient
    attempts: int
    error: str


class NotificationSuppressed(NotifierEvent):
    """Not sent on purpose; the reason says which guard held it."""

    notification_id: str
    template: str
    channel: str
    recipient: Recipient | None = None
    reason: str
