"""Says whether intake could read a file, before anybody sends it."""

from pathlib import Path
from typing import Annotated

import typer

from deskstream.commands.send import SUFFIXES
from deskstream.console import BAD_USE, fail, out
from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.payload import Payload
from services.intake.domain.message import IncomingMessage, UnreadableError
from shared.contracts.channel import MessageReceived
from shared.kit.decoding import read


def validate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An .eml or .json.")],
    channel: Annotated[
        str | None, typer.Option(help=f"canonical, {', '.join(sorted(ADAPTERS))}.")
    ] = None,
) -> None:
    """Check a record's value as intake would read it; says what is wrong and where.

    Needs neither Kafka nor MongoDB.
    """
    name = channel or SUFFIXES.get(file.suffix.lower())
    if name is None or (name != "canonical" and name not in ADAPTERS):
        known = ", ".join(["canonical", *sorted(ADAPTERS)])
        fail(f"{file.name}: say --channel, one of {known}", BAD_USE)
    value = file.read_bytes()
    try:
        if name == "canonical":
            message = read(MessageReceived, value)
            found = 1 if isinstance(message, MessageReceived) else 0
        else:
            found = _messages(value, name)
    except (ValueError, UnreadableError) as error:
        fail(f"{file.name}: {error}")
    out.print(f"{file.name}: fine, {found} message(s) for intake")


def _messages(value: bytes, channel: str) -> int:
    parsed = ADAPTERS[channel](Payload(value, channel))
    return sum(1 for each in parsed if isinstance(each, IncomingMessage))
