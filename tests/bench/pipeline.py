"""The whole pipeline measured: at full speed, at given rates, and doing nothing."""

import asyncio
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from deskstream.stack import Stack
from tests.bench.arrivals import at_random
from tests.bench.database import DatabaseMeter
from tests.bench.desk import Desk
from tests.bench.ledger import Origin
from tests.bench.percentiles import Spread, spread
from tests.bench.processes import CpuMeter, memory_mb
from tests.bench.reconciling import Reconciled, reconciled
from tests.bench.requests import Request, requests
from tests.bench.steadiness import rate_between, slowest_stretch, steady_rate
from tests.bench.story import READY, Log, Ticket, waits
from tests.bench.yardstick import server_pids

PATIENCE_SECONDS = 90.0
FEED, FEED_SECONDS = "feed", 0.1  # this process, and how often it looks
# Of work under way at full speed: more than any ticket takes from end to end. With less, a new one
# is only sent when an old one is through, and the cores wait for that.
AHEAD_SECONDS = 6.0
LEAST_AHEAD = 1_000
MOST_A_SECOND = 4_000
STRETCH_SECONDS = 10.0
STEPS: Mapping[str, Sequence[str]] = {
    "created": READY[:1],
    "triaged": READY[1:2],
    "assigned": READY[2:3],
    "armed": READY[3:4],
    "assigned and armed": READY,
    "acknowledged": ("acknowledged",),
}
ALL_STEPS = (*READY, "acknowledged")


@dataclass(frozen=True, slots=True)
class Measured:
    """One feed from its first message until its last ticket was through everything.

    `planned_rate` is None at full speed. `steady` is the rate between the first and the last fifth
    of the tickets that were through, `slowest` that of the slowest ten seconds. `rates` are what
    each step managed, a second, from the first message to the step's last. `database` is what it
    was asked for a ticket.
    """

    tickets: int
    seconds: float
    planned_rate: float | None
    cpu_ms: dict[str, float]
    database: dict[str, float]
    steady: float | None
    slowest: float | None
    rates: dict[str, float]
    waits: dict[str, Spread]

    @property
    def rate(self) -> float:
        return self.tickets / self.seconds

    @property
    def sustained(self) -> float:
        """The steady rate, or that of the whole where there are too few to tell."""
        return self.steady or self.rate

    @property
    def ready(self) -> Spread | None:
        return self.waits.get("assigned and armed")


