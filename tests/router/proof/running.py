"""The run: real processes of the router on a real broker and database, and who kills them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from deskstream.stack import Stack
from shared.contracts.envelope import header_text, parse_time
from shared.contracts.topics import ROUTING_REQUESTS, TICKET_EVENTS
from shared.kit.kafka import record_of
from shared.kit.provision import provision
from shared.kit.records import Record, partition_of
from shared.kit.settings import KitSettings
from tests.bench.fleet import Fleet
from tests.router.proof.checker import SKILL, SKILLED, Findings, check
from tests.router.proof.world import Scale, World, listener

PROCESSES = tuple(f"router#{n}" for n in range(1, 5))
PARTITIONS = 4
DOWN_SECONDS, AFTER_KILL_SECONDS = 12.0, 15.0
GOAL_TAKEOVER, GOAL_WAIT = 10.0, 2.0
LEVEL_ROUNDS = 2.5  # tickets for each agent in the last wave
RULES = """\
offline_grace: 12h
candidates: 4
pools:
{pools}
queues:
  - name: plain
  - {{name: skilled, skills: {{{skill}: 1}}}}
rules:
  - {{name: skilled, when: {{category: {skilled}}}, queue: skilled, language: any}}
otherwise: {{queue: plain, language: any}}
"""


@dataclass(frozen=True, slots=True)
class Kill:
    name: str
    at: float  # of the epoch


@dataclass(frozen=True, slots=True)
class Options:
    pools: int
    tickets: int
    agents: int
    rate: float
    kill_every: float
    session_timeout: float  # seconds
    seed: int


@dataclass(slots=True)
class Killer:
    fleet: Fleet
    every: float
    say: Callable[[str], None]
    kills: list[Kill] = field(default_factory=list)

    async def strike(self) -> None:
        """One after the other, and back after a while, until cancelled."""
        for turn in range(1_000):
            await asyncio.sleep(self.every)
            name = PROCESSES[turn % len(PROCESSES)]
            self.kills.append(Kill(name, time.time()))
            self.fleet.kill(name)
            self.say(f"{name} killed")
            await asyncio.sleep(DOWN_SECONDS)
            self.fleet.start_one(name)


def pools_of(count: int) -> list[str]:
    """Names that lie on as many different partitions."""
    found: dict[int, str] = {}
    for n in range(1_000):
        found.setdefault(partition_of(f"pool-{n}".encode(), PARTITIONS), f"pool-{n}")
    return sorted(found.values())[:count]


def write_rules(folder: Path, pools: Sequence[str]) -> Path:
    *first, last = pools
    lines = [f"  - {{name: {p}, teams: [{p}], when: {{brand: {p}}}}}" for p in first]
    lines.append(f"  - {{name: {last}, teams: [{last}]}}")
    text = RULES.format(pools="\n".join(lines), skill=SKILL, skilled=SKILLED)
    (folder / "routing.yaml").write_text(text)
    return folder


@dataclass(slots=True)
class Proof:
    findings: Findings
    kills: list[Kill]
    took_over: list[float]
    quick: list[float]  # seconds from an event's acceptance to what it led to, away from kills
    seconds: float
    tickets: int

    @property
    def spread(self) -> int:
        return max(max(x.values()) - min(x.values()) for x in self.findings.loads.values())

    @property
    def holds(self) -> bool:
        return not self.findings.problems and self.spread <= 1

    @property
    def slow(self) -> list[str]:
        """What took longer than it should: on a busy machine it tells of the machine."""
        late = sum(seconds > GOAL_TAKEOVER for seconds in self.took_over)
        waited = sum(seconds > GOAL_WAIT for seconds in self.quick)
        took, decided = len(self.took_over), len(self.quick)
        told = {
            f"{late} of {took} take-overs took more than {GOAL_TAKEOVER:.0f} s": late,
            f"{waited:,} of {decided:,} decisions took more than {GOAL_WAIT:.0f} s": waited,
        }
        return [text for text, count in told.items() if count]


async def prove(stack: Stack, options: Options, folder: Path, say: Callable[[str], None]) -> Proof:
    pools = pools_of(options.pools)
    settings = KitSettings(
        kafka_servers=stack.kafka_servers,
        mongo_url=stack.mongo_url,
        kafka_idempotence=stack.idempotence,
        mail_secret=SecretStr("a secret of the proof"),
        prefix=f"proof{options.pools}.",
        config_dir=write_rules(folder, pools),
        kafka_session_timeout_ms=round(options.session_timeout * 1000),
        log_level="WARNING",
    )
    await provision(settings, partitions=PARTITIONS)
    fleet = Fleet(settings, folder, services=PROCESSES, unwatched=True)
    scale = Scale(options.tickets, options.agents, options.rate, pools)
    world = World(settings, scale, options.seed, say)
    killer = Killer(fleet, options.kill_every, say)
    began = time.monotonic()
    try:
        for name in PROCESSES:
            fleet.start_one(name)
        await fleet.ready(PROCESSES, within=180)
        say(f"{len(PROCESSES)} routers, {len(pools)} pools, {scale.agents:,} agents")
        async with _listening(settings, world):
            await _live(world, killer)
            await world.level(int(scale.agents * LEVEL_ROUNDS))
    finally:
        await world.close()
        fleet.stop()
    log = await read(settings, TICKET_EVENTS.name)
    findings = check(await read(settings, ROUTING_REQUESTS.name), log)
    quick, took_over = _waits(log, killer.kills)
    return Proof(findings, killer.kills, took_over, quick, time.monotonic() - began, world.came)


async def _live(world: World, killer: Killer) -> None:
    """The last one that was killed is back, or not: three are enough."""
    striking = asyncio.create_task(killer.strike())
    try:
        await world.live()
    finally:
        striking.cancel()


@asynccontextmanager
async def _listening(settings: KitSettings, world: World) -> AsyncIterator[None]:
    consumer = listener(settings)
    await consumer.start()
    listening = asyncio.create_task(world.listen(consumer))
    try:
        yield
    finally:
        listening.cancel()
        await consumer.stop()


async def read(settings: KitSettings, topic: str) -> list[Record]:
    consumer = listener(settings, topic)
    await consumer.start()
    found: list[Record] = []
    try:
        while not await _at_end(consumer):
            for raws in (await consumer.getmany(timeout_ms=100)).values():
                found += [record_of(raw, settings.prefix) for raw in raws]
    finally:
        await consumer.stop()
    return sorted(found, key=lambda record: (record.partition, record.offset))


async def _at_end(consumer: object) -> bool:
    for place in consumer.assignment():  # type: ignore[attr-defined]
        end = consumer.highwater(place)  # type: ignore[attr-defined]
        if end is None or await consumer.position(place) < end:  # type: ignore[attr-defined]
            return False
    return bool(consumer.assignment())  # type: ignore[attr-defined]


def _waits(log: Sequence[Record], kills: Sequence[Kill]) -> tuple[list[float], list[float]]:
    """From the acceptance of a cause to the first copy of its event on the log."""
    quick: list[float] = []
    took_over = [0.0] * len(kills)
    met: set[str] = set()
    for record in log:
        headers = header_text(record.headers)
        if headers.get("ce_writer") != "router" or headers["ce_id"] in met:
            continue
        met.add(headers["ce_id"])
        cause = parse_time(headers["ce_time"]).timestamp()
        waited = record.timestamp_ms / 1000 - cause
        hit = [n for n, k in enumerate(kills) if -2 <= cause - k.at <= AFTER_KILL_SECONDS]
        for n in hit:
            took_over[n] = max(took_over[n], waited)
        if not hit:
            quick.append(waited)
    return sorted(quick), took_over
