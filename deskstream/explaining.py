"""What intake makes of a file: one JSON object a message, or what is wrong with it."""

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.payload import Payload, payloads_in
from services.intake.adapters.recognition import recognised
from services.intake.domain.message import (
    BounceReport,
    IncomingMessage,
    NoMessage,
    Person,
    UnreadableError,
)
from shared.contracts.fields import reveal

Record = dict[str, Any]


def explained(
    value: bytes, file: str, channel: str | None, mailbox: str | None = None
) -> Iterator[Record | NoMessage]:
    """In the payload's order. An input that is no message of anybody says why it is none."""
    for payload in payloads_in(value.removeprefix(BOM_UTF8)):
        yield from _explained(payload, file, channel, mailbox)


def _explained(
    value: bytes, file: str, channel: str | None, mailbox: str | None
) -> Iterator[Record | NoMessage]:
    name = channel or recognised(value)
    try:
        found = ADAPTERS[name](Payload(value, name, mailbox))
    except UnreadableError as error:
        yield {"file": file, "channel": name, "error": str(error)}
        return
    except Exception as error:  # noqa: BLE001 - one file must not keep the others from being read
        reason = f"intake fails on it, which is a bug: {type(error).__name__}: {error}"
        yield {"file": file, "channel": name, "error": reason}
        return
    for each in found:
        yield each if isinstance(each, NoMessage) else record_of(each, file)


def record_of(message: IncomingMessage, file: str) -> Record:
    """`references` runs as in mail: what began the thread first, what is answered last."""
    return {
        "file": file,
        "channel": message.channel,
        "from": message.sender.address,
        "from_name": message.sender.name,
        "to": _addresses(message.to),
        "cc": _addresses(message.cc),
        "reply_to": message.reply_to.address if message.reply_to else None,
        "subject": message.subject,
        "date": _time(message.sent_at),
        "message_id": message.external_id if message.channel == "email" else None,
        "references": list(reversed(message.references)),
        "text": message.text,
        "new_text": message.text if message.new_text is None else message.new_text,
        "quoted_text": message.quoted_text,
        "html": message.html,
        "attachments": _attachments(message),
        "automatic": message.automatic,
        "signals": list(message.signals),
        "bounce": _bounce(message.bounce),
        "external_id": message.external_id,
        "conversation": message.conversation,
    }


def error_of(file: str, reason: str) -> Record:
    return {"file": file, "error": reason}


def _addresses(people: tuple[Person, ...]) -> list[str]:
    return [person.address or person.name or "" for person in people]


def _attachments(message: IncomingMessage) -> list[Mapping[str, Any]]:
    described = [
        {
            "filename": reveal(each.filename),
            "content_type": each.content_type,
            "size": each.size,
            "inline": each.inline,
        }
        for each in message.described
    ]
    found = [
        {
            "filename": each.filename,
            "content_type": each.content_type,
            "size": len(each.data),
            "inline": each.inline,
        }
        for each in message.attachments
    ]
    return [*described, *found]


def _bounce(report: BounceReport | None) -> Record | None:
    if report is None:
        return None
    return {"address": report.address, "status": report.status, "hard": report.hard}


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
