"""Which status follows which, and with which event it is said."""

from collections.abc import Mapping
from datetime import datetime

from services.intake.domain.ticket import RefusedError, TicketState
from shared.contracts.fields import Actor, ActorKind, Status
from shared.contracts.ticket import (
    IntakeEvent,
    StatusChanged,
    TicketClosed,
    TicketReopened,
    TicketResolved,
)

WORKING = (Status.NEW, Status.OPEN, Status.IN_PROGRESS, Status.PENDING, Status.ON_HOLD)
WAITING = (Status.PENDING, Status.ON_HOLD)
OVER = (Status.RESOLVED, Status.CLOSED)

# What a reply, a command or a timer may do. Merge and spam close from any working status;
# only an unmerge leads out of closed, and a message where the policy says so.
MOVES: Mapping[Status, tuple[Status, ...]] = {
    Status.NEW: (
        Status.OPEN,
        Status.IN_PROGRESS,
        Status.PENDING,
        Status.ON_HOLD,
        Status.RESOLVED,
    ),
    Status.OPEN: (Status.IN_PROGRESS, Status.PENDING, Status.ON_HOLD, Status.RESOLVED),
    Status.IN_PROGRESS: (Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.RESOLVED),
    Status.PENDING: (
        Status.OPEN,
        Status.IN_PROGRESS,
        Status.ON_HOLD,
        Status.RESOLVED,
        Status.CLOSED,
    ),
    Status.ON_HOLD: (Status.OPEN, Status.IN_PROGRESS, Status.PENDING, Status.RESOLVED),
    Status.RESOLVED: (
        Status.OPEN,
        Status.IN_PROGRESS,
        Status.PENDING,
        Status.ON_HOLD,
        Status.CLOSED,
    ),
    Status.CLOSED: (),
}
REQUESTERS_MOVES: Mapping[Status, tuple[Status, ...]] = {
    **dict.fromkeys(WORKING, (Status.RESOLVED,)),
    Status.PENDING: (Status.OPEN, Status.RESOLVED),
    Status.RESOLVED: (Status.OPEN,),
    Status.CLOSED: (),
}


def check_move(old: Status, new: Status, actor: Actor) -> None:
    """Raises RefusedError with what this actor can do instead."""
    moves = REQUESTERS_MOVES if actor.kind is ActorKind.REQUESTER else MOVES
    if new in moves[old]:
        return
    if new is old:
        raise RefusedError(f"the ticket is {old} already")
    allowed = ", ".join(moves[old])
    who = " for its requester" if actor.kind is ActorKind.REQUESTER else ""
    then = f"it can become {allowed}" if allowed else "a new message opens a follow-up ticket"
    raise RefusedError(f"a ticket that is {old} does not become {new}{who}: {then}")


def moved(
    ticket: TicketState,
    new: Status,
    *,
    actor: Actor,
    at: datetime,
    reason: str | None = None,
    resolution: str | None = None,
    root_cause: str | None = None,
) -> tuple[TicketState, tuple[IntakeEvent, ...]]:
    """The ticket in its new status, and what is said of that; nothing where it is there already.

    Out of resolved and closed it is reopened first, and goes on from open.
    """
    old = ticket.status
    if new is old:
        return ticket, ()
    update: dict[str, object] = {"status": new, "status_at": at}
    says: tuple[IntakeEvent, ...]
    if new is Status.RESOLVED:
        says = (
            TicketResolved(
                old=old,
                actor=actor,
                resolution=resolution,
                root_cause=root_cause,
                automatic=actor.kind is ActorKind.SYSTEM,
            ),
        )
    elif new is Status.CLOSED:
        says = (TicketClosed(old=old, actor=actor, reason=reason or f"by {actor.kind}"),)
    elif old in OVER:
        update["reopens"] = ticket.reopens + 1
        says = _reopened(old, new, actor, reason or f"by {actor.kind}", ticket.reopens + 1)
    else:
        says = (StatusChanged(old=old, new=new, actor=actor, reason=reason),)
    return ticket.model_copy(update=update), says


def _reopened(
    old: Status, new: Status, actor: Actor, reason: str, reopens: int
) -> tuple[IntakeEvent, ...]:
    reopened = TicketReopened(old=old, actor=actor, reason=reason, reopens=reopens)
    if new is Status.OPEN:
        return (reopened,)
    return (reopened, StatusChanged(old=Status.OPEN, new=new, actor=actor, reason=reason))


def taken_up(
    ticket: TicketState, actor: Actor, at: datetime
) -> tuple[TicketState, tuple[IntakeEvent, ...]]:
    """A human of ours did something to it: from then on it is no longer new."""
    if ticket.status is not Status.NEW or actor.kind is not ActorKind.AGENT:
        return ticket, ()
    return moved(ticket, Status.OPEN, actor=actor, at=at, reason="an agent took it up")
