"""Puts a file onto channel.messages as if it came from a channel."""

from pathlib import Path
from typing import Annotated
from uuid import uuid4

import orjson
import typer

from deskstream.console import BAD_USE, fail, out, run, settings
from shared.contracts.channel import MessageReceived, RawMessage
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.kit.clock import SystemClock
from shared.kit.decoding import read
from shared.kit.kafka import KafkaPublisher
from shared.kit.records import Publication
from shared.kit.settings import KitSettings

SUFFIXES = {".eml": "email", ".json": "canonical"}


def send(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An .eml or .json.")],
    channel: Annotated[
        str | None,
        typer.Option(help="email, whatsapp, alertmanager …; .eml is email, .json canonical."),
    ] = None,
    mailbox: Annotated[str, typer.Option(help="The address it came in by.")] = "support@localhost",
    message_id: Annotated[
        str | None, typer.Option("--id", help="CloudEvents id; the same id twice is one message.")
    ] = None,
) -> None:
    """Send a file in, as a channel's gateway would.

    The reply is the record's id; `deskstream ticket show` finds what became of it.
    """
    name = channel or SUFFIXES.get(file.suffix.lower())
    if name is None:
        fail(f"{file.name}: say --channel, its ending names none", BAD_USE)
    publication = _publication(file, name, mailbox, message_id or str(uuid4()))
    run(_publish(settings(), publication))
    headers = dict(publication.headers)
    out.print(f"sent {file.name} as {name}, id {(headers['ce_id'] or b'').decode()}")


def _publication(file: Path, channel: str, mailbox: str, message_id: str) -> Publication:
    value = file.read_bytes()
    kind, key = RawMessage.type_name(), file.name
    if channel == "canonical":
        try:
            message = read(MessageReceived, value)
        except ValueError as error:
            fail(f"{file.name}: {error}", BAD_USE)
        if not isinstance(message, MessageReceived):
            raise TypeError
        kind, channel = message.type_name(), message.channel
        key = message.conversation or str(message.sender.address or message.sender.customer_id)
        value = orjson.dumps(orjson.loads(value))
    envelope = Envelope(
        id=message_id,
        type=kind,
        source="/deskstream/send",
        time=SystemClock().now(),
        subject="",
    )
    headers = [pair for pair in envelope.to_headers() if pair[0] != "content-type"]
    content_type = {"email": "message/rfc822"}.get(channel, "application/json")
    headers += [
        ("content-type", content_type.encode()),
        ("ce_channel", channel.encode()),
        ("ce_mailbox", mailbox.encode()),
    ]
    return Publication(CHANNEL_MESSAGES.name, key.encode(), value, tuple(headers))


async def _publish(chosen: KitSettings, publication: Publication) -> None:
    publisher = KafkaPublisher(chosen, "deskstream-send")
    try:
        await publisher.publish([publication])
    finally:
        await publisher.stop()
