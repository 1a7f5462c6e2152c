"""What concerns two tickets: merge, split, link. Each side decides about itself alone.

The handling of the first side's command sends the second side's. A target that does not take a
merge sends the source back, so two merges that cross leave both tickets open.
"""

from collections.abc import Mapping

from services.intake.domain.status import moved
from services.intake.domain.ticket import (
    MOST_ABSORBED,
    MOST_LINKS,
    Decided,
    Facts,
    MessageKind,
    RefusedError,
    TicketState,
    with_participants,
)
from shared.contracts.commands import (
    AbsorbTicket,
    Link,
    Merge,
    NewTicket,
    RecordMessage,
    ReleaseTicket,
    Split,
    Unmerge,
)
from shared.contracts.envelope import deterministic_id
from shared.contracts.fields import Status
from shared.contracts.ticket import TicketMerged, TicketsLinked, TicketSplit, TicketUnmerged

INVERSE: Mapping[str, str] = {
    "relates_to": "relates_to",
    "causes": "caused_by",
    "caused_by": "causes",
    "duplicates": "duplicated_by",
    "duplicated_by": "duplicates",
    "blocks": "blocked_by",
    "blocked_by": "blocks",
    "follow_up": "follow_up_of",
    "follow_up_of": "follow_up",
}


def merge(command: Merge, ticket: TicketState, facts: Facts) -> Decided:
    """The source closes at once; what the target says to it may open it again."""
    target = _other(command.into, facts)
    if target.merged_into is not None:
        raise RefusedError(
            f"{target.number} was itself merged: merge into "
            f"{target.merged_number or target.merged_into} instead"
        )
    if target.status is Status.CLOSED:
        raise RefusedError(f"{target.number} is closed and takes nothing in: link the two instead")
    says = TicketMerged(
        other=command.into, other_number=target.number, side="source", actor=command.actor
    )
    merged, closed = moved(
        ticket,
        Status.CLOSED,
        actor=command.actor,
        at=facts.at,
        reason=f"merged into {target.number}",
    )
    absorb = AbsorbTicket(
        actor=command.actor,
        source=facts.ticket_id,
        source_number=ticket.number,
        participants=ticket.participants,
    )
    merged = merged.model_copy(update={"merged_into": command.into, "merged_number": target.number})
    return Decided(merged, (says, *closed), sends=((command.into, absorb),))


def absorb(command: AbsorbTicket, ticket: TicketState, facts: Facts) -> Decided:  # noqa: ARG001 - one shape for all
    if len(ticket.absorbed) >= MOST_ABSORBED:
        raise RefusedError(
            f"{ticket.number} has taken in {MOST_ABSORBED} tickets, which is the most"
        )
    says = TicketMerged(
        other=command.source,
        other_number=command.source_number,
        side="target",
        actor=command.actor,
    )
    absorbed = tuple(dict.fromkeys((*ticket.absorbed, command.source)))
    ticket = with_participants(ticket, *command.participants)
    return Decided(ticket.model_copy(update={"absorbed": absorbed}), (says,))


def unmerge(command: Unmerge, ticket: TicketState, facts: Facts) -> Decided:
    target = ticket.merged_into
    if target is None:
        raise RefusedError(f"{ticket.number} is not merged into another")
    if command.refused_by not in (None, target):
        raise RefusedError(f"{ticket.number} is not merged into {command.refused_by}")
    released, reopened = moved(
        ticket.model_copy(update={"merged_into": None, "merged_number": None}),
        Status.OPEN,
        actor=command.actor,
        at=facts.at,
        reason="unmerged" if command.refused_by is None else "the other ticket did not take it in",
    )
    says = (TicketUnmerged(other=target, side="source", actor=command.actor), *reopened)
    release = ReleaseTicket(actor=command.actor, source=facts.ticket_id)
    return Decided(released, says, sends=() if command.refused_by else ((target, release),))


def release(command: ReleaseTicket, ticket: TicketState, facts: Facts) -> Decided:  # noqa: ARG001 - one shape for all
    if command.source not in ticket.absorbed:
        raise RefusedError(f"{command.source} was not merged into {ticket.number}")
    absorbed = tuple(other for other in ticket.absorbed if other != command.source)
    says = TicketUnmerged(other=command.source, side="target", actor=command.actor)
    return Decided(ticket.model_copy(update={"absorbed": absorbed}), (says,))


def split(command: Split, ticket: TicketState, facts: Facts) -> Decided:
    """The message stays where it is, and opens a ticket of the same requester as well."""
    message = facts.message
    if message is None or message.kind is not MessageKind.REQUESTER:
        raise RefusedError(f"{command.message_id} is no message of a requester on {ticket.number}")
    if message.split_to is not None:
        raise RefusedError(f"{command.message_id} became a ticket already: {message.split_to}")
    other = deterministic_id("split", facts.ticket_id, command.message_id)
    new = NewTicket(
        channel=ticket.channel,
        mailbox=ticket.mailbox,
        brand=ticket.brand,
        requester=ticket.requester,
        subject=command.subject or ticket.subject,
        participants=ticket.participants,
        # An acknowledgement now would speak of a message that was answered long ago.
        acknowledge=False,
        split_from=facts.ticket_id,
    )
    opening = RecordMessage(
        actor=command.actor, message=message.body, sender=message.sender, new_ticket=new
    )
    says = TicketSplit(other=other, message_id=command.message_id, actor=command.actor)
    kept = message.model_copy(update={"split_to": other})
    return Decided(ticket, (says,), sends=((other, opening),), keeps=(kept,))


def link(command: Link, ticket: TicketState, facts: Facts) -> Decided:
    if command.relation not in INVERSE:
        known = ", ".join(sorted(INVERSE))
        raise RefusedError(f"there is no relation {command.relation}; there are {known}")
    entry = f"{command.relation} {command.other}"
    if entry in ticket.links:
        raise RefusedError(f"{ticket.number} {command.relation} {command.other} already")
    if len(ticket.links) >= MOST_LINKS:
        raise RefusedError(f"{ticket.number} has {MOST_LINKS} links, which is the most")
    says = TicketsLinked(other=command.other, relation=command.relation, actor=command.actor)
    linked = ticket.model_copy(update={"links": (*ticket.links, entry)})
    if command.mirrored:
        return Decided(linked, (says,))
    _other(command.other, facts)
    mirror = Link(
        actor=command.actor,
        other=facts.ticket_id,
        relation=INVERSE[command.relation],
        mirrored=True,
    )
    return Decided(linked, (says,), sends=((command.other, mirror),))


def _other(ticket_id: str, facts: Facts) -> TicketState:
    if ticket_id == facts.ticket_id:
        raise RefusedError("that is this ticket itself")
    if ticket_id not in facts.others:
        raise RefusedError(f"there is no ticket {ticket_id}")
    return facts.others[ticket_id]
