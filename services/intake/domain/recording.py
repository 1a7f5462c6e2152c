"""What a message or a bounce does to its ticket; no message is ever refused."""

from services.intake.domain.identity import stranger_id
from services.intake.domain.status import OVER, WAITING, WORKING, moved
from services.intake.domain.ticket import (
    Decided,
    Facts,
    KeptMessage,
    MessageKind,
    TicketState,
    with_participants,
)
from shared.contracts.commands import NewTicket, RecordMessage, ReportBounce
from shared.contracts.envelope import deterministic_id
from shared.contracts.fields import (
    Actor,
    ActorKind,
    Requester,
    Status,
    reveal,
)
from shared.contracts.ticket import (
    CustomerReplied,
    DeliveryFailed,
    IntakeEvent,
    TicketCreated,
    TicketHistory,
    TicketsLinked,
)

FOLLOW_UP = "follow_up"
LONGEST_SUBJECT = 120
SYSTEM = Actor(kind=ActorKind.SYSTEM, id="intake")


def open_ticket(command: RecordMessage, facts: Facts) -> Decided:
    """A message whose ticket nobody knows opens it, so that it is not lost."""
    if facts.number is None:
        raise ValueError("a ticket is to be opened, and no number was taken for it")
    new = command.new_ticket or _unannounced(command)
    ticket = TicketState(
        number=facts.number,
        created_at=facts.at,
        status_at=facts.at,
        **{name: getattr(new, name) for name in _SHARED},
    )
    ticket = with_participants(ticket, new.requester.address, *new.participants)
    created = TicketCreated(
        number=facts.number,
        message=command.message,
        automatic=command.automatic,
        acknowledge=new.acknowledge and command.automatic is None and not command.resolves,
        participants=ticket.participants,
        upstream_source=new.upstream_source,
        upstream_id=new.upstream_id,
        history=new.history,
        profile=new.profile,
        follow_up_of=new.follow_up_of,
        split_from=new.split_from,
        **{name: getattr(new, name) for name in _SHARED},
    )
    ticket, solved = _resolved(command, ticket, facts)
    return Decided(ticket, (created, *solved), keeps=(_kept(command, facts),))


_SHARED = (
    "channel",
    "mailbox",
    "brand",
    "conversation",
    "requester",
    "subject",
    "tags",
    "priority",
    "type",
)


def record(command: RecordMessage, ticket: TicketState, facts: Facts) -> Decided:
    """Appended, passed on to where the ticket went, or made a follow-up of a closed one."""
    onward = ticket.merged_into or ticket.continued_in
    if onward is not None:
        return Decided(ticket, sends=((onward, _without_opening(command)),))
    closed = ticket.status is Status.CLOSED and not ticket.spam
    if closed and _asks(command) and not _reopens(command, ticket, facts):
        return _follow_up(command, ticket, facts)
    return _append(command, ticket, facts)


def _reopens(command: RecordMessage, ticket: TicketState, facts: Facts) -> bool:
    """A stranger's word never does: it would come to the eyes of those who take part."""
    return command.participant and facts.at - ticket.status_at < facts.policy.reopen_closed


def bounce(command: ReportBounce, ticket: TicketState, facts: Facts) -> Decided:
    """Hard: the requester does not know our answer, so who waits for one is told, once."""
    if ticket.merged_into is not None:
        return Decided(ticket, sends=((ticket.merged_into, command),))
    failed = DeliveryFailed(
        address=command.address, status=command.status, hard=command.hard, message=command.message
    )
    says: tuple[IntakeEvent, ...] = ()
    if command.hard and not ticket.undeliverable:
        ticket, says = _back_to_work(ticket, facts)
        ticket = ticket.model_copy(update={"undeliverable": True})
    kept = KeptMessage(
        ticket_id=facts.ticket_id, kind=MessageKind.BOUNCE, at=facts.at, body=command.message
    )
    return Decided(ticket, (failed, *says), keeps=(kept,))


