"""What TLS and passwords between the services and Apache Kafka cost."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from tests.bench.parts.whole import cost
from tests.bench.percentiles import median
from tests.bench.pipeline import Measured
from tests.bench.run import Run, say
from tests.bench.section import Bars, Section, number
from tests.bench.secure import two_doors

OPEN: Mapping[str, Any] = {}


async def measure(run: Run) -> None:
    """In turns on one broker, so that nothing else differs."""
    say("Apache Kafka with and without TLS: starts")
    without: list[Measured] = []
    secured: list[Measured] = []
    with two_doors() as (stack, settings):
        there = replace(run, stack=stack)
        for turn in range(run.plan.rounds):
            say(f"round {turn + 1} of {run.plan.rounds}: without TLS")
            without.append(await _full_speed(there, OPEN))
            say(f"round {turn + 1} of {run.plan.rounds}: with TLS and passwords")
            secured.append(await _full_speed(there, settings))
    run.report.sections.append(_section(without, secured))


async def _full_speed(run: Run, settings: Mapping[str, Any]) -> Measured:
    async with run.desk(**settings) as deployment:
        pipeline = run.pipeline(deployment)
        await pipeline.warm_up(run.plan.warm_up)
        await pipeline.at_full_speed(run.plan.full_seconds)
        [measured], reconciled = await pipeline.results()
    run.report.reconciled.append(reconciled)
    return measured


def _section(without: list[Measured], secured: list[Measured]) -> Section:
    title = "Apache Kafka with TLS and passwords: tickets a second, in the order of the rounds"
    section = Section("security", title)
    rates = {}
    for name, runs in (("without", without), ("with TLS and passwords", secured)):
        section.row(name, *(number(each.sustained) for each in runs))
        cpu = median(cost(each.cpu_ms) for each in runs)
        broker = median(each.cpu_ms.get("broker", 0.0) for each in runs)
        section.row("  CPU of a ticket, ms: all, broker", number(cpu), number(broker))
        rates[name] = median(each.sustained for each in runs)
    section.goals["X9"] = rates["with TLS and passwords"] / rates["without"]
    section.figures = {
        "without": [asdict(each) for each in without],
        "secured": [asdict(each) for each in secured],
    }
    section.bars.append(Bars("Apache Kafka", "tickets/s", list(rates.items())))
    return section
