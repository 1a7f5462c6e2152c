"""`deskstream contracts`: export what others need to know of the messages, and guard it."""

from pathlib import Path
from typing import Annotated

import typer

from deskstream.contracts.exporting import (
    UnknownRevisionError,
    broken_by,
    committed_schemas,
    exported,
    findings,
    todays_schemas,
    write,
)
from deskstream.contracts.stages import stages_of_services

app = typer.Typer(
    help="The messages' JSON Schemas, the AsyncAPI document and docs/events.md.",
    no_args_is_help=True,
)

Docs = Annotated[
    Path,
    typer.Option(
        help="The folder of the documentation.", exists=True, file_okay=False, show_default=True
    ),
]


@app.command()
def export(
    docs: Docs = Path("docs"),
    allow_breaking: Annotated[
        bool,
        typer.Option(help="Overwrite also where that breaks readers: before a first release."),
    ] = False,
) -> None:
    """Write the exported files anew from the classes in shared/contracts/.

    Refuses a change that would break somebody: that needs a new version of the type, which is a
    new class with the same name and a higher `version` beside the old one.
    """
    breaking = broken_by(committed_schemas(docs), todays_schemas())
    if breaking and not allow_breaking:
        _fail([*breaking, "Nothing was written."])
    touched = write(docs, exported(stages_of_services()))
    for path in touched:
        typer.echo(f"wrote {docs / path}")
    typer.echo(f"{len(touched)} files changed.")


@app.command()
def check(
    docs: Docs = Path("docs"),
    against: Annotated[
        str | None,
        typer.Option(help="Compare with the schemas of this git revision, such as origin/main."),
    ] = None,
) -> None:
    """Exit with 1 if the exported files are out of date or a change would break somebody."""
    try:
        found = findings(docs, stages_of_services(), against)
    except UnknownRevisionError as error:
        raise typer.BadParameter(str(error), param_hint="--against") from error
    if not found.breaking and not found.outdated:
        typer.echo("The exported files tell of today's messages, and no change breaks anybody.")
        return
    hint = ["Run `deskstream contracts export`."] if not found.breaking else []
    _fail([*found.breaking, *found.outdated, *hint])


def _fail(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(1)
