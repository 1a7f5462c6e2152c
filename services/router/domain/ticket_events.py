"""Which event of a ticket means what to its pool."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.router.domain.by_hand import on_assignment_requested
from services.router.domain.escalation import ESCALATES, escalate
from services.router.domain.facts import (
    on_fields_changed,
    on_fulfilled,
    on_targets,
)
from services.router.domain.lifecycle import (
    go,
    on_ticket_merged,
    on_ticket_unmerged,
    set_status,
)
from services.router.domain.pool import Pool
from services.router.domain.ticket import RoutedTicket
from services.router.domain.triage_events import on_ticket_triaged
from shared.contracts.fields import Status
from shared.contracts.message import Message
from shared.contracts.sla import SlaFulfilled, SlaResumed, SlaRetargeted, SlaTargetsSet
from shared.contracts.ticket import (
    AgentReplied,
    AssignmentRequested,
    CustomerReplied,
    FieldsChanged,
    StatusChanged,
    TicketClosed,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketResolved,
    TicketUnmerged,
)
from shared.contracts.triage import TicketTriaged


def status_after(event: Message, before: Status | None) -> Status | None:
    """The ticket's status once this has happened."""
    match event:
        case StatusChanged():
            return event.new
        case CustomerReplied() | AgentReplied():
            return event.status
        case TicketResolved():
            return Status.RESOLVED
        case TicketClosed():
            return Status.CLOSED
        case TicketReopened():
            return Status.OPEN
        case _:
            return before


def _on_status(pool: Pool, ticket: RoutedTicket, event: Message, now: datetime) -> None:
    set_status(pool, ticket, status_after(event, ticket.status) or ticket.status, now)


MOVE_STATUS = (
    StatusChanged,
    CustomerReplied,
    AgentReplied,
    TicketResolved,
    TicketClosed,
    TicketReopened,
)
TicketEvent = Callable[[Pool, RoutedTicket, Any, datetime], None]
HEARS: dict[type[Message], TicketEvent] = {
    TicketTriaged: on_ticket_triaged,
    FieldsChanged: on_fields_changed,
    **dict.fromkeys(MOVE_STATUS, _on_status),
    TicketMarkedSpam: lambda pool, ticket, _, now: go(pool, ticket, "spam", now),
    TicketMerged: on_ticket_merged,
    TicketUnmerged: on_ticket_unmerged,
    AssignmentRequested: on_assignment_requested,
    SlaTargetsSet: on_targets,
    SlaRetargeted: on_targets,
    SlaResumed: on_targets,
    SlaFulfilled: on_fulfilled,
    **dict.fromkeys(ESCALATES, escalate),
}
