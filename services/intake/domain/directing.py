"""What an agent, a timer or the requester decides about a ticket without writing a message."""

from collections.abc import Iterable

from services.intake.domain.fitting import check_requester
from services.intake.domain.status import check_move, moved, taken_up
from services.intake.domain.ticket import Decided, Facts, RefusedError, TicketState
from shared.contracts.commands import (
    ChangeFields,
    Escalate,
    MarkSpam,
    Rate,
    Reassign,
    SetStatus,
)
from shared.contracts.fields import ActorKind, Status
from shared.contracts.ticket import (
    AssignmentRequested,
    EscalationRequested,
    FeedbackReceived,
    FieldChange,
    FieldsChanged,
    TicketMarkedSpam,
)

PINNABLE = ("category", "priority", "type", "tags")


def is_stale(command: SetStatus, ticket: TicketState) -> bool:
    """A timer set on what was then the last word, and there has been another since."""
    return command.seen is not None and command.seen < ticket.moved


def set_status(command: SetStatus, ticket: TicketState, facts: Facts) -> Decided:
    if command.actor.kind is ActorKind.REQUESTER:
        check_requester(command, ticket)
    check_move(ticket.status, command.status, command.actor)
    ticket, says = moved(
        ticket,
        command.status,
        actor=command.actor,
        at=facts.at,
        reason=command.reason,
        resolution=command.resolution,
        root_cause=command.root_cause,
    )
    return Decided(ticket, says)


def reassign(command: Reassign, ticket: TicketState, facts: Facts) -> Decided:
    """Only asked for: who owns a ticket is the router's decision."""
    asked = AssignmentRequested(
        agent_id=command.agent_id,
        queue=command.queue,
        actor=command.actor,
        reason=command.reason,
    )
    ticket, says = taken_up(ticket, command.actor, facts.at)
    return Decided(ticket, (asked, *says))


def escalate(command: Escalate, ticket: TicketState, facts: Facts) -> Decided:
    asked = EscalationRequested(actor=command.actor, reason=command.reason, level=command.level)
    ticket, says = taken_up(ticket, command.actor, facts.at)
    return Decided(ticket, (asked, *says))


def change_fields(command: ChangeFields, ticket: TicketState, facts: Facts) -> Decided:
    """What is set by hand is pinned, also where the value stays: then it is confirmed."""
    given = {
        name: value
        for name in (*PINNABLE, "subject")
        if (value := getattr(command, name)) is not None
    }
    new = {name: value for name, value in given.items() if _is_new(ticket, name, value)}
    if not new:
        told = "no field is given" if not given else f"{', '.join(given)}: set by hand so already"
        raise RefusedError(f"{told}; fields are {', '.join((*PINNABLE, 'subject'))}")
    changes = tuple(
        FieldChange(field=name, old=_shown(name, getattr(ticket, name)), new=_shown(name, value))
        for name, value in new.items()
    )
    pinned = dict.fromkeys((*ticket.pinned, *(name for name in new if name in PINNABLE)))
    ticket = ticket.model_copy(update={**new, "pinned": tuple(pinned)})
    ticket, says = taken_up(ticket, command.actor, facts.at)
    return Decided(ticket, (FieldsChanged(changes=changes, actor=command.actor, **new), *says))


def rate(command: Rate, ticket: TicketState, facts: Facts) -> Decided:  # noqa: ARG001 - one shape for all
    """Rating again is allowed: the last word counts."""
    if ticket.spam:
        raise RefusedError("a ticket that was marked as spam is not rated")
    return Decided(ticket, (FeedbackReceived(score=command.score, comment=command.comment),))


def mark_spam(command: MarkSpam, ticket: TicketState, facts: Facts) -> Decided:
    ticket, says = moved(
        ticket, Status.CLOSED, actor=command.actor, at=facts.at, reason="marked as spam"
    )
    ticket = ticket.model_copy(update={"spam": True})
    return Decided(ticket, (TicketMarkedSpam(actor=command.actor), *says))


def _is_new(ticket: TicketState, name: str, value: object) -> bool:
    unpinned = name in PINNABLE and name not in ticket.pinned
    return unpinned or getattr(ticket, name) != value


def _shown(name: str, value: object) -> str | None:
    """As text; the subject is personal and stands only in the event's own field for it."""
    if value is None or name == "subject":
        return None
    if isinstance(value, str):
        return str(value)
    return ", ".join(map(str, value)) if isinstance(value, Iterable) else str(value)
