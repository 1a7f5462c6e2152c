"""The small world: two stages on one log, made to meet every part of the protocol quickly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from pydantic import BaseModel

from shared.contracts.envelope import Envelope, deterministic_id
from shared.contracts.fields import Actor, ActorKind, Priority, TicketType
from shared.contracts.message import Message, encode
from shared.contracts.ticket import FeedbackReceived, TicketMarkedSpam
from shared.contracts.topics import TICKET_EVENTS
from shared.contracts.triage import TicketTriaged
from shared.kit.letters import COLLECTION as LETTERS
from shared.kit.letters import redriven
from shared.kit.records import Publication
from shared.kit.unit import Batch, Due, Handler, Outgoing, Said, Stage, Transaction
from tests.simulation.counting_checks import DELAY, violations
from tests.simulation.groups import Process
from tests.simulation.plans import ServicePlan, StagePlan
from tests.simulation.scheduler import SECOND
from tests.simulation.world import PARTITIONS, World

TICKETS = ("t1", "t2", "t3")
CALM_AFTER = 4 * SECOND
INPUTS = 14
POISON = 5
SYSTEM = Actor(kind=ActorKind.SYSTEM, id="simulation")


class Count(BaseModel):
    """`heard` are intake's numbers, in the order in which they were heard."""

    heard: list[int] = []
    fired: int = 0


class Seen(BaseModel):
    categories: list[str] = []


COUNTING: Stage[Count] = Stage(
    name="counting",
    writer="triage",
    topics=(TICKET_EVENTS,),
    hears=(FeedbackReceived,),
    entities="counts",
    state=Count,
    max_records=10,
    foresees=True,
)
OBSERVING: Stage[Seen] = Stage(
    name="observing",
    writer="reporting",
    topics=(TICKET_EVENTS,),
    hears=(TicketTriaged,),
    entities="seen",
    state=Seen,
    max_records=7,
)


def said(category: str) -> TicketTriaged:
    return TicketTriaged(
        category=category,
        confidence=1,
        type=TicketType.QUESTION,
        impact="low",
        urgency="low",
        priority=Priority.LOW,
        rules_version="simulation",
    )


class Counting(Handler[Count]):
    """Counts, sets timers, chokes on a score of 5 while broken, and keeps a sum in memory."""

    def __init__(self, is_broken: Callable[[], bool]) -> None:
        self._is_broken = is_broken
        self._sums: dict[str, int] = {}

    def forget(self) -> None:
        self._sums = {}

    async def handle(self, batch: Batch[Count], tx: Transaction) -> Sequence[Outgoing]:
        outgoing: list[Outgoing] = []
        for heard in batch.inputs:
            entity = batch.entity(heard)
            entity.state = entity.state or Count()
            count = entity.state
            if isinstance(heard.data, Due):
                entity.state = count.model_copy(update={"fired": count.fired + 1})
                outgoing.append(Said(said(f"fired after {len(count.heard)}"), heard))
            elif isinstance(heard.data, FeedbackReceived):
                if heard.data.score == POISON and self._is_broken():
                    raise RuntimeError("a score that is too good to be true")
                if heard.data.comment == "later":
                    entity.set_timer("later", heard.time + DELAY)
                count.heard.append(heard.envelope.number or 0)
                tx.add("totals", str(heard.at), {"heard": 1, "by.score": 1})
                await self._add(str(heard.at), tx)
                outgoing.append(Said(said(f"heard {len(count.heard)}"), heard))
        return outgoing

    async def _add(self, place: str, tx: Transaction) -> None:
        if place not in self._sums:
            known = await tx.get("sums", [place])
            self._sums[place] = known[place]["sum"] if place in known else 0
        self._sums[place] += 1
        tx.put("sums", {"_id": place, "sum": self._sums[place]})


class Observing(Handler[Seen]):
    async def handle(self, batch: Batch[Seen], tx: Transaction) -> list[Outgoing]:
        for heard in batch.inputs:
            entity = batch.entity(heard)
            entity.state = entity.state or Seen()
            if isinstance(heard.data, TicketTriaged):
                entity.state.categories.append(heard.data.category)
            tx.add("seen_totals", str(heard.at), {"seen": 1})
        return []


