"""Promises and their clocks, checked from outside."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pymongo import AsyncMongoClient
from rich.text import Text

from deskstream.commands.sla_drawing import Drawing
from deskstream.commands.sla_retarget import moved_over, rehearsed, table_of
from deskstream.commands.ticket_log import LogFileError, facts_in_log, facts_of, id_of
from deskstream.console import BAD_USE, fail, out, run, settings
from services.sla.domain.case_file import answers
from services.sla.domain.clock_story import ClockStory, stories_of
from services.sla.domain.policy import Rules
from services.sla.domain.rehearsal import Rehearsal
from services.sla.domain.retelling import Fact, retold
from services.sla.rules import FILE, load_rules
from shared.contracts.sla import SlaEvent
from shared.kit.admin import NotFoundError
from shared.kit.config import ConfigError
from shared.kit.settings import KitSettings

app = typer.Typer(help="Promises to requesters, and what became of them.", no_args_is_help=True)


@app.command()
def due(
    file: Annotated[
        Path | None, typer.Argument(help="JSON lines or a JSON list; without it or with -: stdin.")
    ] = None,
) -> None:
    """Answer questions of business time, a JSON line for each; needs no service.

    A question has id, kind, calendar and start. Kind add has seconds too, and is answered with
    the end in UTC; kind elapsed has an end, and is answered with the seconds between. Both may
    have holds. docs/sla.md shows all of it. What cannot be answered gives id and error, and exit
    code 1 at the end.
    """
    failed = False
    for given in answers(_text(file)):
        failed |= given.failed
        sys.stdout.write(json.dumps(given.line, separators=(",", ":")) + "\n")
    sys.stdout.flush()
    if failed:
        raise typer.Exit(1)


def _text(file: Path | None) -> str:
    try:
        if file is None or str(file) == "-":
            return sys.stdin.buffer.read().decode()
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"cannot read {file or 'stdin'}: {error}", BAD_USE)


@app.command()
def explain(
    ticket: Annotated[str | None, typer.Argument(help="TKT-1000, or the ticket's id.")] = None,
    events: Annotated[
        Path | None,
        typer.Option(help="A file of CloudEvents (JSON lines or a list) instead of the log."),
    ] = None,
    recompute: Annotated[
        bool, typer.Option(help="What the policies as they are now make of it, not what was said.")
    ] = False,
    zone: Annotated[str | None, typer.Option(help="Show times in it; else the schedule's.")] = None,
) -> None:
    """Draw a ticket's clocks: when they ran, paused, warned, were due, and how they ended.

    The log is read, and the policies in the folder of the configuration; events of a file that
    holds nothing from sla are judged by these policies.
    """
    if (ticket is None) == (events is None):
        fail("say a ticket, or --events FILE", BAD_USE)
    rules = _rules()
    log = run(_log(settings(), ticket)) if ticket is not None else _log_of(events)
    now = datetime.now(UTC)
    if recompute or not any(isinstance(fact.message, SlaEvent) for fact in log):
        log = retold(log, rules, now)
    stories = stories_of(log)
    if not stories:
        fail(
            f"nothing was promised in these {len(log)} events: no policy fits, or the ticket is "
            "not triaged yet"
        )
    for line in Drawing(
        stories, rules.schedules, now=now, zone=_zone(zone, stories, rules), width=out.width
    ).lines():
        out.print(line, no_wrap=True, overflow="ellipsis")
    _warn_of_versions(stories, rules)


def _rules(file: Path | None = None) -> Rules:
    path = file or settings().config_dir / FILE
    try:
        return load_rules(path)
    except ConfigError as error:
        fail("\n".join(error.problems), BAD_USE)


def _log_of(file: Path | None) -> Sequence[Fact]:
    try:
        return facts_of(_text(file))
    except LogFileError as error:
        fail(f"{file}: {error}", BAD_USE)


async def _log(chosen: KitSettings, ticket: str) -> Sequence[Fact]:
    ticket_id, since = await _known(chosen, ticket)
    return await facts_in_log(chosen, ticket_id, since)


async def _known(chosen: KitSettings, ticket: str) -> tuple[str, datetime]:
    """The ticket's id, and when its clocks began."""
    async with AsyncMongoClient(chosen.mongo_url, **chosen.mongo_client()) as client:
        ticket_id = await id_of(client, chosen, ticket)
        state = await client[chosen.database("sla")]["tickets"].find_one({"_id": ticket_id})
    if state is None:
        raise NotFoundError(
            f"sla knows no ticket {ticket}. `deskstream checkpoints list` tells how far sla is."
        )
    return ticket_id, min(clock["started_at"] for clock in state["clocks"].values())


def _zone(name: str | None, stories: Sequence[ClockStory], rules: Rules) -> ZoneInfo:
    if name is not None:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            fail(f'"{name}" is no IANA time zone; write one like Europe/Berlin', BAD_USE)
    return rules.schedule(stories[0].schedule).zone


def _warn_of_versions(stories: Sequence[ClockStory], rules: Rules) -> None:
    old = sorted({s.policy_version for s in stories if s.policy_version != rules.version})
    if old:
        text = (
            f"The policies here are version {rules.version}; the ticket's were {', '.join(old)}: "
            "where the desk is drawn closed may have been different then."
        )
        out.print(Text(text, "yellow"))


@app.command()
def retarget(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change; needs no service.")
    ] = False,
    rules: Annotated[
        Path | None, typer.Option(help="With --dry-run: a file that is not in force yet.")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Until no open ticket is left behind.")] = True,
) -> None:
    """Move open tickets over to the policies as they are now; what has passed stays passed.

    A running service does so by itself when the file changes, unless DESKSTREAM_SLA_RETARGET is
    false. It takes the version that it has in force: a file with an error changes nothing.
    """
    if rules is not None and not dry_run:
        fail("--rules goes with --dry-run: the services read the file in the folder", BAD_USE)
    policies = _rules(rules)
    if dry_run:
        _show(run(rehearsed(settings(), policies)), policies)
        return
    run(moved_over(settings(), policies.version, _report, wait=wait))


def _show(rehearsal: Rehearsal, policies: Rules) -> None:
    out.print(
        f"{rehearsal.tickets:,} open tickets do not follow version {policies.version} yet; "
        f"{rehearsal.retargeted:,} of them would get other targets."
    )
    for (before, after), count in rehearsal.moves.most_common():
        if before != after:
            out.print(f"  {count:,} from {before} to {after}")
    if rehearsal.effects:
        out.print(table_of(rehearsal))


def _report(left: int) -> None:
    out.print(f"{left:,} open tickets are left behind" if left else "every open ticket follows")
