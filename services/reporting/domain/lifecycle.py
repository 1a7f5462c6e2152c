"""What becomes of a ticket: status, fields, resolution and end, merging, spam, import."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.reporting.domain.figures import Flow, Fold
from services.reporting.domain.promises import cancel, reopen
from services.reporting.domain.report import PersonalPart, TicketReport
from shared.contracts.fields import Actor, ActorKind
from shared.contracts.message import Message
from shared.contracts.sla import Metric
from shared.contracts.ticket import (
    CommandRejected,
    FieldsChanged,
    StatusChanged,
    TicketClosed,
    TicketImported,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketResolved,
    TicketUnmerged,
)

EXCHANGES = tuple(
    metric.value for metric in (Metric.NEXT_RESPONSE, Metric.INTERNAL_NEXT_RESPONSE, Metric.UPDATE)
)
"""What a resolved ticket awaits no more; sla lets it go without a word."""


def imported(data: TicketImported, at: datetime) -> TicketReport:
    return TicketReport(
        number=data.number,
        channel=data.channel,
        customer_id=data.requester.customer_id,
        organisation=data.requester.organisation,
        tier=data.requester.tier.value,
        vip=data.requester.vip,
        personal=PersonalPart(subject=data.subject, requester_name=data.requester.name),
        category=data.category,
        priority=data.priority.value if data.priority else None,
        status=data.status.value,
        status_since=at,
        created_at=data.opened_at,
        updated_at=at,
        first_resolved_at=data.resolved_at,
        resolved_at=data.resolved_at,
        closed_at=data.resolved_at if data.status == "closed" else None,
        imported=True,
    )


def on_status_changed(report: TicketReport, data: StatusChanged, at: datetime) -> Sequence[Flow]:
    report.move_to(data.new.value, at)
    return ()


def on_resolved(report: TicketReport, data: TicketResolved, at: datetime) -> Sequence[Flow]:
    report.move_to("resolved", at)
    report.first_resolved_at = report.first_resolved_at or at
    report.resolved_at = at
    report.resolved_by = _agent(data.actor) or report.last_agent
    report.awaiting_reply_since = None
    cancel(report, EXCHANGES)
    under = report.dimensions(agent=report.resolved_by)
    return [Flow(at, {"resolved": 1, "resolved_automatically": int(data.automatic)}, under)]


def on_reopened(report: TicketReport, data: TicketReopened, at: datetime) -> Sequence[Flow]:
    under = report.dimensions(agent=report.resolved_by)
    if report.status in {"resolved", "closed"}:
        report.move_to("open", at)
    report.reopens = data.reopens
    report.resolved_at = report.resolved_by = report.closed_at = None
    report.resolution_business_seconds = None
    reopen(report)
    return [Flow(at, {"reopened": 1}, under)]


def on_closed(report: TicketReport, _data: TicketClosed, at: datetime) -> Sequence[Flow]:
    report.move_to("closed", at)
    report.closed_at = at
    cancel(report, report.clocks.keys())
    report.awaiting_reply_since = None
    return [Flow(at, {"closed": 1}, report.dimensions())]


def on_fields_changed(report: TicketReport, data: FieldsChanged, _at: datetime) -> Sequence[Flow]:
    report.category = data.category or report.category
    report.priority = data.priority.value if data.priority else report.priority
    report.type = data.type.value if data.type else report.type
    if data.tags is not None:
        report.tags = list(data.tags)
    if data.subject is not None:
        report.personal.subject = data.subject
    if data.requester is not None:
        report.customer_id = data.requester.customer_id
        report.organisation = data.requester.organisation
        report.tier, report.vip = data.requester.tier.value, data.requester.vip
        report.personal.requester_name = data.requester.name
    return ()


def on_merged(report: TicketReport, data: TicketMerged, at: datetime) -> Sequence[Flow]:
    if data.side == "target":
        return ()
    report.merged_into = data.other
    return [Flow(at, {"merged": 1}, report.dimensions())]


def on_unmerged(report: TicketReport, data: TicketUnmerged, at: datetime) -> Sequence[Flow]:
    if data.side == "target":
        return ()
    report.merged_into = None
    return [Flow(at, {"unmerged": 1}, report.dimensions())]


def on_spam(report: TicketReport, _data: TicketMarkedSpam, at: datetime) -> Sequence[Flow]:
    report.spam = True
    return [Flow(at, {"spam": 1}, report.dimensions())]


def on_rejected(report: TicketReport, _data: CommandRejected, at: datetime) -> Sequence[Flow]:
    return [Flow(at, {"commands_rejected": 1}, report.dimensions())]


def _agent(actor: Actor) -> str | None:
    return actor.id if actor.kind is ActorKind.AGENT else None


FOLDS: Mapping[type[Message], Fold] = {
    StatusChanged: on_status_changed,
    TicketResolved: on_resolved,
    TicketReopened: on_reopened,
    TicketClosed: on_closed,
    FieldsChanged: on_fields_changed,
    TicketMerged: on_merged,
    TicketUnmerged: on_unmerged,
    TicketMarkedSpam: on_spam,
    CommandRejected: on_rejected,
}
