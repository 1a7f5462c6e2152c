"""Agents and customers of the proof: tickets come, agents come and go, work gets done."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from aiokafka import AIOKafkaConsumer

from shared.contracts.envelope import Envelope, deterministic_id, header_text
from shared.contracts.fields import (
    Actor,
    ActorKind,
    MessageBody,
    Priority,
    Requester,
    Status,
    TicketType,
)
from shared.contracts.message import Message, encode
from shared.contracts.people import AgentUpdated, Availability
from shared.contracts.ticket import (
    AssignmentRequested,
    TicketCreated,
    TicketReopened,
    TicketResolved,
)
from shared.contracts.topics import AGENT_UPDATES, BY_NAME, TICKET_EVENTS, Dedupe
from shared.contracts.triage import TicketTriaged
from shared.kit.kafka import KafkaPublisher
from shared.kit.records import Publication
from shared.kit.settings import KitSettings
from tests.router.proof.checker import SKILL, SKILLED

TICK_SECONDS = 0.05
MOST_UNHEARD = 400  # tickets that the router has not spoken of: beyond it nobody feeds it faster
CAPACITIES = (1, 2, 3)
SHARE_THERE = 0.65  # who is away comes back sooner than others leave
ROOM_FOR_ALL = 50
OVERLOAD = 1.1
MOST_FINISHED = 100  # at once
LEAD = Actor(kind=ActorKind.AGENT, id="lead")
AWAY = (Availability.AWAY, Availability.OFFLINE, Availability.TRANSFERS_ONLY)


@dataclass(frozen=True, slots=True)
class Scale:
    tickets: int
    agents: int
    rate: float  # tickets a second
    pools: Sequence[str]
    changes: float = 20  # of agents, a second


@dataclass(slots=True)
class World:
    """Acts on what the log says, as desktops do: what agents were given gets done."""

    settings: KitSettings
    scale: Scale
    seed: int
    say: Callable[[str], None]
    came: int = 0
    _chance: Random = field(init=False)
    _publisher: KafkaPublisher = field(init=False)
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    _ids: int = 0
    _waiting: set[str] = field(default_factory=set)
    _done: set[str] = field(default_factory=set)
    _owned: dict[str, None] = field(default_factory=dict)  # who was given first comes first
    _unheard: set[str] = field(default_factory=set)
    _there: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)  # noqa: S311 - a sample, no secret
        self._publisher = KafkaPublisher(self.settings, "proof")

    # --- what it does --------------------------------------------------------------------------

    async def live(self) -> None:
        """Until all tickets have come and are done."""
        await self._send([self._agent(n, self._at_first()) for n in range(self.scale.agents)])
        began = told = time.monotonic()
        while self.came < self.scale.tickets or self._open():
            await self._step(time.monotonic() - began)
            if time.monotonic() - told > 10:
                told = time.monotonic()
                self.say(f"{self.came:,} tickets came, {self._open():,} are open")
            await asyncio.sleep(TICK_SECONDS)

    def _open(self) -> int:
        return len(self._unheard) + len(self._waiting) + len(self._owned)

    async def _step(self, passed: float) -> None:
        due = int(passed * self.scale.rate) - self.came
        room = MOST_UNHEARD - len(self._unheard)
        new = max(0, min(due, room, self.scale.tickets - self.came))
        batch = [each for _ in range(new) for each in self._ticket(self._chance.random() < 0.2)]
        if self.came < self.scale.tickets:
            batch += self._changes()
        else:
            batch += self._everybody_back()
        await self._send(batch + self._finished() + self._by_hand())

    def _changes(self) -> list[Publication]:
        made = []
        for _ in range(self._at_random(self.scale.changes * TICK_SECONDS)):
            n = self._chance.randrange(self.scale.agents)
            kind = self._chance.random()
            if kind < 0.02:  # one in fifty leaves for good, and comes again
                made.append(self._gone(n))
            elif self._there.get(f"a{n}", True) and kind < 0.5:
                made.append(self._agent(n, self._chance.choice(AWAY)))
            else:
                made.append(self._agent(n, Availability.ONLINE))
        return made

    def _at_first(self) -> Availability:
        there = self._chance.random() < SHARE_THERE
        return Availability.ONLINE if there else self._chance.choice(AWAY)

    def _at_random(self, expected: float) -> int:
        return int(expected) + (self._chance.random() < expected % 1)

    def _everybody_back(self) -> list[Publication]:
        absent = [name for name, there in self._there.items() if not there]
        return [self._agent(int(name[1:]), Availability.ONLINE) for name in absent]

    def _finished(self) -> list[Publication]:
        """As much as leaves a little more work than there are hands; at the end everything."""
        done: list[Publication] = []
        while self._owned and len(done) < MOST_FINISHED and self._open() > self._enough():
            ticket_id = next(iter(self._owned))
            del self._owned[ticket_id]
            self._done.add(ticket_id)
            done.append(self._about(ticket_id, TicketResolved(old=Status.OPEN, actor=LEAD)))
            if self._chance.random() < 0.05:  # one in twenty comes back
                again = TicketReopened(old=Status.RESOLVED, actor=LEAD, reason="r", reopens=1)
                done.append(self._about(ticket_id, again))
                self._done.discard(ticket_id)
                self._unheard.add(ticket_id)
        return done

    def _enough(self) -> float:
        if self.came >= self.scale.tickets:
            return 0
        return OVERLOAD * sum(self._there.values()) * sum(CAPACITIES) / len(CAPACITIES)

    def _by_hand(self) -> list[Publication]:
        if not self._owned or self._chance.random() > 0.1:
            return []
        ticket_id = next(iter(self._owned))
        agent = f"a{self._chance.randrange(self.scale.agents)}"
        return [self._about(ticket_id, AssignmentRequested(agent_id=agent, actor=LEAD))]

    async def level(self, tickets: int) -> None:
        """At the end: everybody is there and free, and so many tickets come that nobody ends."""
        before = self.came
        equal = [
            self._agent(n, Availability.ONLINE, ROOM_FOR_ALL) for n in range(self.scale.agents)
        ]
        await self._send(equal)
        while self.came < before + tickets or self._unheard:
            new = max(0, min(100, before + tickets - self.came, MOST_UNHEARD - len(self._unheard)))
            await self._send([each for _ in range(new) for each in self._ticket(skilled=False)])
            await asyncio.sleep(TICK_SECONDS)

    # --- what it hears -------------------------------------------------------------------------

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            for raws in (await consumer.getmany(timeout_ms=50)).values():
                for raw in raws:
                    headers = header_text(raw.headers)
                    if headers.get("ce_writer") == "router":
                        self._hear(headers)

    def _hear(self, headers: Mapping[str, str]) -> None:
        ticket_id, number = headers["ce_subject"], int(headers["ce_number"])
        self._unheard.discard(ticket_id)
        if number <= self._numbers.get(("heard", ticket_id), 0):
            return
        self._numbers["heard", ticket_id] = number
        match headers["ce_type"].split(".")[1]:
            case "TicketAssigned":
                self._owned[ticket_id] = None
                self._waiting.discard(ticket_id)
            case "TicketQueued" if ticket_id not in self._done:
                self._waiting.add(ticket_id)
            case "TicketUnassigned":
                self._owned.pop(ticket_id, None)
            case _:
                pass

    # --- what it says --------------------------------------------------------------------------

    def _ticket(self, skilled: bool) -> list[Publication]:  # noqa: FBT001 - one of two kinds
        ticket_id = deterministic_id("ticket", self.seed, self.came)
        pool = self.scale.pools[self.came % len(self.scale.pools)]
        self.came += 1
        self._unheard.add(ticket_id)
        created = TicketCreated(
            number=f"TKT-{self.came}",
            channel="email",
            brand=pool,
            requester=Requester(customer_id="c1"),
            subject="Help",
            message=MessageBody(message_id=ticket_id, text="Please help.", channel="email"),
        )
        triaged = TicketTriaged(
            category=SKILLED if skilled else "general",
            confidence=1.0,
            type=TicketType.QUESTION,
            impact="low",
            urgency="low",
            priority=self._chance.choice(list(Priority)),
            rules_version="proof",
        )
        return [self._about(ticket_id, created), self._about(ticket_id, triaged)]

    def _agent(
        self, n: int, availability: Availability, capacity: int | None = None
    ) -> Publication:
        name = f"a{n}"
        self._there[name] = availability is Availability.ONLINE
        pools = self.scale.pools
        update = AgentUpdated(
            agent_id=name,
            name=name,
            teams=(pools[n // 2 % len(pools)],),
            skills={SKILL: 1} if n % 2 else {},
            capacity=capacity or self._chance.choice(CAPACITIES),
            availability=availability,
        )
        return self._about(name, update)

    def _gone(self, n: int) -> Publication:
        self._there[f"a{n}"] = False
        return Publication(AGENT_UPDATES.name, f"a{n}".encode(), None, ())

    def _about(self, subject: str, message: Message) -> Publication:
        self._ids += 1
        numbered = BY_NAME[message.topic].dedupe is Dedupe.NUMBERS
        key = (message.writer, subject)
        self._numbers[key] = self._numbers.get(key, 0) + 1
        envelope = Envelope(
            id=deterministic_id("proof", self.seed, self._ids),
            type=message.type_name(),
            source=f"/deskstream/{message.writer or 'proof'}",
            time=datetime.now(UTC),
            subject=subject,
            writer=message.writer if numbered else None,
            number=self._numbers[key] if numbered else None,
        )
        headers = tuple(envelope.to_headers())
        return Publication(message.topic, subject.encode(), encode(message), headers)

    async def _send(self, publications: Sequence[Publication]) -> None:
        await self._publisher.publish(publications)

    async def close(self) -> None:
        await self._publisher.stop()


def listener(settings: KitSettings, topic: str = TICKET_EVENTS.name) -> Any:
    return AIOKafkaConsumer(
        settings.topic(topic),
        **settings.kafka_client(),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
