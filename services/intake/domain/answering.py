"""What an agent or a bot says on a ticket: a public reply, an internal note."""

from services.intake.domain.status import check_move, moved, taken_up
from services.intake.domain.ticket import Decided, Facts, KeptMessage, MessageKind, TicketState
from shared.contracts.commands import AddNote, Reply
from shared.contracts.envelope import deterministic_id
from shared.contracts.fields import ActorKind, MessageBody, Status
from shared.contracts.ticket import AgentReplied, NoteAdded

NOTE_CHANNEL = "note"


def reply(command: Reply, ticket: TicketState, facts: Facts) -> Decided:
    body = MessageBody(
        message_id=deterministic_id("message", facts.ticket_id, facts.command_id),
        text=command.text,
        html=command.html,
        attachments=command.attachments,
        channel=ticket.channel,
    )
    after, says = moved(
        ticket, _status_after(command, ticket, facts), actor=command.actor, at=facts.at
    )
    replied = AgentReplied(
        message=body,
        actor=command.actor,
        human=command.actor.kind is ActorKind.AGENT,
        status=after.status,
    )
    kept = KeptMessage(ticket_id=facts.ticket_id, kind=MessageKind.AGENT, at=facts.at, body=body)
    return Decided(after, (replied, *says), keeps=(kept,))


def note(command: AddNote, ticket: TicketState, facts: Facts) -> Decided:
    body = MessageBody(
        message_id=deterministic_id("message", facts.ticket_id, facts.command_id),
        text=command.text,
        channel=NOTE_CHANNEL,
    )
    added = NoteAdded(
        message=body, actor=command.actor, mentions=tuple(dict.fromkeys(command.mentions))
    )
    ticket, says = taken_up(ticket, command.actor, facts.at)
    kept = KeptMessage(ticket_id=facts.ticket_id, kind=MessageKind.NOTE, at=facts.at, body=body)
    return Decided(ticket, (added, *says), keeps=(kept,))


def _status_after(command: Reply, ticket: TicketState, facts: Facts) -> Status:
    """What the command says; else the policy's, for a human's reply to a ticket that is ours.

    A bot's reply, and one on a ticket that waits or is resolved, leaves the status alone.
    """
    if command.status is not None:
        if command.status is not ticket.status:
            check_move(ticket.status, command.status, command.actor)
        return command.status
    ours = ticket.status in (Status.NEW, Status.OPEN, Status.IN_PROGRESS)
    if command.actor.kind is not ActorKind.AGENT or not ours:
        return ticket.status
    if facts.policy.after_reply == "unchanged":
        return Status.OPEN if ticket.status is Status.NEW else ticket.status
    return Status(facts.policy.after_reply)
