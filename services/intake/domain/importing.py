"""A ticket that comes from an earlier system: what is over stays over, what goes on starts here."""

from services.intake.domain.status import WORKING, moved
from services.intake.domain.ticket import (
    Decided,
    Facts,
    KeptMessage,
    MessageKind,
    RefusedError,
    TicketState,
    with_participants,
)
from shared.contracts.commands import ImportTicket
from shared.contracts.envelope import deterministic_id
from shared.contracts.fields import MessageBody, Status, reveal
from shared.contracts.ticket import (
    EarlierMessage,
    IntakeEvent,
    NoteAdded,
    TicketCreated,
    TicketImported,
)

NOTE_CHANNEL = "note"
LONGEST_NOTE = 160_000  # characters: a record must stay under its topic's megabyte


def again(command: ImportTicket, ticket: TicketState, facts: Facts) -> Decided:  # noqa: ARG001 - one shape for all
    """It came before: a repeated import changes nothing, also where work went on since."""
    return Decided(ticket)


def take_over(command: ImportTicket, facts: Facts) -> Decided:
    if facts.number is None:
        raise ValueError("a ticket is to be opened, and no number was taken for it")
    ticket = TicketState(
        number=facts.number,
        created_at=command.opened_at,
        status_at=facts.at,
        **{name: getattr(command, name) for name in _SHARED},
    )
    ticket = with_participants(ticket, command.requester.address)
    kept = tuple(_kept(command, facts, place) for place in range(len(command.history)))
    if command.status in WORKING:
        return _goes_on(command, ticket, facts, kept)
    return _is_over(command, ticket, facts, kept)


_SHARED = ("channel", "requester", "subject", "category", "priority", "type", "tags")


def _is_over(
    command: ImportTicket, ticket: TicketState, facts: Facts, kept: tuple[KeptMessage, ...]
) -> Decided:
    """Closed, also where it was only resolved: nobody is to be asked or reminded for it."""
    imported = TicketImported(
        number=ticket.number,
        status=Status.CLOSED,
        opened_at=command.opened_at,
        resolved_at=command.resolved_at or command.opened_at,
        external_id=command.external_id,
        history=command.history,
        **{name: getattr(command, name) for name in _SHARED},
    )
    closed = ticket.model_copy(update={"status": Status.CLOSED, "moved": facts.said + 1})
    return Decided(closed, (imported,), keeps=kept)


def _goes_on(
    command: ImportTicket, ticket: TicketState, facts: Facts, kept: tuple[KeptMessage, ...]
) -> Decided:
    """It opens anew, acknowledged to nobody; what was said before is a note for who takes it."""
    if not kept:
        raise RefusedError("a ticket that goes on needs a message that says what is asked")
    created = TicketCreated(
        number=ticket.number,
        channel=command.channel,
        requester=command.requester,
        subject=command.subject,
        message=kept[0].body,
        participants=ticket.participants,
        acknowledge=False,
        tags=command.tags,
        priority=command.priority,
        type=command.type,
        upstream_source=command.actor.id,
        upstream_id=command.external_id,
    )
    says: tuple[IntakeEvent, ...] = (created,)
    if len(command.history) > 1:
        says = (*says, NoteAdded(message=_story(command, facts), actor=command.actor))
    ticket, changed = moved(
        ticket, command.status, actor=command.actor, at=facts.at, reason="imported so"
    )
    return Decided(ticket, (*says, *changed), keeps=kept)


def _story(command: ImportTicket, facts: Facts) -> MessageBody:
    lines = [f"Imported from {command.actor.id}, where it was {command.external_id}."]
    lines += map(_told, command.history[1:])
    return MessageBody(
        message_id=deterministic_id("message", facts.ticket_id, facts.command_id),
        text="\n\n".join(lines)[:LONGEST_NOTE],
        channel=NOTE_CHANNEL,
    )


def _told(message: EarlierMessage) -> str:
    author = reveal(message.author) if message.author is not None else message.kind
    return f"{message.at:%Y-%m-%d %H:%M} UTC, {author} ({message.kind}):\n{reveal(message.text)}"


def _kept(command: ImportTicket, facts: Facts, place: int) -> KeptMessage:
    message = command.history[place]
    body = MessageBody(
        message_id=deterministic_id("imported", facts.ticket_id, place),
        text=message.text,
        channel=command.channel,
        sent_at=message.at,
    )
    return KeptMessage(
        ticket_id=facts.ticket_id,
        kind=MessageKind(message.kind),
        at=message.at,
        body=body,
        sender=message.author,
    )
