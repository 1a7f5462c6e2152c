"""What the timers' bench does, a part for each goal or two."""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deskstream.stack import Stack
from tests.bench.percentiles import spread
from tests.bench.processes import CpuMeter
from tests.bench.run import say
from tests.bench.section import quantiles
from tests.bench.timers import peer
from tests.bench.timers.ear import Ear, Heard, listening
from tests.bench.timers.policies import CLOCKS, created, triaged, write_policies
from tests.bench.timers.post import Post, post
from tests.bench.timers.results import Result

LEAD = timedelta(seconds=7)  # from the store's filling to the first instant
PATIENCE = 60.0
EVENTS_A_SECOND, FIRES_A_SECOND, STEADY_SECONDS = 300, 500, 20


async def many(stack: Stack, folder: Path, options: argparse.Namespace) -> list[Result]:
    """S1, S2, S3: a million clocks in waiting, and what fires while they wait."""
    async with post(stack, "timers-many.", folder, options.instances) as here:
        tickets = options.clocks // CLOCKS
        say(f"putting {options.clocks:,} open clocks of {tickets:,} tickets into the store")
        await here.fill(here.stock.waiting(tickets, datetime.now(UTC)))
        await here.begin()
        async with listening(here.settings) as ear:
            steady = await _steady(here, ear)
            memory = here.memory_mb()
            burst = await _burst(here, ear, options.burst)
        memory = max(memory, here.memory_mb())
    shown = f"with {options.clocks:,} open clocks"
    return [
        Result("S1", f"memory of the service {shown}", memory, 300, "MB"),
        _late("S2", f"p99 at {FIRES_A_SECOND}/s, {EVENTS_A_SECOND} events/s", steady, 50),
        *_missed("S2", steady, FIRES_A_SECOND * STEADY_SECONDS),
        _late("S3", f"p99 of {options.burst:,} due at one instant", burst, 250),
        *_missed("S3", burst, options.burst),
    ]


async def _steady(here: Post, ear: Ear) -> Heard:
    count = FIRES_A_SECOND * STEADY_SECONDS
    say(f"{FIRES_A_SECOND} fires/s for {STEADY_SECONDS} s, with {EVENTS_A_SECOND} events/s")
    begin = datetime.now(UTC) + timedelta(seconds=count / 2_000) + LEAD
    dues = [begin + timedelta(seconds=n / FIRES_A_SECOND) for n in range(count)]
    heard = ear.anew()
    await here.fill(here.stock.timed(dues, "s2-"))
    feeding = asyncio.create_task(_feed(here, begin))
    await ear.until_breaches(count, (dues[-1] - datetime.now(UTC)).total_seconds() + PATIENCE)
    await feeding
    return heard


async def _feed(here: Post, begin: datetime) -> None:
    """Tickets that arrive and are triaged, in small groups as a pipeline brings them."""
    await asyncio.sleep(max((begin - datetime.now(UTC)).total_seconds(), 0))
    began, step = time.monotonic(), 0.05
    for turn in range(int(STEADY_SECONDS / step)):
        tickets = [f"new-{turn}-{n}" for n in range(int(EVENTS_A_SECOND * step / 2) or 1)]
        events = [
            here.publication(message, ticket)
            for ticket in tickets
            for message in (created("email"), triaged())
        ]
        await here.publisher.publish(events)
        await asyncio.sleep(max(began + (turn + 1) * step - time.monotonic(), 0))


async def _burst(here: Post, ear: Ear, count: int) -> Heard:
    say(f"{count:,} due at one instant")
    due = datetime.now(UTC) + timedelta(seconds=count / 2_000) + LEAD
    heard = ear.anew()
    await here.fill(here.stock.timed([due] * count, f"s3-{due.timestamp()}-"))
    await ear.until_breaches(count, (due - datetime.now(UTC)).total_seconds() + PATIENCE)
    return heard


async def outage(stack: Stack, folder: Path, options: argparse.Namespace) -> list[Result]:
    """S6: killed, and started again when 10,000 are overdue."""
    count = options.overdue
    async with post(stack, "timers-outage.", folder, options.instances) as here:
        await here.begin()
        say(f"kill -9, and {count:,} come due meanwhile")
        here.kill()
        since = datetime.now(UTC) - timedelta(seconds=30)
        dues = [since + timedelta(seconds=30 * n / count) for n in range(count)]
        await here.fill(here.stock.timed(dues, "s6-"))
        async with listening(here.settings) as ear:
            began = time.time()
            await here.begin()
            meter = here.meter(stack)
            await ear.until_breaches(count, PATIENCE)
            heard, used = ear.heard, _used(meter)
    first, last = min(heard.at.values(), default=0.0), max(heard.at.values(), default=0.0)
    return [
        Result(
            "S6", f"{count:,} overdue are out, from the first on", last - first, 2, "s", note=used
        ),
        Result("S6", "the same from the start of the process on", last - began, None, "s"),
        *_missed("S6", heard, count),
    ]


