"""The ledger against the log, the mails and reporting's counters, when all is at rest."""

from dataclasses import dataclass
from typing import Any

from tests.bench.desk import Desk
from tests.bench.ledger import Balance, balance, once_each
from tests.bench.sink import mails
from tests.bench.story import Log


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The ledger against the log, the mails and reporting; every list should be empty."""

    balance: Balance
    torn: list[str]
    out_of_order: list[str]
    gaps: list[str]
    unmailed: tuple[str, ...]
    mailed_twice: tuple[str, ...]
    miscounted: list[str]

    @property
    def holds(self) -> bool:
        wrong = (self.torn, self.out_of_order, self.gaps, self.unmailed, self.miscounted)
        return self.balance.holds and not any(wrong) and not self.mailed_twice


async def reconciled(desk: Desk, log: Log) -> Reconciled:
    told = [each for ticket in log.tickets.values() for each in ticket.acknowledged_under]
    arrived = [message_id for _, message_id, _ in mails(desk.fleet.mails)]
    wanted = set(told)
    acknowledgements = once_each(told, (each for each in arrived if each in wanted))
    unacknowledged = [t.number or "?" for t in log.tickets.values() if not t.acknowledged_under]
    return Reconciled(
        balance=balance(desk.ledger, log.fates),
        torn=log.torn,
        out_of_order=log.out_of_order,
        gaps=log.gaps(),
        unmailed=(*acknowledgements.missing, *unacknowledged),
        mailed_twice=acknowledgements.repeated,
        miscounted=await miscounted(desk, log),
    )


async def miscounted(desk: Desk, log: Log) -> list[str]:
    """Where reporting's figures differ from a count of the log."""
    reporting = desk.database("reporting")
    wrong = []
    created = await total(reporting["rollups"], "created")
    if created != len(log.tickets):
        wrong.append(f"rollups count {created} created, the log has {len(log.tickets)}")
    assigned = await total(reporting["rollups"], "assigned")
    said = sum(ticket.times.get("TicketAssigned", 0) for ticket in log.tickets.values())
    if assigned != said:
        wrong.append(f"rollups count {assigned} assigned, the log has {said}")
    entries = await reporting["timeline"].estimated_document_count() - desk.stored_lines
    events = sum(ticket.events for ticket in log.tickets.values())
    if entries != events:
        wrong.append(f"the timeline has {entries} lines, the log {events} events")
    return wrong


async def total(rollups: Any, figure: str) -> int:
    """A figure's sum over all hours and partitions."""
    stages = [
        {"$match": {"dimension": "all"}},
        {"$group": {"_id": None, "sum": {"$sum": f"${figure}"}}},
    ]
    cursor = await rollups.aggregate(stages)
    rows = await cursor.to_list()
    return int(rows[0]["sum"]) if rows else 0
