"""Takes over the tickets of another help desk."""

import codecs
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from deskstream.console import BAD_USE, err, fail, out, run, settings
from deskstream.importing.exported import Export, ExportedTicket
from deskstream.importing.freshdesk import read_freshdesk
from deskstream.importing.generic import Mapped, read_generic
from deskstream.importing.rows import UnreadableExportError
from deskstream.importing.sending import Progress as Sent
from deskstream.importing.sending import send
from deskstream.importing.zendesk import read_zendesk
from shared.kit.clock import SystemClock
from shared.kit.config import ConfigError, load
from shared.kit.kafka import KafkaPublisher
from shared.kit.settings import KitSettings

MOST_SHOWN = 20


class Format(StrEnum):
    ZENDESK = "zendesk"
    FRESHDESK = "freshdesk"
    GENERIC = "generic"


def import_tickets(
    file: Annotated[
        Path, typer.Argument(exists=True, help="A CSV or JSON file, or a folder of its tables.")
    ],
    form: Annotated[Format, typer.Option("--format", help="Whose export it is.")],
    mapping: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Generic only: columns and words (YAML)."),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(help="Its name here, so that two systems' ids stay apart; else the format."),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="In what the files are written, if not in UTF-8 or UTF-16.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Read and check only; nothing is sent.")] = False,
    strict: Annotated[bool, typer.Option(help="Send nothing if any ticket cannot come.")] = False,
) -> None:
    """Take over the tickets of another help desk, with their history.

    What is over there is closed here and wakes neither timers nor mails; what goes on is opened
    anew. Broken off, it goes on where it was; repeated, it takes nothing twice. Exit 1: some
    tickets could not come, as the report says.
    """
    export = _read(file, form, mapping, _known(encoding))
    tickets = list(export.without_repetitions())
    _report(export, tickets)
    behind = any(problem.severe for problem in export.problems)
    if dry_run:
        out.print("Nothing was sent: a dry run.")
    elif strict and behind:
        out.print("Nothing was sent: --strict, and some tickets cannot come.")
    elif tickets:
        _send(tickets, origin or form.value, file)
    if behind:
        raise typer.Exit(1)


def _known(encoding: str | None) -> str | None:
    try:
        return codecs.lookup(encoding).name if encoding else None
    except LookupError:
        fail(f"there is no encoding {encoding}; e.g. windows-1252, utf-16, shift_jis", BAD_USE)


def _read(file: Path, form: Format, mapping: Path | None, encoding: str | None) -> Export:
    if mapping is not None and form is not Format.GENERIC:
        fail("--mapping goes with --format generic", BAD_USE)
    try:
        if form is Format.ZENDESK:
            return read_zendesk(file, encoding)
        if form is Format.FRESHDESK:
            return read_freshdesk(file, encoding)
        mapped = load(mapping, Mapped).value if mapping else Mapped()
        return read_generic(file, mapped, encoding)
    except UnreadableExportError as error:
        fail(str(error), BAD_USE)
    except ConfigError as error:
        fail("\n".join(error.problems), BAD_USE)


def _report(export: Export, tickets: list[ExportedTicket]) -> None:
    table = Table("status there", "tickets", "messages", box=None)
    counts = Counter(ticket.status for ticket in tickets)
    for status, count in counts.items():
        messages = sum(len(each.messages) for each in tickets if each.status is status)
        table.add_row(status, str(count), str(messages))
    out.print(table)
    repeated = len(export.tickets) - len(tickets)
    out.print(
        f"{len(tickets)} tickets can come, {sum(p.severe for p in export.problems)} problems keep "
        f"others back, {repeated} are there twice, {export.left_out} were thrown away over there."
    )
    for problem in sorted(export.problems, key=lambda each: not each.severe)[:MOST_SHOWN]:
        kind = "stays behind" if problem.severe else "note"
        err.print(f"{problem.row}: {kind}: {problem.text}", soft_wrap=True)
    if len(export.problems) > MOST_SHOWN:
        err.print(f"… and {len(export.problems) - MOST_SHOWN} more")


def _send(tickets: list[ExportedTicket], origin: str, file: Path) -> None:
    progress = Sent.of(file.resolve().parent / f".{file.name}.import", tickets)
    sent = run(_publish(settings(), tickets, origin, progress))
    already = len(tickets) - sent
    went_on = f"; {already} were sent before it was broken off" if already else ""
    out.print(f"Sent {sent} tickets of {origin}{went_on}. intake numbers them as it takes them.")


async def _publish(
    chosen: KitSettings, tickets: list[ExportedTicket], origin: str, progress: Sent
) -> int:
    publisher = KafkaPublisher(chosen, "deskstream-import")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=err) as bar:
        task = bar.add_task("tickets", total=len(tickets))
        try:
            return await send(
                tickets,
                origin,
                publisher.publish,
                progress,
                now=SystemClock().now(),
                tell=lambda count: bar.advance(task, count),
            )
        finally:
            await publisher.stop()
