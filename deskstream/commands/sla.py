"""Promises and their clocks, checked from outside."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deskstream.console import BAD_USE, fail
from services.sla.domain.case_file import answers

app = typer.Typer(help="Promises to requesters, and what became of them.", no_args_is_help=True)


@app.callback()
def _sla() -> None:
    """Promises to requesters, and what became of them."""


@app.command()
def due(
    file: Annotated[
        Path | None, typer.Argument(help="JSON lines or a JSON list; without it or with -: stdin.")
    ] = None,
) -> None:
    """Answer questions of business time, one JSON line each; needs no service.

    {"id": "1", "kind": "add", "start": "2026-03-27T16:00:00+01:00", "seconds": 7200,
     "calendar": {"timezone": "Europe/Berlin", "hours": {"mon": [["09:00", "17:00"]]}}}
    gives {"id": "1", "end": "2026-03-30T09:00:00Z"}. Of kind elapsed, with an end, it gives
    {"id", "seconds"}. A question that cannot be answered gives {"id", "error"}, and exit code 1.
    """
    failed = False
    for given in answers(_text(file)):
        failed |= given.failed
        sys.stdout.buffer.write(orjson.dumps(given.line, default=str) + b"\n")
    sys.stdout.buffer.flush()
    if failed:
        raise typer.Exit(1)


def _text(file: Path | None) -> str:
    try:
        if file is None or str(file) == "-":
            return sys.stdin.buffer.read().decode()
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"cannot read {file or 'stdin'}: {error}", BAD_USE)
