"""Which service decides each field of a ticket: one writer a field."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.assignment import (
    TicketAssigned,
    TicketEscalated,
    TicketQueued,
    TicketUnassigned,
)
from shared.contracts.message import Message
from shared.contracts.notification import (
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)
from shared.contracts.sla import (
    ProgressStalled,
    SlaBreached,
    SlaCorrected,
    SlaFulfilled,
    SlaPaused,
    SlaResumed,
    SlaRetargeted,
    SlaTargetsSet,
    SlaWarning,
)
from shared.contracts.ticket import (
    AgentReplied,
    CustomerReplied,
    FeedbackReceived,
    FieldsChanged,
    NoteAdded,
    StatusChanged,
    TicketClosed,
    TicketCreated,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketResolved,
    TicketsLinked,
    TicketSplit,
    TicketUnmerged,
)
from shared.contracts.triage import TicketTriaged


@dataclass(frozen=True, slots=True)
class TicketField:
    """`told_by`: the writer's events that carry a new value.

    `pinned_by`: the event with which a human takes the decision from the writer for good.
    """

    name: str
    writer: str
    told_by: tuple[type[Message], ...]
    note: str = ""
    pinned_by: type[Message] | None = None


TARGETS = (SlaTargetsSet, SlaRetargeted, SlaPaused, SlaResumed)

TICKET_FIELDS: Sequence[TicketField] = (
    TicketField("number, channel, mailbox, brand", "intake", (TicketCreated,), "never change"),
    TicketField("requester, subject", "intake", (TicketCreated, FieldsChanged)),
    TicketField("messages", "intake", (TicketCreated, CustomerReplied, AgentReplied, NoteAdded)),
    TicketField(
        "status",
        "intake",
        (
            TicketCreated,
            CustomerReplied,
            AgentReplied,
            StatusChanged,
            TicketResolved,
            TicketReopened,
            TicketClosed,
        ),
        "a created ticket is new; resolved, open again and closed are what their events say",
    ),
    TicketField("reopens", "intake", (TicketReopened,)),
    TicketField("resolution, root cause", "intake", (TicketResolved,)),
    TicketField(
        "merged into, split, links",
        "intake",
        (TicketCreated, TicketMerged, TicketUnmerged, TicketSplit, TicketsLinked),
    ),
    TicketField("spam", "intake", (TicketMarkedSpam,)),
    TicketField("score", "intake", (FeedbackReceived,), "the last one counts"),
    TicketField(
        "category, priority, type, tags",
        "triage",
        (TicketTriaged,),
        "what a human has set stays; triage repeats it when it triages anew",
        pinned_by=FieldsChanged,
    ),
    TicketField(
        "sub-category, confidence, language, impact, urgency, tone, product",
        "triage",
        (TicketTriaged,),
    ),
    TicketField("queue, pool", "router", (TicketQueued, TicketAssigned, TicketEscalated)),
    TicketField(
        "agent",
        "router",
        (TicketAssigned, TicketUnassigned),
        "a human asks for an agent with AssignmentRequested; the router decides",
    ),
    TicketField(
        "escalation level",
        "router",
        (TicketEscalated,),
        "a human asks for it with EscalationRequested; the router decides",
    ),
    TicketField("SLA policy, schedule", "sla", (SlaTargetsSet, SlaRetargeted)),
    TicketField("targets, deadlines, remaining time", "sla", TARGETS),
    TicketField(
        "clock of a metric: running, paused, warned, breached, fulfilled",
        "sla",
        (*TARGETS, SlaWarning, SlaBreached, SlaFulfilled, SlaCorrected),
        "a correction takes a breach back",
    ),
    TicketField("stalled", "sla", (ProgressStalled,)),
    TicketField(
        "who was told what",
        "notifier",
        (NotificationSent, NotificationFailed, NotificationSuppressed),
        "a bounce of what was sent is intake's DeliveryFailed",
    ),
)


def writers_table() -> list[str]:
    """Markdown rows; the events link to their sections of the same page."""
    rows = ["| field | writer | told by | |", "|---|---|---|---|"]
    for field in TICKET_FIELDS:
        told = ", ".join(f"[{cls.__name__}](#{cls.__name__.lower()})" for cls in field.told_by)
        rows.append(f"| {field.name} | {field.writer} | {told} | {_remark(field)} |")
    return rows


def _remark(field: TicketField) -> str:
    if field.pinned_by is None:
        return field.note
    return f"pinned by {field.pinned_by.__name__} of {field.pinned_by.writer}: {field.note}"
