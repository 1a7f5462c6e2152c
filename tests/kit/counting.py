"""A small stage for the kit's tests: it counts what it hears, and says so."""

from collections.abc import Sequence
from datetime import timedelta

from pydantic import BaseModel

from shared.contracts.fields import Actor, ActorKind, Priority, TicketType
from shared.contracts.ticket import FeedbackReceived, NoteAdded, TicketMarkedSpam
from shared.contracts.topics import TICKET_EVENTS
from shared.contracts.triage import TicketTriaged
from shared.kit.unit import Batch, Due, Handler, Outgoing, Said, Stage, Transaction

SYSTEM = Actor(kind=ActorKind.SYSTEM, id="test")


class Count(BaseModel):
    heard: int = 0
    fired: int = 0
    scores: int = 0


COUNTING: Stage[Count] = Stage(
    name="counting",
    writer="triage",
    topics=(TICKET_EVENTS,),
    hears=(FeedbackReceived, NoteAdded),
    entities="counts",
    state=Count,
    max_records=10,
)


def said(category: str) -> TicketTriaged:
    return TicketTriaged(
        category=category,
        confidence=1,
        type=TicketType.QUESTION,
        impact="low",
        urgency="low",
        priority=Priority.LOW,
        rules_version="test",
    )


class Counting(Handler[Count]):
    """A score of 5 spoils the handler while `broken`, a comment of "later" sets a timer."""

    def __init__(self, delay: timedelta = timedelta(hours=1)) -> None:
        self.delay = delay
        self.broken = False
        self.forgotten = 0
        self.batches: list[int] = []

    async def handle(self, batch: Batch[Count], tx: Transaction) -> Sequence[Outgoing]:
        self.batches.append(len(batch.inputs))
        outgoing: list[Outgoing] = []
        for heard in batch.inputs:
            entity = batch.entity(heard)
            entity.state = entity.state or Count()
            if isinstance(heard.data, Due):
                entity.state = entity.state.model_copy(update={"fired": entity.state.fired + 1})
                outgoing.append(Said(said(self.fired(entity.state)), heard))
                continue
            if isinstance(heard.data, FeedbackReceived):
                if heard.data.score == 5 and self.broken:
                    raise RuntimeError("a score that is too good to be true")
                if heard.data.score == 4 and self.broken:
                    tx.reject(heard, "four is no opinion")
                    continue
                entity.state.scores += heard.data.score
                if heard.data.comment == "later":
                    entity.set_timer("later", heard.time + self.delay)
            entity.state.heard += 1
            tx.add("totals", str(heard.at), {"heard": 1, "by.score": 1})
            outgoing.append(Said(said(f"{entity.state.heard}"), heard))
        return outgoing

    def fired(self, _: Count) -> str:
        return "fired"

    def forget(self) -> None:
        self.forgotten += 1


__all__ = ["COUNTING", "SYSTEM", "Count", "Counting", "TicketMarkedSpam", "said"]
