"""What an agent or a bot says on a ticket: a public reply, an internal note."""

import re

from services.intake.domain.canned import fill
from services.intake.domain.status import MOVES, check_move, moved, taken_up
from services.intake.domain.ticket import Decided, Facts, KeptMessage, MessageKind, TicketState
from shared.contracts.commands import AddNote, Reply, ReplyCanned
from shared.contracts.envelope import deterministic_id
from shared.contracts.fields import ActorKind, MessageBody, Status, reveal
from shared.contracts.ticket import AgentReplied, NoteAdded

NOTE_CHANNEL = "note"
# No address: what stands before the @ is no part of a word.
MENTION = re.compile(r"(?<![\w@.+-])@([A-Za-z0-9](?:[\w.-]{0,98}[A-Za-z0-9])?)", re.ASCII)
MOST_MENTIONS = 50


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


def reply_canned(command: ReplyCanned, ticket: TicketState, facts: Facts) -> Decided:
    """As if the agent had written it; the kept reply's status holds where it can be had."""
    canned, text = fill(facts.policy.canned, command, ticket)
    status = command.status
    if status is None and canned.status in (ticket.status, *MOVES[ticket.status]):
        status = canned.status
    return reply(Reply(actor=command.actor, text=text, status=status), ticket, facts)


def note(command: AddNote, ticket: TicketState, facts: Facts) -> Decided:
    body = MessageBody(
        message_id=deterministic_id("message", facts.ticket_id, facts.command_id),
        text=command.text,
        channel=NOTE_CHANNEL,
    )
    added = NoteAdded(message=body, actor=command.actor, mentions=mentioned(command))
    ticket, says = taken_up(ticket, command.actor, facts.at)
    kept = KeptMessage(ticket_id=facts.ticket_id, kind=MessageKind.NOTE, at=facts.at, body=body)
    return Decided(ticket, (added, *says), keeps=(kept,))


def mentioned(note: AddNote) -> tuple[str, ...]:
    """Those named beside the text first, then those that it names, each once."""
    named = MENTION.findall(reveal(note.text))
    return tuple(dict.fromkeys((*note.mentions, *named)))[:MOST_MENTIONS]


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
