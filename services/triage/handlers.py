"""What triage does with each event of a ticket: judge, remember, say."""

from prometheus_client import Counter

from services.triage.domain.ticket import TriageState
from services.triage.domain.triage import Decided, Triage
from shared.contracts.ticket import CustomerReplied, FieldsChanged, TicketCreated
from shared.kit.unit import Batch, Handler, Heard, Said, Transaction

TICKETS = Counter(
    "deskstream_triage_tickets_total",
    "Tickets triaged for the first time, by the category and priority they got",
    ["category", "priority"],
)


class TriageHandler(Handler[TriageState]):
    def __init__(self, triage: Triage) -> None:
        self._triage = triage

    def use(self, triage: Triage) -> None:
        """From the next batch on, judge by these rules."""
        self._triage = triage

    @property
    def rules_version(self) -> str:
        return self._triage.version

    async def handle(self, batch: Batch[TriageState], tx: Transaction) -> list[Said]:
        triage = self._triage
        said = []
        for heard in batch.inputs:
            entity = batch.entity(heard)
            decided = _decide(triage, entity.state, heard)
            if decided is None:
                continue
            if entity.state is None and decided.said is not None:
                tx.after_commit(TICKETS.labels(decided.said.category, decided.said.priority).inc)
            entity.state = decided.state
            if decided.said is not None:
                said.append(Said(decided.said, heard))
        return said


def _decide(triage: Triage, state: TriageState | None, heard: Heard) -> Decided | None:
    """None: of a ticket whose beginning was never heard there is nothing to judge."""
    match heard.data:
        case TicketCreated() as created:
            return triage.first(created)
        case CustomerReplied() as replied if state is not None:
            return triage.on_reply(state, replied)
        case FieldsChanged() as changed if state is not None:
            return triage.on_fields(state, changed)
    return None
