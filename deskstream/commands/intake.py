"""Shows what intake reads in files, without any service running."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deskstream.console import BAD_USE, err, fail
from deskstream.explaining import error_of, explained
from services.intake.adapters.channels import ADAPTERS
from services.intake.domain.message import NoMessage
from shared.kit.config import did_you_mean

app = typer.Typer(help="What intake makes of raw input.", no_args_is_help=True)


@app.callback()
def intake() -> None:
    """Make `parse` a command of its own, though there is only this one."""


@app.command()
def parse(
    files: Annotated[list[Path], typer.Argument(exists=True, help="Files, or folders of files.")],
    channel: Annotated[
        str | None,
        typer.Option(help=f"{', '.join(ADAPTERS)}. Without it the input's shape tells."),
    ] = None,
    mailbox: Annotated[
        str | None, typer.Option(help="The address or number that it came in by.")
    ] = None,
) -> None:
    """Print each message as a line of JSON: sender, text, attachments, verdicts.

    What can not be read is a line with "error"; the rest goes on. Statuses, reactions and the like
    are no messages: standard error names them. Needs neither Kafka nor MongoDB.
    """
    if channel is not None and channel not in ADAPTERS:
        hint = did_you_mean(channel, list(ADAPTERS)) or "."
        fail(f"there is no channel {channel}{hint} There are {', '.join(ADAPTERS)}.", BAD_USE)
    for file in _files(files):
        _print(file, channel, mailbox)


def _print(file: Path, channel: str | None, mailbox: str | None) -> None:
    try:
        value = file.read_bytes()
    except OSError as error:
        _write(error_of(str(file), f"cannot be opened: {error.strerror}"))
        return
    for found in explained(value, str(file), channel, mailbox):
        if isinstance(found, NoMessage):
            err.print(f"{file}: no message: {found.reason}", soft_wrap=True)
        else:
            _write(found)


def _write(record: dict[str, object]) -> None:
    sys.stdout.buffer.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Of a folder all files below it, by name; hidden ones are left out."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        below = (each for each in path.rglob("*") if each.is_file())
        yield from sorted(each for each in below if not _is_hidden(each.relative_to(path)))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
