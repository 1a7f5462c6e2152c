"""Commands, tickets and facts with defaults."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.intake.domain.canned_form import CannedReplies, CannedReply
from services.intake.domain.lifecycle import decide
from services.intake.domain.ticket import Decided, Facts, Policy, TicketState
from shared.contracts.commands import (
    Command,
    ImportTicket,
    NewTicket,
    RecordMessage,
    ReportBounce,
)
from shared.contracts.fields import Actor, ActorKind, MessageBody, Requester, Status
from shared.contracts.ticket import CommandRejected

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EARLIER = datetime(2025, 6, 2, 9, 0, tzinfo=UTC)
CARA = Requester(customer_id="cara", address="cara@example.org")
AGENT = Actor(kind=ActorKind.AGENT, id="ana")
BOT = Actor(kind=ActorKind.BOT, id="helper")
SYSTEM = Actor(kind=ActorKind.SYSTEM, id="sla")
REQUESTER = Actor(kind=ActorKind.REQUESTER, id="cara")
STRANGER = Actor(kind=ActorKind.REQUESTER, id="sam")


def ticket(status: Status = Status.OPEN, **fields: Any) -> TicketState:
    defaults: dict[str, Any] = {
        "number": "TKT-1000",
        "created_at": NOW,
        "status_at": NOW,
        "subject": "The lamp is dark",
        "channel": "email",
        "requester": CARA,
        "participants": ("cara@example.org",),
    }
    return TicketState(status=status, **{**defaults, **fields})


def body(message_id: str = "m1", text: str = "It does not work.") -> MessageBody:
    return MessageBody(message_id=message_id, text=text, channel="email")


def new_ticket(**fields: Any) -> NewTicket:
    defaults: dict[str, Any] = {
        "channel": "email",
        "requester": CARA,
        "subject": "The lamp is dark",
        "participants": ("Cara@Example.org",),
    }
    return NewTicket(**{**defaults, **fields})


def opening(message_id: str = "m1", **fields: Any) -> RecordMessage:
    return record(message_id, **{"new_ticket": new_ticket(), **fields})


def record(message_id: str = "m2", **fields: Any) -> RecordMessage:
    defaults: dict[str, Any] = {
        "actor": REQUESTER,
        "message": body(message_id),
        "sender": "cara@example.org",
    }
    return RecordMessage(**{**defaults, **fields})


def bounced(*, hard: bool = True) -> ReportBounce:
    return ReportBounce(
        actor=SYSTEM,
        message=body("bounce"),
        address="cara@example.org",
        status="5.1.1" if hard else "4.4.1",
        hard=hard,
    )


def facts(**fields: Any) -> Facts:
    defaults: dict[str, Any] = {
        "ticket_id": "t1",
        "command_id": "c1",
        "at": NOW,
        "said": 1,
        "policy": Policy(),
    }
    return Facts(**{**defaults, **fields})


def names(decided: Decided) -> list[str]:
    return [type(event).__name__ for event in decided.says]


def refusal(command: Command, state: TicketState | None, **given: Any) -> str:
    """The reason, where the command is refused and changes nothing."""
    decided = decide(command, state, facts(**given))
    [event] = decided.says
    assert isinstance(event, CommandRejected)
    assert decided.ticket == state
    assert decided.keeps == ()
    return event.reason


def canned(**texts: str) -> CannedReplies:
    """English replies by their ids."""
    replies = {name: CannedReply(title=name, texts={"en": text}) for name, text in texts.items()}
    return CannedReplies(replies=replies)


def importing(status: Status = Status.CLOSED, **fields: Any) -> ImportTicket:
    """Of 2025, with a question, an answer and a note."""
    said = (("requester", "It is dark."), ("agent", "Try the switch."), ("note", "Again him."))
    defaults: dict[str, Any] = {
        "actor": Actor(kind=ActorKind.SYSTEM, id="zendesk"),
        "external_id": "77",
        "channel": "email",
        "requester": CARA,
        "subject": "The lamp is dark",
        "opened_at": EARLIER,
        "resolved_at": EARLIER + timedelta(days=1),
        "history": [
            {"at": EARLIER + timedelta(hours=n), "kind": kind, "text": text}
            for n, (kind, text) in enumerate(said)
        ],
    }
    return ImportTicket(status=status, **{**defaults, **fields})
