"""What a command does to a ticket: the one place where tickets change."""

from collections.abc import Callable, Mapping
from typing import Any

from services.intake.domain import answering, directing, importing, joining, recording
from services.intake.domain.fitting import FITS, check_fit
from services.intake.domain.ticket import Decided, Facts, RefusedError, TicketState
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
from shared.contracts.ticket import (
    AgentReplied,
    CommandRejected,
    CustomerReplied,
    IntakeEvent,
    StatusChanged,
    TicketClosed,
    TicketCreated,
    TicketReopened,
    TicketResolved,
)

COMMANDS: tuple[type[Command], ...] = tuple(FITS)

DECIDES: Mapping[type[Command], Callable[[Any, TicketState, Facts], Decided]] = {
    RecordMessage: recording.record,
    ReportBounce: recording.bounce,
    ImportTicket: importing.again,
    Reply: answering.reply,
    ReplyCanned: answering.reply_canned,
    AddNote: answering.note,
    SetStatus: directing.set_status,
    Reassign: directing.reassign,
    Escalate: directing.escalate,
    ChangeFields: directing.change_fields,
    Merge: joining.merge,
    AbsorbTicket: joining.absorb,
    Unmerge: joining.unmerge,
    ReleaseTicket: joining.release,
    Split: joining.split,
    Link: joining.link,
    Rate: directing.rate,
    MarkSpam: directing.mark_spam,
}

# After one of these a timer that was set before it assumes what no longer holds.
MOVING = (
    TicketCreated,
    AgentReplied,
    StatusChanged,
    TicketResolved,
    TicketReopened,
    TicketClosed,
)


def decide(command: Command, ticket: TicketState | None, facts: Facts) -> Decided:
    """Always an answer: events, a refusal with its reason, or nothing where a timer is stale."""
    if (
        ticket is not None
        and isinstance(command, SetStatus)
        and directing.is_stale(command, ticket)
    ):
        return Decided(ticket, stale=True)
    try:
        decided = _decided(command, ticket, facts)
    except RefusedError as refusal:
        return _refused(command, ticket, facts, str(refusal))
    return _numbered(decided, facts)


def _decided(command: Command, ticket: TicketState | None, facts: Facts) -> Decided:
    if ticket is None:
        if isinstance(command, RecordMessage):
            return recording.open_ticket(command, facts)
        if isinstance(command, ImportTicket):
            return importing.take_over(command, facts)
        raise RefusedError(f"there is no ticket {facts.ticket_id}")
    check_fit(command, ticket)
    return DECIDES[type(command)](command, ticket, facts)


def _refused(command: Command, ticket: TicketState | None, facts: Facts, reason: str) -> Decided:
    rejected = CommandRejected(
        command=type(command).__name__,
        command_id=facts.command_id,
        actor=command.actor,
        reason=reason,
    )
    sends: tuple[tuple[str, Command], ...] = ()
    if isinstance(command, AbsorbTicket):
        back = Unmerge(actor=recording.SYSTEM, refused_by=facts.ticket_id)
        sends = ((command.source, back),)
    return Decided(ticket, (rejected,), sends=sends)


def _numbered(decided: Decided, facts: Facts) -> Decided:
    """Remembers the number of the last event that timers must know."""
    moves = [facts.said + place for place, event in enumerate(decided.says, 1) if _moves(event)]
    if not moves or decided.ticket is None:
        return decided
    ticket = decided.ticket.model_copy(update={"moved": moves[-1]})
    return Decided(ticket, decided.says, decided.sends, decided.keeps)


def _moves(event: IntakeEvent) -> bool:
    if isinstance(event, CustomerReplied):
        return event.automatic is None
    return isinstance(event, MOVING)
