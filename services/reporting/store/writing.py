"""What a batch writes: timeline, messages, people, and the counters' increments, once each."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from services.reporting.domain.figures import Cell, Counts, Flow, Standing, count, move
from services.reporting.domain.report import TicketReport
from services.reporting.domain.telling import tell, teller_of
from shared.contracts.fields import MessageBody, Personal, reveal
from shared.contracts.message import Message
from shared.contracts.people import AgentUpdated, CustomerUpdated
from shared.contracts.sla import SlaEvent
from shared.contracts.ticket import (
    AgentReplied,
    CustomerReplied,
    DeliveryFailed,
    FeedbackReceived,
    NoteAdded,
    TicketCreated,
)
from shared.kit.unit import Document, Heard, Transaction

LONGEST_SHOWN = 65_536


class Totals:
    """A batch's changes of all counters, by partition: added up, then written at once."""

    def __init__(self) -> None:
        self._by_partition: dict[int, Counts] = defaultdict(dict)

    def happened(self, partition: int, flow: Flow) -> None:
        count(self._by_partition[partition], flow)

    def moved(self, partition: int, before: Standing, after: Standing) -> None:
        move(self._by_partition[partition], before, after)

    def write(self, tx: Transaction) -> None:
        for partition, counts in self._by_partition.items():
            for cell, amounts in counts.items():
                _write_cell(tx, partition, cell, amounts)


def _write_cell(tx: Transaction, partition: int, cell: Cell, amounts: dict[str, int]) -> None:
    changed = {name: amount for name, amount in amounts.items() if amount}
    if not changed:
        return
    fixed: dict[str, Any] = {
        "partition": partition,
        "dimension": cell.dimension,
        "value": cell.value,
    }
    if cell.hour is None:
        tx.add("boards", f"{partition}|{cell.dimension}|{cell.value}", changed, fixed)
        return
    fixed["hour"] = cell.hour
    hour = f"{cell.hour:%Y-%m-%dT%H}"
    tx.add("rollups", f"{partition}|{hour}|{cell.dimension}|{cell.value}", changed, fixed)


def write_entry(
    tx: Transaction, heard: Heard, report: TicketReport, data: Message, flows: list[Flow]
) -> None:
    """The next line of the ticket's story, and its message's text beside it."""
    entry_id = f"{heard.subject}:{report.entries:06d}"
    tx.insert("timeline", _entry(entry_id, heard, report, data, flows))
    message = _message(data)
    if message is not None:
        tx.insert(
            "messages", {"_id": entry_id, "ticket": heard.subject, "at": heard.time, **message}
        )


def _entry(
    entry_id: str, heard: Heard, report: TicketReport, data: Message, flows: list[Flow]
) -> Document:
    line = tell(data)
    entry: Document = {
        "_id": entry_id,
        "ticket": heard.subject,
        "number": report.number,
        "at": heard.time,
        "type": type(data).__name__,
        "who": teller_of(data),
        "text": line.text,
        "event_id": heard.envelope.id,
        "counts": [counted for flow in flows for counted in _counted(flow)],
    }
    optional = {"why": line.why, "words": line.words, "cause_id": heard.envelope.causation}
    if isinstance(data, SlaEvent):
        optional["metric"] = getattr(data, "metric", None)
    return entry | {name: value for name, value in optional.items() if value}


def _counted(flow: Flow) -> Iterator[Document]:
    """What this line added to the rollups, so that each figure leads back to its tickets."""
    under = dict(flow.under.known())
    for name, amount in flow.amounts.items():
        if amount and not name.endswith(".sum_ms") and ".buckets." not in name:
            yield {"figure": name, "times": amount, "at": flow.at, **under}


def _message(data: Message) -> Document | None:
    match data:
        case TicketCreated() | CustomerReplied():
            side = "automatic" if data.automatic else "requester"
            return _text(data.message, side=side, public=True)
        case AgentReplied():
            return _text(data.message, side="agent" if data.human else "bot", public=True)
        case NoteAdded():
            return _text(data.message, side="note", public=False)
        case DeliveryFailed():
            return _text(data.message, side="automatic", public=False)
        case FeedbackReceived(comment=comment) if comment is not None:
            return {
                "side": "requester",
                "public": True,
                "text": _kept(comment),
                "channel": "survey",
            }
        case _:
            return None


def _text(body: MessageBody, *, side: str, public: bool) -> Document:
    text = body.text if body.new_text is None else body.new_text
    return {
        "side": side,
        "public": public,
        "channel": body.channel,
        "text": _kept(text),
        "cut": len(reveal(text)) > LONGEST_SHOWN,
        "attachments": [
            {
                "filename": _kept(attachment.filename),
                "content_type": attachment.content_type,
                "size": attachment.size,
            }
            for attachment in body.attachments
            if not attachment.inline
        ],
    }


def _kept(text: Personal) -> Any:
    """Sealed text stays sealed here too, so that its key's end is the end of it everywhere."""
    return text[:LONGEST_SHOWN] if isinstance(text, str) else text.model_dump()


def agent_document(data: AgentUpdated) -> Document:
    document = data.model_dump(exclude={"agent_id", "address", "name", "skills"})
    return {
        "_id": data.agent_id,
        "personal": {"name": _kept(data.name)},
        # Skills are named by people: as keys they could hold a dot or a dollar sign.
        "skills": [{"name": name, "level": level} for name, level in sorted(data.skills.items())],
        **document,
    }


def customer_document(data: CustomerUpdated) -> Document:
    """Only what figures are broken down by: neither name nor address."""
    kept = {"organisation", "tier", "vip", "locale", "time_zone", "contract"}
    return {"_id": data.customer_id, **data.model_dump(include=kept)}
