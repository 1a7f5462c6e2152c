"""What the door answers."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.contracts.fields import Priority, Status, TicketType


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class TicketAccepted(Answer):
    """`number` and `status` are there where the caller waited and the ticket came in time."""

    ticket_id: str
    status_url: str
    message_id: str
    number: str | None = None
    status: Status | None = None


class CommandAccepted(Answer):
    """`said` names the events that the command led to, where the caller waited for them."""

    ticket_id: str
    command_id: str
    status_url: str
    said: tuple[str, ...] | None = None


class InputAccepted(Answer):
    message_id: str


class TicketView(Answer):
    """Where a ticket stands. What it is about, and who asks, is for the reporting service."""

    ticket_id: str
    number: str
    status: Status
    channel: str
    created_at: datetime
    status_at: datetime
    reopens: int
    category: str | None = None
    priority: Priority | None = None
    type: TicketType | None = None
    tags: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()
    merged_into: str | None = None
    continued_in: str | None = None
    spam: bool = False

    @classmethod
    def of(cls, document: dict[str, Any]) -> "TicketView":
        return cls.model_validate({**document, "ticket_id": document["_id"]})