@dataclass(slots=True)
class Fed:
    """What went in. `samples` are looks at how many were through, by seconds from the start."""

    origins: set[Origin]
    began: float
    seconds: float
    planned_rate: float | None
    cpu_ms: dict[str, float]
    database: dict[str, float]
    samples: list[tuple[float, float]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """As seen from outside, before the log is read."""
        return rate_between(self.samples) or len(self.origins) / self.seconds


class _Meters(NamedTuple):
    began: float
    cpu: CpuMeter
    database: DatabaseMeter


class Pipeline:
    """Feeds one deployment several times, and reads its log once, afterwards."""

    def __init__(self, desk: Desk, stack: Stack, *, seed: int, mail_share: float) -> None:
        self.desk = desk
        self._stack = stack
        self._seed = seed
        self._mail_share = mail_share
        self._fed: list[Fed] = []
        self._expected = 0

    @property
    def through(self) -> int:
        """How many tickets there are of this run."""
        return self._expected

    async def warm_up(self, count: int, name: str = "warm") -> None:
        async with self.desk.feed() as feed:
            await feed.all_at_once(self._requests(count, name))
        await self._until_through(count)

    async def burst(self, count: int) -> Fed:
        """All input at once, as after a night without intake."""
        made = self._requests(count, self._name("burst"))
        meters = await self._begin()
        async with self.desk.feed() as feed:
            await feed.all_at_once(made)
            await self._until_through(count)
        return await self._note({request.origin for request in made}, meters, None)

    async def at_full_speed(self, seconds: float) -> Fed:
        """Always some seconds' work under way: each stage has enough, and none runs far ahead.

        With all input there at once the first stages would be done early, and leave the cores to
        the last ones: no rate that could be kept up.
        """
        stream = requests(
            int(seconds * MOST_A_SECOND), self._seed, self._mail_share, self._name("full")
        )
        origins: set[Origin] = set()
        before, meters = await self.desk.through(), await self._begin()
        samples = [(0.0, 0.0)]

        def look(through: int) -> None:
            samples.append((time.time() - meters.began, through - before))

        async with self.desk.feed() as feed:
            while samples[-1][0] < seconds:
                some = list(islice(stream, room(len(origins), samples)))
                origins |= {request.origin for request in some}
                await feed.now(some)
                await asyncio.sleep(FEED_SECONDS)
                look(await self.desk.through())
            await self._until_through(len(origins), look)
        look(before + len(origins))
        fed = await self._note(origins, meters, None)
        fed.samples = samples
        return fed

    async def at_rate(self, rate: float, seconds: float) -> Fed:
        arrivals = list(at_random(rate, seconds, self._seed))
        name = self._name("rate")
        made = requests(len(arrivals), self._seed, self._mail_share, name)
        known, meters = set(self.desk.ledger.due), await self._begin()
        async with self.desk.feed() as feed:
            await feed.as_planned(made, arrivals, meters.began)
            await self._until_through(len(arrivals))
        return await self._note(set(self.desk.ledger.due) - known, meters, rate)

    async def idle(self, seconds: float) -> dict[str, float]:
        """Which share of one core each process takes with nothing to do, in percent."""
        meter = CpuMeter(self._pids())
        await asyncio.sleep(seconds)
        return {name: used / seconds * 100 for name, used in meter.used().items()}

    def memory_mb(self) -> dict[str, float]:
        return {name: memory_mb(pid) for name, pid in self._pids().items()}

    def _name(self, kind: str) -> str:
        return f"{kind}{len(self._fed)}"

    def _requests(self, count: int, name: str) -> list[Request]:
        return list(requests(count, self._seed, self._mail_share, name))

    async def _until_through(
        self, count: int, look: Callable[[int], None] = lambda _: None
    ) -> None:
        self._expected += count
        await self.desk.until(self._expected, PATIENCE_SECONDS, look)

    def _pids(self) -> dict[str, int]:
        return self.desk.fleet.pids | server_pids(self._stack) | {FEED: os.getpid()}

    async def _begin(self) -> _Meters:
        database = DatabaseMeter(self.desk.client)
        await database.begin()
        return _Meters(time.time(), CpuMeter(self._pids()), database)

    async def _note(self, origins: set[Origin], meters: _Meters, rate: float | None) -> Fed:
        seconds, count = time.time() - meters.began, len(origins)
        cpu_ms = {name: used / count * 1000 for name, used in meters.cpu.used().items()}
        asked = {name: used / count for name, used in (await meters.database.used()).items()}
        self._fed.append(Fed(origins, meters.began, seconds, rate, cpu_ms, asked))
        return self._fed[-1]

    async def settled(self) -> None:
        await self.desk.quiescent(PATIENCE_SECONDS)

    async def results(self) -> tuple[list[Measured], Reconciled]:
        """What was fed, in its order, and whether the books balance."""
        await self.settled()
        log = await self.desk.log()
        measured = [_measured(fed, log, self.desk) for fed in self._fed]
        return measured, await reconciled(self.desk, log)


def room(sent: int, samples: Sequence[tuple[float, float]]) -> int:
    """How many more may be sent now, by what was through at the last looks."""
    elapsed, through = samples[-1]
    rate = through / elapsed if elapsed else 0.0
    ahead = max(AHEAD_SECONDS * rate, LEAST_AHEAD)
    return max(int(through + ahead) - sent, 0)


def _measured(fed: Fed, log: Log, desk: Desk) -> Measured:
    due = {origin: desk.ledger.due[origin] for origin in fed.origins}
    tickets = [ticket for ticket in log.tickets.values() if ticket.origin in due]
    found = {step: spread(waits(log, due, kinds)) for step, kinds in STEPS.items()}
    done = [_moment(ticket, ALL_STEPS) / 1000 for ticket in tickets]
    through = [moment for moment in done if moment < math.inf]
    return Measured(
        tickets=len(fed.origins),
        seconds=fed.seconds,
        planned_rate=fed.planned_rate,
        cpu_ms=fed.cpu_ms,
        database=fed.database,
        steady=steady_rate(through),
        slowest=slowest_stretch(through, STRETCH_SECONDS),
        rates={
            step: len(due) / max(_until_last(tickets, fed, kinds), 0.001)
            for step, kinds in STEPS.items()
        },
        waits={step: each for step, each in found.items() if each is not None},
    )


def _until_last(tickets: Sequence[Ticket], fed: Fed, kinds: Sequence[str]) -> float:
    """Seconds from the feed's begin to the last ticket's step; for ever if one is missing."""
    moments = [_moment(ticket, kinds) for ticket in tickets]
    return max(moments, default=math.inf) / 1000 - fed.began


def _moment(ticket: Ticket, kinds: Sequence[str]) -> float:
    return max((ticket.first.get(kind, math.inf) for kind in kinds), default=math.inf)
