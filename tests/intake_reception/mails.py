"""Mails and payloads of our own making, and a desk to receive them."""

import json
from collections.abc import Mapping
from typing import Any

from services.intake.adapters.mail import read_mail
from services.intake.adapters.payload import Payload
from services.intake.app import LIFECYCLE
from services.intake.domain.message import IncomingMessage
from services.intake.domain.ticket import Policy
from services.intake.handlers.desk import ReceptionOptions
from services.intake.handlers.lifecycle import Lifecycle
from services.intake.handlers.reception import RECEPTION, Reception
from services.intake.store.lifecycle import MemoryNumbers
from shared.contracts.mail import ticket_of_message_id
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.kit.blobs import Blobs, MemoryBlobs
from tests.harness import Bench

MAILBOX = "support@desk.example"
SECRET = "a secret of the tests"


def mail(
    text: str = "The printer on floor two is on fire.",
    *,
    sender: str = "Ana Ruiz <ana@customer.example>",
    to: str = f"Support <{MAILBOX}>",
    subject: str = "Printer on fire",
    message_id: str | None = "<one@customer.example>",
    date: str = "Mon, 02 Mar 2026 09:00:00 +0100",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    fields = {"From": sender, "To": to, "Subject": subject, "Date": date}
    if message_id is not None:
        fields["Message-ID"] = message_id
    fields |= headers or {}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{head}\r\n{text}\r\n".encode()


def read(value: bytes, mailbox: str | None = MAILBOX) -> IncomingMessage:
    [message] = read_mail(
        Payload(
            value,
            "email",
            mailbox,
            is_ours=lambda each: ticket_of_message_id(each, secret=SECRET) is not None,
        )
    )
    assert isinstance(message, IncomingMessage)
    return message


def multipart(kind: str, *parts: tuple[str, str], boundary: str = "edge") -> bytes:
    """A mail of parts; each is its header lines and its body."""
    body = "".join(f"--{boundary}\r\n{head}\r\n\r\n{content}\r\n" for head, content in parts)
    return (
        f"From: ana@customer.example\r\nTo: {MAILBOX}\r\nSubject: Parts\r\n"
        f"Message-ID: <parts@customer.example>\r\n"
        f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n{body}--{boundary}--\r\n'
    ).encode()


def delivery_status(address: str, status: str, action: str = "failed") -> tuple[str, str]:
    """The machine-readable part of a bounce."""
    fields = f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}"
    return "Content-Type: message/delivery-status", f"Reporting-MTA: dns; mx\r\n\r\n{fields}"


class FrontDesk:
    """Reception and lifecycle on the bench, and hands that put input on their topic."""

    def __init__(self, blobs: Blobs | None = None, **options: Any) -> None:
        self.blobs = blobs or MemoryBlobs()
        reception = Reception(self.blobs, ReceptionOptions(SECRET, **options))
        lifecycle = Lifecycle(MemoryNumbers(), Policy())
        self.bench = Bench([(RECEPTION, reception), (LIFECYCLE, lifecycle)])

    def post(
        self,
        value: bytes,
        *,
        key: str = "ana",
        channel: str | None = "email",
        mailbox: str | None = MAILBOX,
        headers: Mapping[str, str] | None = None,
        partition: int | None = None,
    ) -> None:
        named = {"ce_channel": channel, "ce_mailbox": mailbox}
        known = {name: text for name, text in named.items() if text is not None}
        self.bench.publish_raw(
            CHANNEL_MESSAGES.name, key, value, {**known, **(headers or {})}, partition=partition
        )

    async def mails(self, *values: bytes, **where: Any) -> None:
        for value in values:
            self.post(value, **where)
        await self.bench.run()


def whatsapp(
    *messages: Mapping[str, Any], statuses: list[Mapping[str, Any]] | None = None
) -> bytes:
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "49301234567", "phone_number_id": "77"},
        "contacts": [{"profile": {"name": "Ana Ruiz"}, "wa_id": "34600111222"}],
    }
    if messages:
        value["messages"] = list(messages)
    if statuses:
        value["statuses"] = statuses
    change = {"field": "messages", "value": value}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    return json.dumps(body).encode()


def chat(text: str, message_id: str, **more: Any) -> dict[str, Any]:
    return {
        "from": "34600111222",
        "id": message_id,
        "timestamp": "1772438400",
        "type": "text",
        "text": {"body": text},
        **more,
    }


def alerts(*found: Mapping[str, Any], status: str = "firing") -> bytes:
    body = {
        "version": "4",
        "status": status,
        "receiver": "desk",
        "externalURL": "http://alerts.example:9093",
        "alerts": list(found),
    }
    return json.dumps(body).encode()


def alert(
    status: str = "firing", started: str = "2026-03-02T07:55:00.123456789Z"
) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": "DiskFull", "instance": "db-7", "severity": "critical"},
        "annotations": {"summary": "Disk nearly full", "runbook": "https://wiki.example/disk"},
        "startsAt": started,
        "endsAt": "2026-03-02T08:30:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": "c0ffee",
    }
