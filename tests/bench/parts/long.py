"""Longer loads: a burst that lay there at once, a rate kept up, memory under half of the load."""

import asyncio
from contextlib import suppress
from dataclasses import asdict

from tests.bench.parts.whole import cost
from tests.bench.pipeline import Pipeline
from tests.bench.plans import FULL
from tests.bench.run import Run, say
from tests.bench.section import Section, number
from tests.bench.steadiness import slope

MEMORY_SECONDS = 5.0
SETTLED = 1 / 3  # of a soak: until then caches fill


async def burst(run: Run) -> None:
    count = run.plan.burst
    say(f"burst of {count}: starts")
    async with run.desk() as deployment:
        pipeline = run.pipeline(deployment)
        await pipeline.warm_up(run.plan.warm_up)
        say(f"burst of {count}")
        await pipeline.burst(count)
        [measured], reconciled = await pipeline.results()
    section = Section("burst", f"A burst of {count}, all there at once")
    section.row("until all were through, s", number(measured.seconds))
    for step, rate in measured.rates.items():
        section.row(f"  {step}, a second", number(rate))
    section.row("CPU for a ticket, ms", number(cost(measured.cpu_ms)))
    section.figures = asdict(measured)
    if count >= FULL.burst:
        section.goals["T8"] = measured.seconds
    run.report.sections.append(section)
    run.report.reconciled.append(reconciled)


async def sustained(run: Run, seconds: float, rate: float | None) -> None:
    """At the given rate, open loop; without one, as much as goes through."""
    say(f"sustained for {seconds:.0f} s: starts")
    async with run.desk() as deployment:
        pipeline = run.pipeline(deployment)
        await pipeline.warm_up(run.plan.warm_up)
        say(f"sustained for {seconds:.0f} s")
        if rate is None:
            await pipeline.at_full_speed(seconds)
        else:
            await pipeline.at_rate(rate, seconds)
        memory = pipeline.memory_mb()
        say("sustained: reconciles")
        [measured], reconciled = await pipeline.results()
    asked = "as much as goes through" if rate is None else f"{rate:g}/s offered"
    section = Section("sustained", f"{seconds:.0f} s, {asked}")
    section.row("tickets, seconds", measured.tickets, f"{measured.seconds:.0f}")
    section.row("tickets a second, sustained", number(measured.sustained))
    section.row("the slowest ten seconds", number(measured.slowest))
    section.row("CPU for a ticket, ms", number(cost(measured.cpu_ms)))
    section.figures = asdict(measured) | {"memory_mb": memory}
    if rate is None or measured.sustained > (run.report.values()["T1"] or 0.0):
        section.goals = {"T1": measured.sustained, "T7": cost(measured.cpu_ms)}
    run.report.sections.append(section)
    run.report.reconciled.append(reconciled)


async def soak(run: Run, minutes: float, rate: float | None) -> None:
    """Half of the maximum, or the given rate."""
    rate = rate or run.maximum / 2
    say(f"soak for {minutes:g} min at {rate:.0f}/s: starts")
    async with run.desk() as deployment:
        pipeline = run.pipeline(deployment)
        await pipeline.warm_up(run.plan.warm_up)
        say(f"soak for {minutes:g} min at {rate:.0f}/s")
        looks: list[dict[str, float]] = []
        looking = asyncio.create_task(_look(pipeline, looks))
        try:
            await pipeline.at_rate(rate, minutes * 60)
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
        say("soak: reconciles")
        [measured], reconciled = await pipeline.results()
    run.report.sections.append(_memory(looks, minutes, rate, measured.tickets))
    run.report.reconciled.append(reconciled)


async def _look(pipeline: Pipeline, looks: list[dict[str, float]]) -> None:
    while True:
        looks.append(pipeline.memory_mb())
        await asyncio.sleep(MEMORY_SECONDS)


def _memory(looks: list[dict[str, float]], minutes: float, rate: float, tickets: int) -> Section:
    title = f"Memory, {minutes:g} min at {rate:.0f}/s, MB: after a third, at the end, MB a minute"
    section = Section("soak", title)
    settled = looks[int(len(looks) * SETTLED) :]
    growth = {}
    for name in settled[0]:
        line = [(i * MEMORY_SECONDS / 60, look[name]) for i, look in enumerate(settled)]
        growth[name] = slope(line) or 0.0
        section.row(name, number(line[0][1]), number(line[-1][1]), f"{growth[name]:+.2f}")
    section.figures = {"tickets": tickets, "mb_a_minute": growth, "looks": looks}
    ours = [each for name, each in growth.items() if name not in OUTSIDE]
    section.goals["C19"] = max(ours)
    return section


# The servers fill their caches, the embedded broker keeps all that it is given, we the ledger.
OUTSIDE = ("sink", "feed", "broker", "mongod")