def _back_to_work(ticket: TicketState, facts: Facts) -> tuple[TicketState, tuple[IntakeEvent, ...]]:
    if ticket.status not in (Status.PENDING, Status.RESOLVED):
        return ticket, ()
    reason = "our mail to the requester came back"
    return moved(ticket, Status.OPEN, actor=SYSTEM, at=facts.at, reason=reason)


def _asks(command: RecordMessage) -> bool:
    """Somebody wants something, as against a machine's word or an alert that cleared."""
    return command.automatic is None and not command.resolves


def _append(command: RecordMessage, ticket: TicketState, facts: Facts) -> Decided:
    if _asks(command) and command.participant:
        ticket = with_participants(ticket, command.sender)
        ticket = ticket.model_copy(update={"undeliverable": False})
        ticket, says = _awakened(command, ticket, facts)
    else:
        ticket, says = _resolved(command, ticket, facts)
    replied = CustomerReplied(
        message=command.message,
        sender=command.sender,
        participant=command.participant,
        automatic=command.automatic,
        status=ticket.status,
    )
    return Decided(ticket, (replied, *says), keeps=(_kept(command, facts),))


def _awakened(
    command: RecordMessage, ticket: TicketState, facts: Facts
) -> tuple[TicketState, tuple[IntakeEvent, ...]]:
    """The requester's word brings back what was waiting or over; the rest goes on as it is."""
    if ticket.status not in (*WAITING, *OVER) or ticket.spam:
        return ticket, ()
    return moved(
        ticket, Status.OPEN, actor=command.actor, at=facts.at, reason="the requester wrote again"
    )


def _resolved(
    command: RecordMessage, ticket: TicketState, facts: Facts
) -> tuple[TicketState, tuple[IntakeEvent, ...]]:
    if not command.resolves or ticket.status not in WORKING:
        return ticket, ()
    actor = Actor(kind=ActorKind.SYSTEM, id=command.actor.id)
    return moved(ticket, Status.RESOLVED, actor=actor, at=facts.at, resolution="the alert cleared")


def _follow_up(command: RecordMessage, ticket: TicketState, facts: Facts) -> Decided:
    """The closed ticket stays as it is but for the link; what comes later goes after this one."""
    follow_up = deterministic_id("follow-up", facts.ticket_id, command.message.message_id)
    new = NewTicket(
        channel=command.message.channel,
        mailbox=ticket.mailbox,
        brand=ticket.brand,
        requester=ticket.requester if command.participant else _stranger(command),
        subject=ticket.subject,
        participants=ticket.participants if command.participant else (),
        conversation=ticket.conversation,
        tags=ticket.tags,
        history=TicketHistory(tickets=1, last_ticket_number=ticket.number),
        follow_up_of=facts.ticket_id,
    )
    linked = TicketsLinked(other=follow_up, relation=FOLLOW_UP, actor=command.actor)
    return Decided(
        ticket.model_copy(update={"continued_in": follow_up}),
        (linked,),
        sends=((follow_up, command.model_copy(update={"new_ticket": new})),),
    )


def _unannounced(command: RecordMessage) -> NewTicket:
    """What can be known of a ticket from a message that was to be appended to it."""
    text = reveal(command.message.new_text or command.message.text).strip()
    subject = text.splitlines()[0][:LONGEST_SUBJECT] if text else "(no subject)"
    return NewTicket(
        channel=command.message.channel,
        requester=_stranger(command),
        subject=subject,
        participants=() if command.sender is None else (command.sender,),
    )


def _stranger(command: RecordMessage) -> Requester:
    """The sender, known by his address alone."""
    address = reveal(command.sender) if command.sender is not None else ""
    customer_id = stranger_id(command.message.channel, address)
    return Requester(customer_id=customer_id, address=command.sender)


def _without_opening(command: RecordMessage) -> RecordMessage:
    return command.model_copy(update={"new_ticket": None})


def _kept(command: RecordMessage, facts: Facts) -> KeptMessage:
    return KeptMessage(
        ticket_id=facts.ticket_id,
        kind=MessageKind.REQUESTER,
        at=facts.at,
        body=command.message,
        sender=command.sender,
        automatic=command.automatic,
    )
