"""Events with defaults, so that a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.assignment import (
    Candidate,
    Decision,
    TicketAssigned,
    TicketEscalated,
    TicketQueued,
    TicketUnassigned,
)
from shared.contracts.fields import (
    Actor,
    ActorKind,
    MessageBody,
    Priority,
    Requester,
    Status,
    TicketType,
    Tier,
)
from shared.contracts.notification import NotificationSent, Recipient
from shared.contracts.people import AgentUpdated, Availability
from shared.contracts.sla import (
    Metric,
    SlaBreached,
    SlaCorrected,
    SlaFulfilled,
    SlaTarget,
    SlaTargetsSet,
    SlaWarning,
)
from shared.contracts.ticket import (
    AgentReplied,
    CustomerReplied,
    TicketClosed,
    TicketCreated,
    TicketReopened,
    TicketResolved,
)
from shared.contracts.triage import Match, TicketTriaged

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SYSTEM = Actor(kind=ActorKind.SYSTEM, id="lifecycle")
CUSTOMER = Actor(kind=ActorKind.REQUESTER, id="c1")
DECISION = Decision(rule="billing to billing", reason="most spare capacity", rules_version="r1")


def agent_actor(name: str = "ana") -> Actor:
    return Actor(kind=ActorKind.AGENT, id=name)


def body(text: str = "Hello", **fields: Any) -> MessageBody:
    return MessageBody(**{"message_id": "m1", "text": text, "channel": "email", **fields})


def requester(**fields: Any) -> Requester:
    given = {"customer_id": "c1", "name": "Rosa Diaz", "address": "rosa@example.org"}
    return Requester(**{**given, "tier": Tier.PREMIUM, **fields})


def created(**fields: Any) -> TicketCreated:
    given = {
        "number": "TKT-1",
        "channel": "email",
        "requester": requester(),
        "subject": "Charged twice",
        "message": body("I was charged twice."),
    }
    return TicketCreated(**{**given, **fields})


def triaged(**fields: Any) -> TicketTriaged:
    given = {
        "category": "billing",
        "confidence": 0.92,
        "matches": (Match(phrase="charged twice", field="body", weight=3, category="billing"),),
        "type": TicketType.INCIDENT,
        "language": "en",
        "impact": "low",
        "urgency": "high",
        "priority": Priority.HIGH,
        "rules_version": "r1",
    }
    return TicketTriaged(**{**given, **fields})


def queued(**fields: Any) -> TicketQueued:
    given = {"queue": "billing", "pool": "main", "priority": Priority.HIGH, "position": 1}
    return TicketQueued(**{**given, "decision": DECISION, **fields})


def assigned(agent_id: str = "ana", **fields: Any) -> TicketAssigned:
    seen = Candidate(agent_id=agent_id, load=1, capacity=5)
    decision = DECISION.model_copy(update={"candidates": (seen,), "candidates_seen": 4})
    given = {"queue": "billing", "pool": "main", "priority": Priority.HIGH, "waited_seconds": 4.0}
    return TicketAssigned(**{**given, "agent_id": agent_id, "decision": decision, **fields})


def unassigned(agent_id: str = "ana", reason: str = "resolved") -> TicketUnassigned:
    return TicketUnassigned(agent_id=agent_id, queue="billing", pool="main", reason=reason)


def escalated(level: int = 1, queue: str = "leads") -> TicketEscalated:
    return TicketEscalated(level=level, queue=queue, reason="sla_warning", decision=DECISION)


def replied(name: str = "ana", *, human: bool = True, **fields: Any) -> AgentReplied:
    given = {"message": body("We refund it."), "status": Status.PENDING}
    return AgentReplied(**{**given, "actor": agent_actor(name), "human": human, **fields})


def wrote(**fields: Any) -> CustomerReplied:
    return CustomerReplied(**{"message": body("Still wrong."), "status": Status.OPEN, **fields})


def resolved(name: str = "ana", **fields: Any) -> TicketResolved:
    return TicketResolved(**{"old": Status.OPEN, "actor": agent_actor(name), **fields})


def reopened(reopens: int = 1) -> TicketReopened:
    return TicketReopened(old=Status.RESOLVED, actor=CUSTOMER, reason="replied", reopens=reopens)


def closed() -> TicketClosed:
    return TicketClosed(old=Status.RESOLVED, actor=SYSTEM, reason="auto-close")


def target(metric: Metric, start: datetime, hours: float = 4, **fields: Any) -> SlaTarget:
    given = {
        "metric": metric,
        "seconds": hours * 3600,
        "started_at": start,
        "due_at": start + hours * HOUR,
        "remaining_seconds": hours * 3600,
    }
    return SlaTarget(**{**given, **fields})


def promised(*targets: SlaTarget) -> SlaTargetsSet:
    return SlaTargetsSet(policy="premium", policy_version="p1", schedule="office", targets=targets)


def warned(metric: Metric, due: datetime, level: str = "75%") -> SlaWarning:
    return SlaWarning(
        metric=metric, level=level, due_at=due, warned_at=due - HOUR, remaining_seconds=3600
    )


def breached(metric: Metric, at: datetime, cycle: int = 1) -> SlaBreached:
    return SlaBreached(
        metric=metric,
        cycle=cycle,
        policy="premium",
        target_seconds=14_400,
        breached_at=at,
        lateness_seconds=0,
    )


def fulfilled(metric: Metric, at: datetime, *, late: bool = False, cycle: int = 1) -> SlaFulfilled:
    return SlaFulfilled(
        metric=metric,
        cycle=cycle,
        due_at=at - MINUTE if late else at + HOUR,
        fulfilled_at=at,
        elapsed_seconds=600,
        calendar_seconds=900,
        late=late,
    )


def corrected(
    metric: Metric, missed: datetime, at: datetime, fact: str = "fulfilled"
) -> SlaCorrected:
    return SlaCorrected(metric=metric, breached_at=missed, fulfilled_at=at, fact=fact)


def sent(template: str = "acknowledgement", at: datetime = NOON) -> NotificationSent:
    return NotificationSent(
        notification_id="n1",
        template=template,
        channel="email",
        recipient=Recipient(kind="requester", id="c1", address="rosa@example.org"),
        attempts=1,
        sent_at=at,
    )


def agent(agent_id: str = "ana", **fields: Any) -> AgentUpdated:
    given = {
        "name": agent_id.capitalize(),
        "address": f"{agent_id}@desk.example",
        "skills": {"billing": 4},
        "languages": ("en",),
        "teams": ("billing",),
        "availability": Availability.ONLINE,
    }
    return AgentUpdated(**{**given, "agent_id": agent_id, **fields})
