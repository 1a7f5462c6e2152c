"""What the desk does with a ticket: triage, queue, owner, escalation, and whom it told."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from services.reporting.domain.figures import Flow, Fold
from services.reporting.domain.report import TicketReport
from services.reporting.domain.spread import measured
from shared.contracts.assignment import (
    TicketAssigned,
    TicketEscalated,
    TicketQueued,
    TicketUnassigned,
)
from shared.contracts.message import Message
from shared.contracts.notification import (
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
)
from shared.contracts.triage import TicketTriaged


def on_triaged(report: TicketReport, data: TicketTriaged, at: datetime) -> Sequence[Flow]:
    report.category, report.sub_category = data.category, data.sub_category
    report.confidence = data.confidence
    report.type, report.language = data.type.value, data.language
    report.product, report.tone = data.product, data.tone
    report.priority = data.priority.value
    report.tags = list(dict.fromkeys([*report.tags, *data.tags]))
    return [Flow(at, {"retriaged" if data.changes else "triaged": 1}, report.dimensions())]


def on_queued(report: TicketReport, data: TicketQueued, at: datetime) -> Sequence[Flow]:
    report.agent = None
    report.queue, report.pool = data.queue, data.pool
    report.queued_at = at
    return [Flow(at, {"queued": 1}, report.dimensions())]


def on_assigned(report: TicketReport, data: TicketAssigned, at: datetime) -> Sequence[Flow]:
    transfer = report.last_agent not in (None, data.agent_id)
    report.agent = report.last_agent = data.agent_id
    report.queue, report.pool = data.queue, data.pool
    report.queued_at = None
    report.assignments += 1
    report.transfers += int(transfer)
    report.first_assigned_at = report.first_assigned_at or at
    waited = measured("wait", timedelta(seconds=data.waited_seconds))
    amounts = {"assigned": 1, "transferred": int(transfer), "by_hand": int(data.by_hand), **waited}
    return [Flow(at, amounts, report.dimensions())]


def on_unassigned(report: TicketReport, data: TicketUnassigned, at: datetime) -> Sequence[Flow]:
    report.agent = None
    return [Flow(at, {"unassigned": 1}, report.dimensions(agent=data.agent_id))]


def on_escalated(report: TicketReport, data: TicketEscalated, at: datetime) -> Sequence[Flow]:
    flow = Flow(at, {"escalated": 1}, report.dimensions())
    report.escalation_level = max(report.escalation_level, data.level)
    report.queue = data.queue
    return [flow]


def on_sent(report: TicketReport, data: NotificationSent, at: datetime) -> Sequence[Flow]:
    report.told.sent += 1
    if report.acknowledged_at is None and _acknowledges(data):
        report.acknowledged_at = data.sent_at
    return [Flow(at, {"notifications.sent": 1}, report.dimensions())]


def on_failed(report: TicketReport, _data: NotificationFailed, at: datetime) -> Sequence[Flow]:
    report.told.failed += 1
    return [Flow(at, {"notifications.failed": 1}, report.dimensions())]


def on_suppressed(
    report: TicketReport, _data: NotificationSuppressed, at: datetime
) -> Sequence[Flow]:
    report.told.suppressed += 1
    return [Flow(at, {"notifications.suppressed": 1}, report.dimensions())]


def _acknowledges(data: NotificationSent) -> bool:
    return data.recipient.kind == "requester" and "acknowledg" in data.template


FOLDS: Mapping[type[Message], Fold] = {
    TicketTriaged: on_triaged,
    TicketQueued: on_queued,
    TicketAssigned: on_assigned,
    TicketUnassigned: on_unassigned,
    TicketEscalated: on_escalated,
    NotificationSent: on_sent,
    NotificationFailed: on_failed,
    NotificationSuppressed: on_suppressed,
}