@dataclass(frozen=True, slots=True)
class Word:
    """One event of intake's. `astray`: a copy lies first on that partition."""

    at: int
    ticket: str
    score: int | None
    later: bool
    astray: int | None
    again: bool

    def message(self) -> FeedbackReceived | TicketMarkedSpam:
        if self.score is None:
            return TicketMarkedSpam(actor=SYSTEM)
        return FeedbackReceived(score=self.score, comment="later" if self.later else None)

    def __str__(self) -> str:
        what = "spam, which nobody hears" if self.score is None else f"score {self.score}"
        parts = [f"{self.at / SECOND:.3f} s: {self.ticket} gets {what}"]
        parts += ["with a timer"] if self.later else []
        parts += [f"first on partition {self.astray}"] if self.astray is not None else []
        parts += ["twice"] if self.again else []
        return ", ".join(parts)


def words(seed: int) -> tuple[Word, ...]:
    rng = Random(f"words {seed}")  # noqa: S311 - chance by seed
    moments = sorted(int(rng.random() * (CALM_AFTER - SECOND)) for _ in range(INPUTS))
    return tuple(
        Word(
            at=at,
            ticket=rng.choice(TICKETS),
            score=None if rng.random() < 0.1 else POISON if rng.random() < 0.08 else 1,
            later=rng.random() < 0.4,
            astray=rng.randrange(PARTITIONS) if rng.random() < 0.1 else None,
            again=rng.random() < 0.15,
        )
        for at in moments
    )


@dataclass(slots=True)
class SmallWorld:
    """`published`: when each ticket's events were accepted, and what they are, in order."""

    script: Sequence[Word]
    calm_after: int = CALM_AFTER
    broken: bool = True
    published: dict[str, list[tuple[datetime, Message]]] = field(
        default_factory=lambda: {ticket: [] for ticket in TICKETS}
    )

    repeated_mails: int = 0

    @property
    def services(self) -> Sequence[ServicePlan]:
        return (
            ServicePlan("counting", (StagePlan(COUNTING, self._counting, "counting"),)),
            ServicePlan("observing", (StagePlan(OBSERVING, _observing, "observing"),)),
        )

    def _counting(self, _world: World, _process: Process) -> Handler[Count]:
        return Counting(lambda: self.broken)

    def say(self, world: World, entry: Word) -> None:
        accepted = self.published[entry.ticket]
        message = entry.message()
        publication = _publication(message, entry.ticket, len(accepted) + 1, world)
        if entry.astray is not None:
            world.cluster.append(publication, partition=entry.astray)
        for _ in range(2 if entry.again else 1):
            world.cluster.append(publication)
        accepted.append((world.scheduler.now(), message))

    def mend(self, world: World) -> None:
        """The handler is repaired, and what it spoiled is sent once more, in order."""
        self.broken = False
        group = world.group(COUNTING.name)
        if not group.has_handled_all(world.cluster):
            return
        letters = world.documents("counting", LETTERS).values()
        for letter in sorted(letters, key=lambda each: str(each["order"])):
            if letter["state"] == "open":
                world.cluster.append(redriven(letter))

    def is_done(self, world: World) -> bool:
        letters = world.documents("counting", LETTERS).values()
        return not self.broken and not any(letter["state"] == "open" for letter in letters)

    def violations(self, world: World) -> list[str]:
        return violations(self.published, world)


def _observing(_world: World, _process: Process) -> Handler[Seen]:
    return Observing()


def _publication(message: Message, ticket: str, number: int, world: World) -> Publication:
    envelope = Envelope(
        id=deterministic_id("simulated", ticket, number),
        type=message.type_name(),
        source="/deskstream/intake",
        time=world.scheduler.now(),
        subject=ticket,
        writer="intake",
        number=number,
    )
    headers = tuple(envelope.to_headers())
    return Publication(message.topic, ticket.encode(), encode(message), headers)
