"""Events and tickets with defaults, for the notifier's tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.notifier.domain.notices import NotificationRules
from services.notifier.domain.ticket import NotifiedTicket
from services.notifier.domain.wording import Wording
from services.notifier.rules import load_wording
from shared.contracts.assignment import Decision, TicketAssigned, TicketEscalated
from shared.contracts.fields import (
    Actor,
    ActorKind,
    Attachment,
    BlobRef,
    MessageBody,
    Priority,
    Requester,
    Status,
)
from shared.contracts.people import AgentUpdated
from shared.contracts.sla import Metric, SlaBreached, SlaTarget, SlaTargetsSet, SlaWarning
from shared.contracts.ticket import AgentReplied, CustomerReplied, TicketCreated, TicketResolved
from shared.kit.config import load
from shared.kit.settings import SHIPPED_CONFIG

MONDAY = datetime(2026, 5, 4, 7, 0, tzinfo=UTC)  # nine o'clock in Berlin
SECRET = "the tests' secret"
TICKET = "0b9f9f0e-4d5e-5a53-9d0c-6a2f5b0f3c11"
ANA = "ana@customer.example"
BEN = "ben@desk.example"
SUPPORT = "support@desk.example"
ANA_AGENT = Actor(kind=ActorKind.AGENT, id="ben")
ANA_REQUESTER = Requester(customer_id="c1", name="Ana", address=ANA, locale="en-GB")
DECISION = Decision(rule="r", reason="most room", rules_version="abc")

WORDING: Wording = load_wording()
RULES: NotificationRules = load(SHIPPED_CONFIG / "notifications.yaml", NotificationRules).value


def body(text: str = "My printer is on fire.", **changes: Any) -> MessageBody:
    fields = {"message_id": "m1", "text": text, "channel": "email", "external_id": "<a@cust>"}
    return MessageBody(**{**fields, **changes})


def created(**changes: Any) -> TicketCreated:
    fields = {
        "number": "TKT-7",
        "channel": "email",
        "mailbox": SUPPORT,
        "requester": ANA_REQUESTER,
        "subject": "Printer on fire",
        "message": body(),
    }
    return TicketCreated(**{**fields, **changes})


def ticket(**changes: Any) -> NotifiedTicket:
    fields = {
        "number": "TKT-7",
        "channel": "email",
        "subject": "Printer on fire",
        "requester": ANA_REQUESTER,
        "mailbox": SUPPORT,
    }
    return NotifiedTicket(**{**fields, **changes})


def promise(due_at: datetime | None = MONDAY + timedelta(hours=4)) -> SlaTargetsSet:
    target = SlaTarget(
        metric=Metric.FIRST_RESPONSE,
        seconds=14400,
        started_at=MONDAY,
        due_at=due_at,
        remaining_seconds=14400,
    )
    return SlaTargetsSet(policy="p", policy_version="1", schedule="s", targets=(target,))


def replied(text: str = "Water helps.", **changes: Any) -> AgentReplied:
    fields = {
        "message": body(text, external_id=None),
        "actor": ANA_AGENT,
        "human": True,
        "status": Status.PENDING,
    }
    return AgentReplied(**{**fields, **changes})


def wrote_again(**changes: Any) -> CustomerReplied:
    message = body("Thanks!", message_id="m2", external_id="<b@cust>")
    fields = {"message": message, "sender": ANA, "status": Status.OPEN}
    return CustomerReplied(**{**fields, **changes})


def resolved(**changes: Any) -> TicketResolved:
    return TicketResolved(**{"old": Status.OPEN, "actor": ANA_AGENT, **changes})


def agent(agent_id: str = "ben", address: str | None = BEN, **changes: Any) -> AgentUpdated:
    return AgentUpdated(agent_id=agent_id, name=agent_id.title(), address=address, **changes)


def assigned(agent_id: str = "ben") -> TicketAssigned:
    return TicketAssigned(
        agent_id=agent_id,
        queue="hardware",
        pool="p",
        priority=Priority.HIGH,
        waited_seconds=0,
        decision=DECISION,
    )


def escalated(agent_id: str | None = None, on_call: str | None = None) -> TicketEscalated:
    return TicketEscalated(
        level=2,
        queue="second line",
        agent_id=agent_id,
        reason="breach",
        on_call=on_call,
        decision=DECISION,
    )


def warning() -> SlaWarning:
    return SlaWarning(
        metric=Metric.RESOLUTION,
        level="75%",
        due_at=MONDAY + timedelta(hours=8),
        warned_at=MONDAY + timedelta(hours=6),
        remaining_seconds=7200,
    )


def breached() -> SlaBreached:
    return SlaBreached(
        metric=Metric.RESOLUTION,
        policy="p",
        target_seconds=1,
        breached_at=MONDAY + timedelta(hours=8),
        lateness_seconds=0,
    )


def attachment(name: str, size: int = 10, blob: str | None = "b1") -> Attachment:
    return Attachment(
        filename=name,
        content_type="text/plain",
        size=size,
        sha256="0",
        blob=BlobRef(blob_id=blob, size=size, sha256="0") if blob else None,
    )
