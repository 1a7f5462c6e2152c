"""The whole pipeline beside plain chains: at full speed and, open loop, at given rates."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from tests.bench.percentiles import median
from tests.bench.pipeline import Measured, Pipeline
from tests.bench.run import Run, say
from tests.bench.section import Bars, Section, number, quantiles
from tests.bench.yardstick import Chain, chain

APART = ("sink", "feed")  # they play the outside world: shown, but no cost of ours
NEAR_MAXIMUM = 0.9


@dataclass(slots=True)
class Found:
    chains: list[Chain] = field(default_factory=list)
    bare: list[Chain] = field(default_factory=list)
    full_speed: list[Measured] = field(default_factory=list)
    at_rate: dict[str, Measured] = field(default_factory=dict)
    chain_at: dict[str, Chain] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    idle: dict[str, float] = field(default_factory=dict)
    memory_mb: dict[str, float] = field(default_factory=dict)
    stored_kb: dict[str, float] = field(default_factory=dict)


async def measure(run: Run, *, latency: bool) -> None:
    found = Found()
    for turn in range(run.plan.rounds):
        say(f"round {turn + 1} of {run.plan.rounds}: plain chain")
        found.chains.append(await _chain(run, store=True))
        if run.plan.whole_chain:
            found.bare.append(await _chain(run, store=False))
        await _pipeline(run, found, turn, latency=latency and turn == run.plan.rounds - 1)
    await _last_chain(run, found, latency=latency and run.plan.whole_chain)
    run.report.sections.append(_speed(found))
    if latency:
        run.report.sections.append(_latency(found))
    run.report.sections.append(_costs(found))


async def _chain(run: Run, *, store: bool) -> Chain:
    async with chain(run.stack, run.folder, store=store) as plain:
        return await plain.at_full_speed(run.plan.chain)


async def _last_chain(run: Run, found: Found, *, latency: bool) -> None:
    """So that a chain ran before and after each pipeline; then at the pipeline's rates."""
    say("plain chain")
    async with chain(run.stack, run.folder, store=True) as plain:
        found.chains.append(await plain.at_full_speed(run.plan.chain))
        for name, measured in found.at_rate.items() if latency else ():
            if measured.planned_rate is not None:
                say(f"plain chain: {name}")
                found.chain_at[name] = await plain.at_rate(
                    measured.planned_rate, _seconds(run, measured.planned_rate), run.seed
                )


async def _pipeline(run: Run, found: Found, turn: int, *, latency: bool) -> None:
    say("pipeline: starts")
    async with run.desk() as deployment:
        pipeline = run.pipeline(deployment, turn)
        await pipeline.warm_up(run.plan.warm_up)
        found.idle = await pipeline.idle(run.plan.idle_seconds)
        say("pipeline: full speed")
        run.maximum = (await pipeline.at_full_speed(run.plan.full_seconds)).rate
        names = await _at_rates(run, found, pipeline) if latency else []
        found.memory_mb = pipeline.memory_mb()
        found.stored_kb = await deployment.stored_kb()
        say("pipeline: reconciles")
        measured, reconciled = await pipeline.results()
    found.full_speed.append(measured[0])
    found.at_rate |= zip(names, measured[1:], strict=True)
    run.report.reconciled.append(reconciled)


async def _at_rates(run: Run, found: Found, pipeline: Pipeline) -> list[str]:
    names = []
    halves = [run.maximum / 2] if run.plan.half_seconds else []
    for rate in (*(rate for rate, _ in run.plan.rates), *halves):
        if rate > run.maximum * NEAR_MAXIMUM:
            found.skipped.append(f"{rate:g}/s: near or above the maximum of {run.maximum:.0f}/s")
            continue
        say(f"pipeline: {rate:.0f}/s")
        await pipeline.at_rate(rate, _seconds(run, rate))
        half = rate == run.maximum / 2
        names.append(f"half of the maximum, {rate:.0f}/s" if half else f"{rate:g}/s")
    return names


def _seconds(run: Run, rate: float) -> float:
    return dict(run.plan.rates).get(rate, run.plan.half_seconds)


