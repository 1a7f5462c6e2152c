"""The whole pipeline measured: at full speed, at given rates, and doing nothing."""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deskstream.stack import Stack
from tests.bench.arrivals import at_random
from tests.bench.desk import Desk
from tests.bench.ledger import Balance, Origin, balance, once_each
from tests.bench.percentiles import Spread, spread
from tests.bench.processes import CpuMeter, memory_mb
from tests.bench.requests import Request, requests
from tests.bench.sink import mails
from tests.bench.story import READY, Log, Ticket, waits
from tests.bench.yardstick import server_pids

PATIENCE_SECONDS = 60.0
STEPS: Mapping[str, Sequence[str]] = {
    "created": READY[:1],
    "triaged": READY[1:2],
    "assigned": READY[2:3],
    "armed": READY[3:4],
    "assigned and armed": READY,
    "acknowledged": ("acknowledged",),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One feed from its first message until its last ticket was through everything.

    `planned_rate` is None at full speed. `rates` are what each step managed, a second.
    """

    tickets: int
    seconds: float
    planned_rate: float | None
    cpu_ms: dict[str, float]
    rates: dict[str, float]
    waits: dict[str, Spread]

    @property
    def rate(self) -> float:
        return self.tickets / self.seconds

    @property
    def ready(self) -> Spread | None:
        return self.waits.get("assigned and armed")


@dataclass(slots=True)
class _Fed:
    origins: set[Origin]
    began: float
    seconds: float
    planned_rate: float | None
    cpu_ms: dict[str, float]


class Pipeline:
    """Feeds one deployment several times, and reads its log once, afterwards."""

    def __init__(self, desk: Desk, stack: Stack, *, seed: int, mail_share: float) -> None:
        self._desk = desk
        self._stack = stack
        self._seed = seed
        self._mail_share = mail_share
        self._fed: list[_Fed] = []
        self._expected = 0

    async def warm_up(self, count: int) -> None:
        made = self._requests(count, "warm")
        async with self._desk.feed() as feed:
            await feed.all_at_once(made)
        await self._until_through(count)

    async def at_full_speed(self, count: int) -> float:
        """Tickets a second."""
        made = self._requests(count, f"burst{len(self._fed)}")
        meter, began = self._meter(), time.time()
        async with self._desk.feed() as feed:
            await feed.all_at_once(made)
            await self._until_through(count)
        self._note(made, began, meter, None)
        return count / self._fed[-1].seconds

    async def at_rate(self, rate: float, seconds: float) -> None:
        arrivals = list(at_random(rate, seconds, self._seed))
        made = self._requests(len(arrivals), f"rate{len(self._fed)}")
        meter, began = self._meter(), time.time()
        async with self._desk.feed() as feed:
            await feed.as_planned(made, arrivals, began)
            await self._until_through(len(arrivals))
        self._note(made, began, meter, rate)

    async def idle(self, seconds: float) -> dict[str, float]:
        """Which share of one core each process takes with nothing to do, in percent."""
        meter = self._meter()
        await asyncio.sleep(seconds)
        return {name: used / seconds * 100 for name, used in meter.used().items()}

    def memory_mb(self) -> dict[str, float]:
        return {name: memory_mb(pid) for name, pid in self._pids().items()}

    def _requests(self, count: int, name: str) -> list[Request]:
        return list(requests(count, self._seed, self._mail_share, name))

    async def _until_through(self, count: int) -> None:
        self._expected += count
        await self._desk.until(self._expected, PATIENCE_SECONDS)

    def _pids(self) -> dict[str, int]:
        return self._desk.fleet.pids | server_pids(self._stack)

    def _meter(self) -> CpuMeter:
        return CpuMeter(self._pids())

    def _note(
        self, made: Sequence[Request], began: float, meter: CpuMeter, rate: float | None
    ) -> None:
        cpu_ms = {name: used / len(made) * 1000 for name, used in meter.used().items()}
        origins = {request.origin for request in made}
        self._fed.append(_Fed(origins, began, time.time() - began, rate, cpu_ms))

    async def results(self) -> tuple[list[Measured], "Reconciled"]:
        await self._desk.quiescent(PATIENCE_SECONDS)
        log = await self._desk.log()
        measured = [_measured(fed, log, self._desk) for fed in self._fed]
        return measured, await reconciled(self._desk, log)


def _measured(fed: _Fed, log: Log, desk: Desk) -> Measured:
    due = {origin: at for origin, at in desk.ledger.due.items() if origin in fed.origins}
    found = {step: spread(waits(log, due, kinds)) for step, kinds in STEPS.items()}
    return Measured(
        tickets=len(fed.origins),
        seconds=fed.seconds,
        planned_rate=fed.planned_rate,
        cpu_ms=fed.cpu_ms,
        rates={step: len(due) / max(_until_last(log, due, fed, step), 0.001) for step in STEPS},
        waits={step: each for step, each in found.items() if each is not None},
    )


def _until_last(log: Log, due: Mapping[Origin, float], fed: _Fed, step: str) -> float:
    """Seconds from the feed's begin to the last ticket's step; for ever if one is missing."""
    tickets = (each for each in log.tickets.values() if each.origin in due)
    moments = [_moment(ticket, STEPS[step]) for ticket in tickets]
    return max(moments, default=math.inf) / 1000 - fed.began


def _moment(ticket: Ticket, kinds: Sequence[str]) -> float:
    return max((ticket.first.get(kind, math.inf) for kind in kinds), default=math.inf)


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
    entries = await reporting["timeline"].estimated_document_count()
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
