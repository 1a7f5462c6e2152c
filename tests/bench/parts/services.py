"""Each service alone; what more people, rules and processes of it change."""

from collections.abc import Sequence
from dataclasses import asdict

from deskstream.services import SERVICES
from tests.bench import rulebooks
from tests.bench.alone import Alone, alone
from tests.bench.desk import People
from tests.bench.run import Run, say
from tests.bench.section import Bars, Section, number
from tests.bench.tape import Tape, record


async def tape_of(run: Run) -> Tape:
    """Recorded once for all parts."""
    if run.tape is None:
        tickets = run.plan.tape
        say(f"records {tickets} tickets, to play them to each service alone")
        async with run.desk() as deployment:
            pipeline = run.pipeline(deployment)
            await pipeline.warm_up(tickets, "tape")
            _, reconciled = await pipeline.results()
            run.report.reconciled.append(reconciled)
            run.tape = await record(deployment, tickets)
    return run.tape


async def each(run: Run) -> None:
    tape = await tape_of(run)
    found = []
    for service in SERVICES:
        say(f"{service} alone")
        found.append(await alone(run, tape, service))
    section = _section("alone", "Each service alone", {one.service: one for one in found})
    section.bars.append(
        Bars("Each service alone", "tickets/s", [(one.service, one.tickets_rate) for one in found])
    )
    run.report.sections.append(section)


async def people_and_rules(run: Run) -> None:
    tape, plan, found = await tape_of(run), run.plan, {}
    for count in plan.agents:
        say(f"router with {count} agents")
        found[f"router, {count:,} agents"] = await alone(
            run, tape, "router", people=People(agents=count)
        )
    for count in plan.customers:
        say(f"intake with {count} customers")
        found[f"intake, {count:,} customers"] = await alone(
            run, tape, "intake", people=People(customers=count)
        )
    for more in (0, *plan.phrases):
        folder = run.folder / f"phrases-{more}"
        rulebooks.with_phrases(folder, more)
        say(f"triage with {more} more phrases")
        found[f"triage, {more:,} more phrases"] = await alone(
            run, tape, "triage", config_dir=folder
        )
    for more in (0, *plan.routing_rules):
        folder = run.folder / f"rules-{more}"
        rulebooks.with_routing_rules(folder, more)
        say(f"router with {more} more rules")
        found[f"router, {more:,} more rules"] = await alone(run, tape, "router", config_dir=folder)
    title = "What the number of people and rules costs, that service alone"
    run.report.sections.append(_section("people", title, found))


async def instances(run: Run) -> None:
    tape, found = await tape_of(run), {}
    for service in SERVICES:
        for count in run.plan.instances:
            say(f"{service}, {count} of it")
            found[f"{count} {service}"] = await alone(run, tape, service, instances=count)
    title = "One, two and more processes of a service, alone, on the same cores"
    run.report.sections.append(_section("instances", title, found))


def _section(name: str, title: str, found: "dict[str, Alone]") -> Section:
    section = Section(name, f"{title}; CPU of an event, µs, and of a ticket, ms")
    section.row("", "tickets/s", "events/s", "itself", "mongod", "broker", "a ticket")
    for label, one in found.items():
        section.row(label, number(one.tickets_rate), number(one.events_rate), *_costs(one))
    section.figures = {label: asdict(one) for label, one in found.items()}
    return section


def _costs(one: Alone) -> Sequence[str]:
    by_process = (one.cpu_us.get(name, 0.0) for name in (one.service, "mongod", "broker"))
    return [*(f"{us:.0f}" for us in by_process), f"{one.cpu_ms_a_ticket():.2f}"]
