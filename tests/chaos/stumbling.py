"""Triage with a bug: a ticket whose subject holds a certain text makes its handler fail."""

from services.triage.domain.ticket import TriageState
from services.triage.handlers import TriageHandler
from shared.contracts.ticket import TicketCreated
from shared.kit.unit import Batch, Said, Transaction


def stumble_over(text: str) -> None:
    sound = TriageHandler.handle

    async def handle(
        handler: TriageHandler, batch: Batch[TriageState], tx: Transaction
    ) -> list[Said]:
        for heard in batch.inputs:
            if isinstance(heard.data, TicketCreated) and text in str(heard.data.subject):
                raise ZeroDivisionError("the planted bug")
        return await sound(handler, batch, tx)

    TriageHandler.handle = handle  # type: ignore[method-assign,assignment]