def _speed(found: Found) -> Section:
    section = Section("speed", "At full speed, a second, in the order of the rounds")
    chains = [each.rate for each in found.chains]
    steady = [each.sustained for each in found.full_speed]
    section.row("plain chain, 5 stages", *map(number, chains))
    if found.bare:
        section.row("the same without store", *(number(each.rate) for each in found.bare))
    section.row("pipeline, tickets, sustained", *map(number, steady))
    section.row(
        "  with start and end", *(f"{each.rate:.0f} ({each.tickets})" for each in found.full_speed)
    )
    section.row("  of the cores in use, %", *(number(in_use(each)) for each in found.full_speed))
    section.rows.append("  the middle ticket's wait until, ms, in the last round")
    for step, waits in found.full_speed[-1].waits.items():
        section.row(f"    {step}", f"{waits.p50:.0f}")
    rate, plain = median(steady), median(chains)
    section.goals = {
        "T1": rate,
        "T3": rate / plain,
        "T7": median(cost(each.cpu_ms) for each in found.full_speed),
    }
    section.figures = {
        "chains": [_with_rate(each) for each in found.chains],
        "bare": [_with_rate(each) for each in found.bare],
        "full_speed": [_with_rate(each) for each in found.full_speed],
    }
    bare = [("without store", median(c.rate for c in found.bare))] if found.bare else []
    bars = [("plain chain", plain), *bare, ("pipeline, sustained", rate)]
    section.bars.append(Bars("At full speed", "/s", bars))
    return section


def _latency(found: Found) -> Section:
    title = "Waits from the planned arrival, ms (open loop): p50 / p99 / p99.9 / worst (count)"
    section = Section("latency", title)
    for name, measured in found.at_rate.items():
        plain = found.chain_at.get(name)
        if plain is not None:
            section.row(f"{name} plain chain", quantiles(plain.wait))
        for step, waits in measured.waits.items():
            section.row(f"{name} {step}", quantiles(waits))
    for reason in found.skipped:
        section.row("skipped", reason)
    section.goals = {"T5": _p99(found.at_rate, "500/s"), "T6": _p99(found.at_rate, "20/s")}
    section.figures = {
        "at_rate": {name: asdict(each) for name, each in found.at_rate.items()},
        "chain_at": {name: asdict(each) for name, each in found.chain_at.items()},
        "skipped": found.skipped,
    }
    slowest = [(name, each.ready.p99) for name, each in found.at_rate.items() if each.ready]
    section.bars.append(Bars("Until assigned and armed, p99", "ms", slowest))
    return section


def _costs(found: Found) -> Section:
    section = Section("costs", "CPU for a ticket at full speed, ms; idle, % of a core; memory, MB")
    cpu = cpu_by_process(found.full_speed)
    for name, used in cpu.items():
        idle, memory = found.idle.get(name, 0.0), found.memory_mb.get(name, 0.0)
        apart = " (not counted)" if name in APART else ""
        section.row(name + apart, f"{used:.2f}", f"{idle:.1f}", f"{memory:.0f}")
    section.row("all that counts", f"{cost(cpu):.2f}")
    plain = median(sum(each.cpu_ms.values()) for each in found.chains)
    section.row("plain chain, whole", f"{plain:.2f}")
    asked = found.full_speed[-1].database
    told = ", ".join(f"{name} {number(count)}" for name, count in asked.items())
    section.rows.append(f"  asked of MongoDB for a ticket: {told}")
    kept = ", ".join(f"{name} {number(size)}" for name, size in found.stored_kb.items())
    section.rows.append(f"  kept of a ticket, kB of documents and of indexes: {kept}")
    section.figures = {
        "database": asked,
        "stored_kb": found.stored_kb,
        "cpu_ms": cpu,
        "idle": found.idle,
        "memory_mb": found.memory_mb,
    }
    counted = [(name, used) for name, used in cpu.items() if name not in APART]
    section.bars.append(Bars("CPU for a ticket", "ms", [*counted, ("plain chain", plain)]))
    return section


def in_use(measured: Measured) -> float:
    """Of all cores, in percent. Far from all: then it was not full speed, whatever held it back."""
    cores = os.cpu_count() or 1
    return sum(measured.cpu_ms.values()) * measured.rate / 1000 / cores * 100


def cpu_by_process(runs: Sequence[Measured]) -> dict[str, float]:
    names = dict.fromkeys(name for each in runs for name in each.cpu_ms)
    return {name: median(each.cpu_ms.get(name, 0.0) for each in runs) for name in names}


def cost(cpu_ms: Mapping[str, float]) -> float:
    """Of all that is ours, broker and database included."""
    return sum(cpu for name, cpu in cpu_ms.items() if name not in APART)


def _p99(at_rate: Mapping[str, Measured], name: str) -> float | None:
    measured = at_rate.get(name)
    return measured.ready.p99 if measured and measured.ready else None


def _with_rate(each: Chain | Measured) -> dict[str, object]:
    return {"rate": each.rate} | asdict(each)
