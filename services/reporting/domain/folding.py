"""How a ticket's report changes with each event of its log, and what that counts as."""

from collections.abc import Mapping
from datetime import datetime

from services.reporting.domain import conversation, handling, lifecycle, promises
from services.reporting.domain.figures import Flow, Fold
from services.reporting.domain.report import Dimensions, TicketReport
from shared.contracts.message import Message
from shared.contracts.ticket import (
    MessageDropped,
    MessageHeld,
    MessageRejected,
    TicketCreated,
    TicketImported,
)

FOLDS: Mapping[type[Message], Fold] = {
    **conversation.FOLDS,
    **lifecycle.FOLDS,
    **handling.FOLDS,
    **promises.FOLDS,
}


def opened(data: Message, at: datetime) -> TicketReport | None:
    """The report of a ticket that this event brings into being; None: it brings none."""
    if isinstance(data, TicketCreated):
        return conversation.created(data, at)
    if isinstance(data, TicketImported):
        return lifecycle.imported(data, at)
    return None


def fold(report: TicketReport, data: Message, at: datetime) -> list[Flow]:
    """Changes the report and returns what happened, to be counted once."""
    was_live = report.live and report.entries > 0
    change = FOLDS.get(type(data))
    flows = list(change(report, data, at)) if change is not None else []
    report.updated_at = at
    report.entries += 1
    report.settle()
    if report.live != was_live:
        backlog = 1 if report.live else -1
        flows.append(Flow(at, {"backlog": backlog}, Dimensions(channel=report.channel)))
    return flows


def without_ticket(data: Message, at: datetime) -> Flow:
    """What counts although there is no ticket: input that became none, or a log without its head.

    The second is `orphaned`: its ticket's creation was never heard.
    """
    if isinstance(data, MessageHeld):
        return Flow(at, {"held": 1}, Dimensions(channel=data.channel))
    if isinstance(data, MessageRejected):
        return Flow(at, {"rejected": 1}, Dimensions(channel=data.channel))
    if isinstance(data, MessageDropped):
        return Flow(at, {"dropped": 1}, Dimensions(channel=data.channel))
    return Flow(at, {"orphaned": 1})
