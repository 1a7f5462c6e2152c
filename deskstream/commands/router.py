"""Why a ticket is where it is, and what other rules would have made of last month."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pymongo import AsyncMongoClient

from deskstream.commands.router_files import (
    AgentLine,
    CaseFileError,
    agents_of,
    arrivals_of,
    shifts_of,
)
from deskstream.commands.router_report import as_json, decisions, report
from deskstream.commands.ticket_log import LogFileError, facts_in_log, facts_of, id_of
from deskstream.console import BAD_USE, fail, out, run, settings
from services.router.domain.duration import parse_duration
from services.router.domain.simulation import Simulation
from services.router.rules import FILE, load_rules
from services.sla.domain.retelling import Fact
from shared.contracts.assignment import RouterEvent
from shared.kit.admin import NotFoundError
from shared.kit.config import ConfigError
from shared.kit.settings import KitSettings

app = typer.Typer(help="Who gets which ticket, and why.", no_args_is_help=True)


@app.command()
def explain(
    ticket: Annotated[str | None, typer.Argument(help="TKT-1000, or the ticket's id.")] = None,
    events: Annotated[
        Path | None,
        typer.Option(help="A file of CloudEvents (JSON lines or a list) instead of the log."),
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="Only the last decision.")] = False,
) -> None:
    """Show each decision about a ticket: rule, reason, who was looked at, and why not they."""
    if (ticket is None) == (events is None):
        fail("say a ticket, or --events FILE", BAD_USE)
    log = run(_log(settings(), ticket)) if ticket is not None else _log_of(events)
    said = [fact for fact in log if isinstance(fact.message, RouterEvent)]
    if not said:
        fail(
            f"the router has said nothing in these {len(log)} events: either triage has not "
            "spoken yet, or `deskstream checkpoints list` tells how far the router is"
        )
    for each in decisions(said[-1:] if last else said):
        out.print(each)


async def _log(chosen: KitSettings, ticket: str) -> Sequence[Fact]:
    async with AsyncMongoClient(chosen.mongo_url, **chosen.mongo_client()) as client:
        ticket_id = await id_of(client, chosen, ticket)
        known = await client[chosen.database("router")]["tickets"].find_one({"_id": ticket_id})
    if known is None:
        raise NotFoundError(
            f"the router knows no ticket {ticket}. `deskstream checkpoints list` tells how far it "
            "is; the number is told by reporting, the id always works."
        )
    return await facts_in_log(chosen, ticket_id, known.get("created_at"))


def _log_of(file: Path | None) -> Sequence[Fact]:
    try:
        return facts_of(file.read_text("utf-8") if file is not None else "")
    except (OSError, UnicodeDecodeError, LogFileError) as error:
        fail(f"{file}: {error}", BAD_USE)


@app.command()
def simulate(
    tickets: Annotated[
        Path, typer.Option(help="CSV, JSON lines or a JSON list; created_at and what triage said.")
    ],
    rules: Annotated[
        list[Path] | None,
        typer.Option(help="A routing.yaml; given several times, they are compared."),
    ] = None,
    agents: Annotated[
        Path | None, typer.Option(help="The same forms; without it, the router's agents of now.")
    ] = None,
    handling: Annotated[
        str, typer.Option(help="How long a ticket keeps an agent busy where its line says nothing.")
    ] = "30m",
    json_: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Tell what would have happened to these tickets under these rules: waits, loads, owners.

    The decisions are the service's own; needs no service, but without --agents its database.
    docs/routing.md describes the files.
    """
    try:
        arrivals = arrivals_of(tickets, parse_duration(handling))
        people = agents_of(agents) if agents is not None else run(_agents_of_now(settings()))
        loaded = [(path, load_rules(path)) for path in rules or [settings().config_dir / FILE]]
    except ConfigError as error:
        fail("\n".join(error.problems), BAD_USE)
    except (CaseFileError, ValueError) as error:
        fail(str(error), BAD_USE)
    first, last = min(a.at for a in arrivals), max(a.at for a in arrivals)
    shifts = list(shifts_of(people, first, last + timedelta(days=7)))
    courses = [(path, Simulation(routing).run(shifts, arrivals)) for path, routing in loaded]
    if json_:
        print(json.dumps({str(path): as_json(course) for path, course in courses}, indent=2))
        return
    for path, course in courses:
        for each in report(path, course):
            out.print(each)


async def _agents_of_now(chosen: KitSettings) -> list[AgentLine]:
    async with AsyncMongoClient(chosen.mongo_url, **chosen.mongo_client()) as client:
        found = await client[chosen.database("router")]["agents"].find().to_list()
    if not found:
        fail("the router knows no agents yet; describe them in a file and say --agents FILE")
    return [AgentLine.model_validate(_as_line(each)) for each in found]


def _as_line(document: dict[str, Any]) -> dict[str, Any]:
    pairs = {name: dict(document.get(name) or ()) for name in ("skills", "channel_capacity")}
    return {**document, **pairs}
