"""What an event changes in what we know of a ticket, and which occasions to write it gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from services.notifier.domain.guards import Reason
from services.notifier.domain.notices import Event
from services.notifier.domain.thread import extended, message_id_of
from services.notifier.domain.ticket import Acknowledgement, NotifiedTicket
from shared.contracts.assignment import TicketAssigned, TicketEscalated, TicketUnassigned
from shared.contracts.fields import MessageBody, Status, reveal
from shared.contracts.message import Message
from shared.contracts.sla import Metric, SlaBreached, SlaTargetsSet, SlaWarning, SurveyDue
from shared.contracts.ticket import (
    AgentReplied,
    CustomerReplied,
    DeliveryFailed,
    FieldsChanged,
    TicketClosed,
    TicketCreated,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketResolved,
)
from shared.contracts.triage import TicketTriaged

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that somebody may have to be told. `facts` is what the templates see of it.

    `held` is why it is not told at all, where the story itself says so. `human` marks an agent's
    own words: only what makes sending senseless holds those back.
    """

    event: Event
    facts: Mapping[str, Any] = field(default_factory=dict)
    agent_id: str | None = None
    on_call: str | None = None
    message: MessageBody | None = None
    human: bool = False
    held: Reason | None = None


Occasions = tuple[Occasion, ...]


def open_ticket(
    created: TicketCreated, at: datetime, wait: timedelta
) -> tuple[NotifiedTicket, Occasions]:
    """The acknowledgement waits for the promise (`SlaTargetsSet`), but not longer than `wait`."""
    ticket = NotifiedTicket(
        number=created.number,
        channel=created.channel,
        subject=created.subject,
        requester=created.requester,
        mailbox=created.mailbox,
        brand=created.brand,
        automatic=created.automatic is not None,
        priority=created.priority,
        thread=extended((), message_id_of(created.message)),
    )
    if created.automatic is not None:
        return ticket, (_unacknowledged(Reason.AUTOMATIC_SENDER),)
    if not created.acknowledge:
        return ticket, (_unacknowledged(Reason.NOT_WANTED),)
    ticket.acknowledgement = Acknowledgement.WAITING
    ticket.acknowledge_at = at + wait
    return ticket, ()


def hear(ticket: NotifiedTicket, event: Message, cause: str | None) -> Occasions:
    """Changes the ticket. `cause` is the id of the command or event that led to this one."""
    heard = HEARS.get(type(event))
    return heard(ticket, event, cause) if heard else ()


def stop_waiting(ticket: NotifiedTicket) -> Occasions:
    """No promise came in time: acknowledge without one."""
    return _acknowledge(ticket, {"promise": None})


def on_targets_set(ticket: NotifiedTicket, event: SlaTargetsSet, _: str | None) -> Occasions:
    promises = [t.due_at for t in event.targets if t.metric is Metric.FIRST_RESPONSE and t.due_at]
    return _acknowledge(ticket, {"promise": promises[0] if promises else None})


def on_triaged(ticket: NotifiedTicket, event: TicketTriaged, _: str | None) -> Occasions:
    ticket.language = event.language or ticket.language
    ticket.priority = event.priority
    return ()


def on_fields_changed(ticket: NotifiedTicket, event: FieldsChanged, _: str | None) -> Occasions:
    ticket.priority = event.priority or ticket.priority
    ticket.subject = event.subject or ticket.subject
    ticket.requester = event.requester or ticket.requester
    return ()


def on_customer_replied(ticket: NotifiedTicket, event: CustomerReplied, _: str | None) -> Occasions:
    if event.automatic is None and event.participant:
        ticket.thread = extended(ticket.thread, message_id_of(event.message))
        ticket.automatic = False
    return ()


def on_agent_replied(ticket: NotifiedTicket, event: AgentReplied, cause: str | None) -> Occasions:
    resolved = event.status is Status.RESOLVED
    ticket.resolved_by = cause if resolved else None
    reply = Occasion(
        Event.AGENT_REPLIED,
        facts={
            "text": reveal(event.message.text),
            "html": event.message.html if isinstance(event.message.html, str) else None,
            "resolved": resolved,
        },
        message=event.message,
        human=event.human,
    )
    return (*_overtaken(ticket, Reason.ANSWERED), reply)


def on_resolved(ticket: NotifiedTicket, event: TicketResolved, cause: str | None) -> Occasions:
    said = cause is not None and ticket.resolved_by == cause
    resolved = Occasion(
        Event.TICKET_RESOLVED,
        facts={"resolution": event.resolution, "by_itself": event.automatic},
        held=Reason.SAID_IN_REPLY if said else None,
    )
    return (*_overtaken(ticket, Reason.ANSWERED), resolved)


