"""Every event of the log is told in its ticket's timeline and counted once."""

from collections.abc import Sequence

from services.reporting.domain.figures import NOTHING, Standing, standing
from services.reporting.domain.folding import fold, opened, without_ticket
from services.reporting.domain.report import TicketReport
from services.reporting.store.writing import (
    Totals,
    agent_document,
    customer_document,
    write_entry,
)
from shared.contracts.message import Message
from shared.contracts.people import AgentRemoved, AgentUpdated, CustomerRemoved, CustomerUpdated
from shared.kit.unit import Batch, Entity, Handler, Heard, Outgoing, Transaction


class Reporter(Handler[TicketReport]):
    """Keeps nothing in memory; says nothing."""

    async def handle(self, batch: Batch[TicketReport], tx: Transaction) -> Sequence[Outgoing]:
        totals = Totals()
        before: dict[str, Standing] = {}
        for heard in batch.inputs:
            if not isinstance(heard.data, Message) or _of_people(heard.data, tx):
                continue
            entity = batch.entity(heard)
            if entity.subject not in before:
                before[entity.subject] = _standing(entity)
            _hear(heard, heard.data, entity, totals, tx)
        for subject, counted in before.items():
            entity = batch.entities[subject]
            totals.moved(entity.at.number, counted, _standing(entity))
        totals.write(tx)
        return ()


def _hear(
    heard: Heard, data: Message, entity: Entity[TicketReport], totals: Totals, tx: Transaction
) -> None:
    report = entity.state = entity.state or opened(data, heard.time)
    if report is None:
        totals.happened(heard.at.number, without_ticket(data, heard.time))
        return
    flows = fold(report, data, heard.time)
    for flow in flows:
        totals.happened(heard.at.number, flow)
    write_entry(tx, heard, report, data, flows)


def _standing(entity: Entity[TicketReport]) -> Standing:
    return standing(entity.state) if entity.state is not None else NOTHING


def _of_people(data: Message, tx: Transaction) -> bool:
    match data:
        case AgentUpdated():
            tx.put("agents", agent_document(data))
        case AgentRemoved():
            tx.drop("agents", data.agent_id)
        case CustomerUpdated():
            tx.put("customers", customer_document(data))
        case CustomerRemoved():
            tx.drop("customers", data.customer_id)
        case _:
            return False
    return True