async def killed(stack: Stack, folder: Path, options: argparse.Namespace) -> list[Result]:
    """S5: two owners, one of them killed again and again while timers come due."""
    kills, each = options.kills, 100
    async with post(stack, "timers-kills.", folder, 2) as here:
        await here.begin()
        say(f"{kills} kills of two owners")
        async with listening(here.settings) as ear:
            for turn in range(kills):
                due = datetime.now(UTC) + timedelta(seconds=1.5)
                dues = [due + timedelta(milliseconds=5 * n) for n in range(each)]
                await here.fill(here.stock.timed(dues, f"s5-{turn}-"))
                await asyncio.sleep((dues[each // 2] - datetime.now(UTC)).total_seconds())
                victim = here.owners[turn % 2]
                here.fleet.kill(victim)
                await here.begin(victim)
            await ear.until_breaches(kills * each, PATIENCE)
            return list(_missed("S5", ear.heard, kills * each))


async def retargeted(stack: Stack, folder: Path, options: argparse.Namespace) -> list[Result]:
    """S8: every open clock of every ticket follows a changed file."""
    tickets = options.retarget // CLOCKS
    async with post(stack, "timers-retarget.", folder, options.instances) as here:
        await here.fill(here.stock.waiting(tickets, datetime.now(UTC) - timedelta(days=1)))
        await here.begin()
        await asyncio.sleep(LEAD.total_seconds())  # the partitions are read to their end
        say(f"the policies change for {options.retarget:,} open clocks of {tickets:,} tickets")
        async with listening(here.settings) as ear:
            changed, meter = time.time(), here.meter(stack)
            write_policies(here.folder, first_response="50d")
            await ear.until_retargeted(tickets, 4 * PATIENCE)
            moments, used = ear.heard.retargeted.values(), _used(meter)
    first, last = min(moments, default=0.0), max(moments, default=0.0)
    return [
        Result(
            "S8", f"{options.retarget:,} open clocks retargeted", last - first, 5, "s", note=used
        ),
        Result("S8", "the same from the change of the file on", last - changed, None, "s"),
        Result("S8", "tickets that did not follow", tickets - len(moments), 0, ""),
    ]


def _used(meter: CpuMeter) -> str:
    """Where others use the machine, too, this tells more than the time that passed."""
    return "CPU s " + ", ".join(f"{name} {spent:.1f}" for name, spent in meter.used().items())


def _late(name: str, what: str, heard: Heard, goal: float) -> Result:
    waits = spread(heard.late_ms.values())
    value = waits.p99 if waits is not None else None
    return Result(name, what, value, goal, "ms", note=quantiles(waits))


def _missed(name: str, heard: Heard, count: int) -> list[Result]:
    return [
        Result(name, "missed", count - len(heard.subjects), 0, ""),
        Result(name, "early", heard.early, 0, ""),
        Result(name, "said twice under two ids", heard.doubled, 0, ""),
    ]


async def compared(stack: Stack, folder: Path, options: argparse.Namespace) -> list[Result]:
    """S4: the same burst with APScheduler, in turns with ours."""
    ours, theirs = [], []
    async with post(stack, "timers-peer.", folder, options.instances) as here:
        await here.begin()
        async with listening(here.settings) as ear:
            for _ in range(2):
                say(f"APScheduler: {options.burst:,} due at one instant")
                theirs.append(await peer.at_one_instant(stack, options.burst))
                await here.tickets.delete_many({})
                ours.append(spread((await _burst(here, ear, options.burst)).late_ms.values()))
    ratios = [t.p99 / o.p99 for t, o in zip(theirs, ours, strict=True) if t and o]
    worst = min(ratios, default=None)
    note = f"APScheduler {', '.join(quantiles(each) for each in theirs)} ms"
    return [Result("S4", "APScheduler's p99 to ours", worst, 8, "x", higher=True, note=note)]


Part = Callable[[Stack, Path, argparse.Namespace], Awaitable[list[Result]]]
PARTS: Mapping[str, Part] = {
    "many": many,
    "outage": outage,
    "retarget": retargeted,
    "peer": compared,
    "kills": killed,
}
