"""Which command fits which ticket, who may give it, and what it can lead to: one table."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.intake.domain.status import OVER, WORKING
from services.intake.domain.ticket import RefusedError, TicketState
from shared.contracts.commands import (
    AbsorbTicket,
    AddNote,
    ChangeFields,
    Command,
    Escalate,
    ImportTicket,
    Link,
    MarkSpam,
    Merge,
    Rate,
    Reassign,
    RecordMessage,
    ReleaseTicket,
    Reply,
    ReplyCanned,
    ReportBounce,
    SetStatus,
    Split,
    Unmerge,
)
from shared.contracts.fields import ActorKind, Status
from shared.contracts.ticket import (
    AgentReplied,
    AssignmentRequested,
    CustomerReplied,
    DeliveryFailed,
    EscalationRequested,
    FeedbackReceived,
    FieldsChanged,
    IntakeEvent,
    NoteAdded,
    StatusChanged,
    TicketClosed,
    TicketCreated,
    TicketImported,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketResolved,
    TicketsLinked,
    TicketSplit,
    TicketUnmerged,
)

ALL = tuple(Status)
UNSOLVED = WORKING
UNCLOSED = (*WORKING, Status.RESOLVED)

ANYONE = tuple(ActorKind)
STAFF = (ActorKind.AGENT, ActorKind.BOT)
STAFF_AND_SYSTEM = (*STAFF, ActorKind.SYSTEM)


@dataclass(frozen=True, slots=True)
class Fit:
    """`instead` tells who is refused for the status what to do. `merged`: it still fits then."""

    statuses: tuple[Status, ...]
    actors: tuple[ActorKind, ...]
    says: tuple[type[IntakeEvent], ...]
    instead: str = ""
    merged: bool = False


REOPEN = "reopen it first (SetStatus open)"
FOLLOW_UP = "closed is for good, so open a new ticket and link the two"

FITS: Mapping[type[Command], Fit] = {
    RecordMessage: Fit(
        ALL,
        ANYONE,
        (
            TicketCreated,
            CustomerReplied,
            StatusChanged,
            TicketReopened,
            TicketResolved,
            TicketsLinked,
        ),
        merged=True,
    ),
    ReportBounce: Fit(ALL, ANYONE, (DeliveryFailed, StatusChanged, TicketReopened), merged=True),
    ImportTicket: Fit(
        ALL,
        (ActorKind.SYSTEM,),
        (TicketImported, TicketCreated, NoteAdded, StatusChanged),
        merged=True,
    ),
    Reply: Fit(
        UNCLOSED,
        STAFF,
        (AgentReplied, StatusChanged, TicketResolved, TicketReopened, TicketClosed),
        FOLLOW_UP,
    ),
    ReplyCanned: Fit(
        UNCLOSED,
        STAFF,
        (AgentReplied, StatusChanged, TicketResolved, TicketReopened, TicketClosed),
        FOLLOW_UP,
    ),
    AddNote: Fit(ALL, STAFF_AND_SYSTEM, (NoteAdded, StatusChanged)),
    SetStatus: Fit(
        UNCLOSED, ANYONE, (StatusChanged, TicketResolved, TicketReopened, TicketClosed), FOLLOW_UP
    ),
    Reassign: Fit(UNSOLVED, STAFF_AND_SYSTEM, (AssignmentRequested, StatusChanged), REOPEN),
    Escalate: Fit(UNSOLVED, STAFF_AND_SYSTEM, (EscalationRequested, StatusChanged), REOPEN),
    ChangeFields: Fit(UNCLOSED, STAFF_AND_SYSTEM, (FieldsChanged, StatusChanged), FOLLOW_UP),
    Merge: Fit(UNCLOSED, STAFF, (TicketMerged, TicketClosed), FOLLOW_UP),
    AbsorbTicket: Fit(UNCLOSED, ANYONE, (TicketMerged,), "merge into an open ticket"),
    Unmerge: Fit(
        (Status.CLOSED,),
        STAFF_AND_SYSTEM,
        (TicketUnmerged, TicketReopened),
        "only a merged ticket can be taken out again",
        merged=True,
    ),
    ReleaseTicket: Fit(ALL, ANYONE, (TicketUnmerged,), merged=True),
    Split: Fit(UNCLOSED, STAFF, (TicketSplit,), FOLLOW_UP),
    Link: Fit(ALL, STAFF, (TicketsLinked,)),
    Rate: Fit(OVER, (ActorKind.REQUESTER,), (FeedbackReceived,), "it is rated once it is resolved"),
    MarkSpam: Fit(UNCLOSED, STAFF, (TicketMarkedSpam, TicketClosed), FOLLOW_UP),
}


def check_fit(command: Command, ticket: TicketState) -> None:
    """Raises RefusedError where the table says no."""
    name, fit = type(command).__name__, FITS[type(command)]
    if command.actor.kind not in fit.actors:
        who = " or ".join(fit.actors)
        raise RefusedError(f"{name} is for {who}; the actor here is {command.actor.kind}")
    if command.actor.kind is ActorKind.REQUESTER and fit.actors is not ANYONE:
        check_requester(command, ticket)
    if ticket.merged_into is not None and not fit.merged:
        raise RefusedError(
            f"{ticket.number} was merged into {ticket.merged_number or ticket.merged_into}: send "
            f"{name} there, or Unmerge this one first"
        )
    if ticket.status not in fit.statuses:
        raise RefusedError(
            f"{name} does not fit a ticket that is {ticket.status}, only one that is "
            f"{', '.join(fit.statuses)}: {fit.instead}"
        )


def check_requester(command: Command, ticket: TicketState) -> None:
    if command.actor.id != ticket.requester.customer_id:
        name = type(command).__name__
        raise RefusedError(f"{name} is for this ticket's own requester; the actor is another")
