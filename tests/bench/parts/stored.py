"""What tickets that lie open in the stores cost those that come."""

import asyncio
from dataclasses import asdict

from deskstream.services import SERVICES
from tests.bench.cloning import ORIGIN
from tests.bench.desk import Desk
from tests.bench.parts.whole import cost
from tests.bench.pipeline import Measured, Pipeline
from tests.bench.plans import MILLION
from tests.bench.run import Run, say
from tests.bench.section import Bars, Section, number
from tests.bench.stores import Templates, fill, originals

ORIGINALS = 250
START_SECONDS = 900.0  # the router counts the load of all owned tickets at its start


async def measure(run: Run) -> None:
    """Before and after the others an empty deployment: the machine drifts."""
    say("open tickets: none")
    first = await _empty(run)
    stored = await _stored(run)
    say("open tickets: none, again")
    last = await _empty(run)
    run.report.sections.append(_section(first, stored, last))


async def _empty(run: Run) -> Measured:
    async with run.desk() as deployment:
        pipeline = run.pipeline(deployment)
        await pipeline.warm_up(run.plan.warm_up)
        await pipeline.at_full_speed(run.plan.full_seconds)
        [measured], reconciled = await pipeline.results()
    run.report.reconciled.append(reconciled)
    return measured


async def _stored(run: Run) -> dict[int, Measured]:
    async with run.desk() as deployment:
        pipeline = run.pipeline(deployment)
        await pipeline.warm_up(ORIGINALS, ORIGIN)
        await pipeline.settled()
        templates, copied = await originals(deployment), 1
        for count in run.plan.open_tickets:
            wanted = max(count // ORIGINALS, copied)
            say(f"open tickets: fills the stores with {count}")
            await _fill(deployment, templates, copied, wanted)
            copied = wanted
            say(f"open tickets: {count}")
            await deployment.take_stock(pipeline.through)
            await _with(run, pipeline, count)
        measured, reconciled = await pipeline.results()
    run.report.reconciled.append(reconciled)
    return dict(zip(run.plan.open_tickets, measured, strict=True))


async def _fill(deployment: Desk, templates: Templates, first: int, last: int) -> None:
    fleet = deployment.fleet
    await asyncio.to_thread(fleet.stop_some, SERVICES)
    await fill(deployment, templates, first, last)
    for service in SERVICES:
        fleet.start_one(service)
    await fleet.ready(within=START_SECONDS)


async def _with(run: Run, pipeline: Pipeline, count: int) -> None:
    await pipeline.warm_up(run.plan.warm_up, f"warm{count}")
    await pipeline.at_full_speed(run.plan.full_seconds)


def _section(first: Measured, stored: dict[int, Measured], last: Measured) -> Section:
    section = Section("stored", "With tickets open in the stores; CPU of a ticket, ms")
    section.row("", "tickets/s", "to none", "all", "mongod", "router")
    none = (first.sustained + last.sustained) / 2
    named = {"none": first} | {f"{count:,}": each for count, each in stored.items()}
    for name, each in (*named.items(), ("none, again", last)):
        mongod, router = each.cpu_ms.get("mongod"), each.cpu_ms.get("router")
        section.row(
            name,
            number(each.sustained),
            f"{each.sustained / none:.2f}",
            number(cost(each.cpu_ms)),
            number(mongod),
            number(router),
        )
    if MILLION in stored:
        section.goals["T8b"] = stored[MILLION].sustained / none
    section.figures = {name: asdict(each) for name, each in named.items()}
    section.figures["none, again"] = asdict(last)
    rates = [(f"{name} open", each.sustained) for name, each in named.items()]
    section.bars.append(Bars("With tickets open in the stores", "tickets/s", rates))
    return section