def on_survey_due(_: NotifiedTicket, event: SurveyDue, __: str | None) -> Occasions:
    return (Occasion(Event.SURVEY_DUE, {"resolved": event.resolved_at}),)


def on_reopened(ticket: NotifiedTicket, _: TicketReopened, __: str | None) -> Occasions:
    ticket.resolved_by = None
    return ()


def on_closed(ticket: NotifiedTicket, _: TicketClosed, __: str | None) -> Occasions:
    return _overtaken(ticket, Reason.ANSWERED)


def on_marked_spam(ticket: NotifiedTicket, _: TicketMarkedSpam, __: str | None) -> Occasions:
    ticket.spam = True
    return _overtaken(ticket, Reason.SPAM)


def on_merged(ticket: NotifiedTicket, event: TicketMerged, _: str | None) -> Occasions:
    return _overtaken(ticket, Reason.MERGED) if event.side == "source" else ()


def on_assigned(ticket: NotifiedTicket, event: TicketAssigned, _: str | None) -> Occasions:
    ticket.owner = event.agent_id
    ticket.priority = event.priority
    facts = {"queue": event.queue, "reason": event.decision.reason, "by_hand": event.by_hand}
    return (Occasion(Event.TICKET_ASSIGNED, facts, agent_id=event.agent_id),)


def on_unassigned(ticket: NotifiedTicket, event: TicketUnassigned, _: str | None) -> Occasions:
    if ticket.owner == event.agent_id:
        ticket.owner = None
    return ()


def on_escalated(ticket: NotifiedTicket, event: TicketEscalated, _: str | None) -> Occasions:
    facts = {
        "level": event.level,
        "queue": event.queue,
        "reason": event.reason,
        "due": event.due_at,
    }
    agent_id = event.agent_id or ticket.owner
    on_call = event.on_call if event.on_call != agent_id else None
    return (Occasion(Event.TICKET_ESCALATED, facts, agent_id=agent_id, on_call=on_call),)


def on_warning(ticket: NotifiedTicket, event: SlaWarning, _: str | None) -> Occasions:
    facts = {"metric": event.metric.value, "level": event.level, "due": event.due_at}
    return (Occasion(Event.SLA_WARNING, facts, agent_id=ticket.owner),)


def on_breached(ticket: NotifiedTicket, event: SlaBreached, _: str | None) -> Occasions:
    facts = {"metric": event.metric.value, "due": event.breached_at}
    return (Occasion(Event.SLA_BREACHED, facts, agent_id=ticket.owner),)


def on_delivery_failed(ticket: NotifiedTicket, event: DeliveryFailed, _: str | None) -> Occasions:
    """A soft bounce may still arrive: nobody can do anything about it yet."""
    if not event.hard:
        return ()
    facts = {"error": event.status, "template": None}
    return (Occasion(Event.DELIVERY_FAILED, facts, agent_id=ticket.owner),)


def gave_up(ticket: NotifiedTicket, template: str, error: str) -> Occasions:
    """A mail to the requester was given up: whoever relies on it must know."""
    facts = {"error": error, "template": template}
    return (Occasion(Event.NOTIFICATION_FAILED, facts, agent_id=ticket.owner),)


def _acknowledge(ticket: NotifiedTicket, facts: Mapping[str, Any]) -> Occasions:
    if ticket.acknowledgement is not Acknowledgement.WAITING:
        return ()
    _settle(ticket)
    return (Occasion(Event.TICKET_CREATED, facts),)


def _overtaken(ticket: NotifiedTicket, reason: Reason) -> Occasions:
    if ticket.acknowledgement is not Acknowledgement.WAITING:
        return ()
    _settle(ticket)
    return (_unacknowledged(reason),)


def _unacknowledged(reason: Reason) -> Occasion:
    return Occasion(Event.TICKET_CREATED, {"promise": None}, held=reason)


def _settle(ticket: NotifiedTicket) -> None:
    ticket.acknowledgement = Acknowledgement.SETTLED
    ticket.acknowledge_at = None


HEARS: dict[type[Message], Callable[[NotifiedTicket, Any, str | None], Occasions]] = {
    AgentReplied: on_agent_replied,
    CustomerReplied: on_customer_replied,
    DeliveryFailed: on_delivery_failed,
    FieldsChanged: on_fields_changed,
    SlaBreached: on_breached,
    SlaTargetsSet: on_targets_set,
    SlaWarning: on_warning,
    SurveyDue: on_survey_due,
    TicketAssigned: on_assigned,
    TicketClosed: on_closed,
    TicketEscalated: on_escalated,
    TicketMarkedSpam: on_marked_spam,
    TicketMerged: on_merged,
    TicketReopened: on_reopened,
    TicketResolved: on_resolved,
    TicketTriaged: on_triaged,
    TicketUnassigned: on_unassigned,
}
