"""Who wrote when: openings, replies and notes, and how long the other side waited."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.reporting.domain.figures import Flow, Fold
from services.reporting.domain.report import PersonalPart, Rating, TicketReport
from services.reporting.domain.spread import measured
from shared.contracts.message import Message
from shared.contracts.ticket import (
    AgentReplied,
    CustomerReplied,
    DeliveryFailed,
    FeedbackReceived,
    NoteAdded,
    TicketCreated,
)


def created(data: TicketCreated, at: datetime) -> TicketReport:
    return TicketReport(
        number=data.number,
        channel=data.channel,
        mailbox=data.mailbox,
        brand=data.brand,
        customer_id=data.requester.customer_id,
        organisation=data.requester.organisation,
        tier=data.requester.tier.value,
        vip=data.requester.vip,
        personal=PersonalPart(subject=data.subject, requester_name=data.requester.name),
        tags=list(data.tags),
        status="new",
        status_since=at,
        created_at=at,
        updated_at=at,
        follow_up_of=data.follow_up_of,
        split_from=data.split_from,
    )


def on_created(report: TicketReport, data: TicketCreated, at: datetime) -> Sequence[Flow]:
    if data.automatic is not None:
        report.turns.automatic += 1
        return [Flow(at, {"automatic_messages": 1}, report.dimensions())]
    report.turns.requester += 1
    report.awaiting_reply_since = at
    return [Flow(at, {"messages": 1}, report.dimensions())]


def on_customer_replied(report: TicketReport, data: CustomerReplied, at: datetime) -> list[Flow]:
    report.move_to(data.status.value, at)
    if data.automatic is not None:
        report.turns.automatic += 1
        return [Flow(at, {"automatic_messages": 1}, report.dimensions())]
    report.turns.requester += 1
    report.awaiting_reply_since = report.awaiting_reply_since or at
    return [Flow(at, {"messages": 1}, report.dimensions())]


def on_agent_replied(report: TicketReport, data: AgentReplied, at: datetime) -> list[Flow]:
    """Only a human's public answer ends a wait: a bot's is counted, but answers nothing."""
    report.move_to(data.status.value, at)
    if not data.human:
        report.turns.bot += 1
        return [Flow(at, {"bot_replies": 1}, report.dimensions())]
    report.turns.agent += 1
    under = report.dimensions(agent=data.actor.id)
    flows = [Flow(at, {"replies": 1}, under)]
    if report.first_response_at is None:
        report.first_response_at, report.first_response_by = at, data.actor.id
    elif report.awaiting_reply_since is not None:
        waited = at - report.awaiting_reply_since
        flows.append(Flow(at, measured("next_response", waited), under))
    report.awaiting_reply_since = None
    return flows


def on_note_added(report: TicketReport, data: NoteAdded, at: datetime) -> list[Flow]:
    report.turns.notes += 1
    return [Flow(at, {"notes": 1}, report.dimensions(agent=data.actor.id))]


def on_delivery_failed(report: TicketReport, data: DeliveryFailed, at: datetime) -> list[Flow]:
    report.turns.automatic += 1
    return [Flow(at, {"bounced": 1, "bounced_hard": int(data.hard)}, report.dimensions())]


def on_feedback(report: TicketReport, data: FeedbackReceived, at: datetime) -> list[Flow]:
    """The last rating of a ticket counts: one before it is taken back where it was counted."""
    flows = []
    if report.rating is not None and report.score is not None:
        before = {"ratings": -1, "score_sum": -report.score}
        flows.append(Flow(report.rating.at, before, report.rating.under))
    report.score, report.rating = data.score, Rating(at=at, under=report.dimensions())
    return [*flows, Flow(at, {"ratings": 1, "score_sum": data.score}, report.rating.under)]


FOLDS: Mapping[type[Message], Fold] = {
    TicketCreated: on_created,
    CustomerReplied: on_customer_replied,
    AgentReplied: on_agent_replied,
    NoteAdded: on_note_added,
    DeliveryFailed: on_delivery_failed,
    FeedbackReceived: on_feedback,
}
