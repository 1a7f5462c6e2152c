"""Two stages on a log, their processes in groups, and everything that may befall them."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry
from pydantic import BaseModel

from shared.contracts.envelope import Envelope, deterministic_id
from shared.contracts.message import Message, encode
from shared.contracts.ticket import FeedbackReceived, TicketMarkedSpam
from shared.contracts.topics import TICKET_EVENTS
from shared.contracts.triage import TicketTriaged
from shared.kit.engine import Engine
from shared.kit.health import Health
from shared.kit.letters import COLLECTION as LETTERS
from shared.kit.letters import LetterLimit, redriven
from shared.kit.memory import MemoryBroker, MemoryCluster, MemoryData, MemoryStore
from shared.kit.meters import Metrics
from shared.kit.ports import BrokerAwayError, ConflictError, StoreAwayError
from shared.kit.records import Partition, Publication
from shared.kit.unit import Batch, Handler, Outgoing, Said, Stage, Transaction
from tests.kit.counting import COUNTING, SYSTEM, Count, Counting
from tests.simulation.scheduler import Pause, Scheduler

PARTITIONS = 2
TICKETS = ("t1", "t2", "t3")
TIMER = timedelta(seconds=1)
CALM_AFTER = 12.0  # seconds of faults, then the world must come to rest
POISON = 5


class Seen(BaseModel):
    categories: list[str] = []


OBSERVING: Stage[Seen] = Stage(
    name="observing",
    writer="reporting",
    topics=(TICKET_EVENTS,),
    hears=(TicketTriaged,),
    entities="seen",
    state=Seen,
    max_records=7,
)


class Observing(Handler[Seen]):
    async def handle(self, batch: Batch[Seen], tx: Transaction) -> list[Outgoing]:
        for heard in batch.inputs:
            entity = batch.entity(heard)
            entity.state = entity.state or Seen()
            if isinstance(heard.data, TicketTriaged):
                entity.state.categories.append(heard.data.category)
            tx.add("seen_totals", "all", {"seen": 1})
        return []


class Simulated(Counting):
    """Says with each timer how many events it had heard, so that the log can be checked."""

    def fired(self, count: Count) -> str:
        return f"fired after {count.heard}"


@dataclass(frozen=True, slots=True)
class Chances:
    """Of a fault at one place where it could strike."""

    crash: float = 0.004
    freeze: float = 0.004
    broker_away: float = 0.01
    store_away: float = 0.006
    lost_answer: float = 0.02
    conflict: float = 0.01


@dataclass(slots=True)
class Process:
    name: str
    engine: Engine[Any]
    broker: MemoryBroker


@dataclass(slots=True)
class Group:
    stage: Stage[Any]
    handler: Callable[[], Handler[Any]]
    data: MemoryData
    members: dict[str, Process] = field(default_factory=dict)
    births: int = 0
    owners: dict[Partition, str] = field(default_factory=dict)


EngineOf = Callable[..., Engine[Any]]
StoreOf = Callable[..., MemoryStore]


class World:
    def __init__(
        self,
        seed: int,
        *,
        engine_of: EngineOf = Engine,
        store_of: StoreOf = MemoryStore,
        chances: Chances | None = None,
        inputs: int = 14,
    ) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - chance by seed is the point
        self.scheduler = Scheduler(self.rng)
        self.cluster = MemoryCluster(self.scheduler, PARTITIONS)
        self.chances = chances or Chances()
        self.inputs = inputs
        self.broken = True
        self.published: dict[str, list[tuple[datetime, FeedbackReceived | TicketMarkedSpam]]] = {
            ticket: [] for ticket in TICKETS
        }
        self.done_publishing = False
        self._engine_of = engine_of
        self._store_of = store_of
        self._ids = 0
        self.groups = [
            Group(COUNTING, self._counting, MemoryData()),
            Group(OBSERVING, Observing, MemoryData()),
        ]

    def _counting(self) -> Handler[Count]:
        handler = Simulated(TIMER)
        handler.broken = self.broken
        return handler

    @property
    def now(self) -> datetime:
        return self.scheduler.now()

    def _elapsed(self) -> float:
        return self.scheduler.steps and (self.now - self._started).total_seconds()

    @property
    def calm(self) -> bool:
        return self._elapsed() > CALM_AFTER

    def run(self) -> None:
        self._started = self.now
        self.scheduler.start("customers", self._customers())
        for group in self.groups:
            for _ in range(2):
                self._bear(group)
        self.scheduler.start("fate", self._fate())
        try:
            self.scheduler.run()
        finally:
            self.scheduler.close()

    # --- what comes in -----------------------------------------------------------------------

    async def _customers(self) -> None:
        for _ in range(self.inputs):
            await self.scheduler.sleep(self.rng.random() * CALM_AFTER / self.inputs)
            self._say(self.rng.choice(TICKETS))
        self.done_publishing = True

    def _say(self, ticket: str) -> None:
        rng = self.rng
        message: FeedbackReceived | TicketMarkedSpam
        if rng.random() < 0.1:
            message = TicketMarkedSpam(actor=SYSTEM)
        else:
            score = POISON if rng.random() < 0.08 else rng.randrange(1, 4)
            message = FeedbackReceived(score=score, comment="later" if rng.random() < 0.4 else None)
        said = self.published[ticket]
        publication = self._publication(message, ticket, len(said) + 1)
        right = rng.random() > 0.1
        self.cluster.append(publication, partition=None if right else rng.randrange(PARTITIONS))
        said.append((self.now, message))
        if not right or rng.random() < 0.15:
            self.cluster.append(publication)

    def _publication(self, message: Message, ticket: str, number: int) -> Publication:
        envelope = Envelope(
            id=deterministic_id("simulated", ticket, number),
            type=message.type_name(),
            source="/deskstream/intake",
            time=self.now,
            subject=ticket,
            writer="intake",
            number=number,
        )
        headers = tuple(envelope.to_headers())
        return Publication(message.topic, ticket.encode(), encode(message), headers)

    # --- processes ---------------------------------------------------------------------------

    def _bear(self, group: Group) -> None:
        group.births += 1
        name = f"{group.stage.name}-{group.births}"
        broker = MemoryBroker(self.cluster, group.stage.name, self._broker_hook(name))
        store = self._store_of(group.data, self._store_hook(name))
        store.lose_answer = self._answer_lost
        engine = self._engine_of(
            group.stage,
            group.handler(),
            broker=broker,
            store=store,
            clock=self.scheduler,
            health=Health(),
            meters=Metrics(CollectorRegistry()).of(group.stage.name),
            group=group.stage.name,
            letter_limit=LetterLimit(run=10**6, window=10**6),
        )
        process = Process(name, engine, broker)
        group.members[name] = process
        self.scheduler.start(name, self._live(process))
        self._rebalance(group)

    async def _live(self, process: Process) -> None:
        while not self._at_rest():
            await process.engine.claim()
            fetched = process.broker.poll(process.engine.owned, self.rng.randrange(1, 6))
            await Pause()
            await process.engine.process(fetched)
            await process.engine.tick()
            process.broker.commit(process.engine.positions())
            await self.scheduler.sleep(0.02 + self.rng.random() * 0.1)

    def _rebalance(self, group: Group) -> None:
        """The coordinator's view: who does not answer owns nothing, whatever it believes."""
        awake = [name for name in group.members if not self.scheduler.frozen(name)]
        if not awake:
            return
        wanted = {
            Partition(TICKET_EVENTS.name, number): self.rng.choice(awake)
            for number in range(PARTITIONS)
        }
        group.owners = wanted
        for name in awake:
            process = group.members[name]
            mine = sorted(partition for partition, owner in wanted.items() if owner == name)
            lost = sorted(process.engine.owned)
            process.engine.revoked(lost)  # eager, as aiokafka's members do: all, then all anew
            for partition in lost:
                process.broker.forget(partition)
            process.engine.assigned(mine)

    # --- what befalls them -------------------------------------------------------------------

    async def _fate(self) -> None:
        """Restarts what was killed, rebalances, mends the handler and redrives what it spoiled."""
        while not self._at_rest():
            await self.scheduler.sleep(0.2)
            for group in self.groups:
                while len(group.members) < 2:
                    self._bear(group)
                if self._unsettled(group) or (not self.calm and self.rng.random() < 0.1):
                    self._rebalance(group)
            if self.calm and self.done_publishing:
                self._mend()

    def _unsettled(self, group: Group) -> bool:
        """An owner is gone or asleep, or somebody believes to own what is another's."""
        if any(
            name not in group.members or self.scheduler.frozen(name)
            for name in group.owners.values()
        ):
            return True
        return any(
            group.owners.get(partition) != name
            for name, process in group.members.items()
            for partition in process.engine.owned
        )

    def _mend(self) -> None:
        if self.broken:
            self.broken = False
            for process in self.groups[0].members.values():
                process.engine.handler.broken = False  # type: ignore[attr-defined]
        letters = self.groups[0].data.collections.get(LETTERS, {}).values()
        for letter in sorted(letters, key=lambda each: str(each["order"])):
            if letter["state"] == "open" and self._handled_all():
                self.cluster.append(redriven(letter))

    def _broker_hook(self, name: str) -> Callable[[str], Any]:
        async def hook(place: str) -> None:
            await self._anything(name)
            away = place in ("publish", "append", "look", "published")
            if away and not self.calm and self.rng.random() < self.chances.broker_away:
                self.scheduler.trace.append(f"{self.scheduler.steps} broker away {name} {place}")
                raise BrokerAwayError("the simulated broker")

        return hook

    def _store_hook(self, name: str) -> Callable[[str], Any]:
        async def hook(place: str) -> None:
            await self._anything(name)
            if self.calm:
                return
            if place != "committed" and self.rng.random() < self.chances.store_away:
                self.scheduler.trace.append(f"{self.scheduler.steps} store away {name} {place}")
                raise StoreAwayError("the simulated database")
            if place == "write" and self.rng.random() < self.chances.conflict:
                raise ConflictError("simulated")

        return hook

    def _answer_lost(self) -> BaseException | None:
        if not self.calm and self.rng.random() < self.chances.lost_answer:
            self.scheduler.trace.append(f"{self.scheduler.steps} commit's answer lost")
            return StoreAwayError("the commit's answer was lost")
        return None

    async def _anything(self, name: str) -> None:
        """Between any two effects: another task goes on, a crash, a long pause."""
        if not self.calm:
            if self.rng.random() < self.chances.crash:
                self._crash(name)
            elif self.rng.random() < self.chances.freeze:
                self.scheduler.freeze(name, self.rng.random() * 4)
        await Pause()

    def _crash(self, name: str) -> None:
        for group in self.groups:
            group.members.pop(name, None)
        self.scheduler.kill(name)

    # --- rest --------------------------------------------------------------------------------

    def _handled_all(self) -> bool:
        for group in self.groups:
            known = group.data.collections.get("checkpoints", {})
            for number in range(PARTITIONS):
                place = Partition(TICKET_EVENTS.name, number)
                end = self.cluster.end(place)
                checkpoint = known.get(str(place))
                if end and (checkpoint is None or (checkpoint.position or 0) < end):
                    return False
        return True

    def _at_rest(self) -> bool:
        if not (self.calm and self.done_publishing and self._handled_all()):
            return False
        if any(self._unsettled(group) for group in self.groups):
            return False
        data = self.groups[0].data.collections
        timers = any(document["_kit"].get("due") for document in data.get("counts", {}).values())
        letters = any(letter["state"] == "open" for letter in data.get(LETTERS, {}).values())
        unpublished = any(
            checkpoint.stored and not self._is_published(checkpoint.stored)
            for group in self.groups
            for checkpoint in group.data.collections.get("checkpoints", {}).values()
        )
        return not timers and not letters and not unpublished and not self.broken

    def _is_published(self, stored: tuple[Publication, ...]) -> bool:
        """What is stored but not published waits for its owner, or for the next claim."""
        lying = {
            (record.topic, record.headers)
            for topic in {each.topic for each in stored}
            for record in self.cluster.records(topic)
        }
        return all((each.topic, each.headers) in lying for each in stored)


__all__ = ["COUNTING", "OBSERVING", "POISON", "Said", "World"]
