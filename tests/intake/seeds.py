"""What the fuzzer starts from: inputs of our own making, and the public samples where at hand."""

import csv
from collections.abc import Iterator
from pathlib import Path

import orjson

from services.intake.adapters.recognition import recognised
from tests.intake.mutating import Seeds
from tests.intake_channels import test_mail_webhooks as webhooks
from tests.intake_channels.reading import form
from tests.intake_channels.test_slack import RICH, VIEW
from tests.intake_channels.test_twilio import ADDED
from tests.intake_reception.mails import (
    alert,
    alerts,
    chat,
    delivery_status,
    mail,
    multipart,
    whatsapp,
)
from tests.intake_reception.test_packed_files import FILE, uuencoded, with_winmail

PUBLIC = Path(__file__).parents[2].parent / "shared" / "data" / "public"
LARGEST_SEED = 60_000  # larger ones cost time and teach nothing

MAILS = [
    mail(headers={"Cc": "=?utf-8?q?J=C3=B6rg?= <j@x.example>", "References": "<a@x> <b@x>"}),
    mail("Hi\r\n\r\nOn Mon, 2 Mar 2026, S wrote:\r\n> a\r\nyes\r\n> b\r\n-- \r\nAna"),
    mail(uuencoded(b"picture" * 20)),
    mail("<p>Hi<blockquote>old</blockquote></p>", headers={"Content-Type": "text/html"}),
    with_winmail(FILE),
    multipart(
        "alternative",
        ("Content-Type: text/plain; charset=utf-7", "H+AOk-llo"),
        ("Content-Type: text/html; charset=utf-8", "<table><tr><td>a<td>b</table><img src=x>"),
    ),
    multipart(
        "mixed",
        ("Content-Type: multipart/related; boundary=in", "--in\r\n\r\nHi\r\n--in--"),
        ("Content-Type: image/png; name*=utf-8''a%20b.png", "aGk="),
        ("Content-Type: message/rfc822", "Subject: inner\r\n\r\nHi"),
        ("Content-Type: text/calendar", "BEGIN:VCALENDAR\r\nSUMMARY:Talk\r\nEND:VCALENDAR"),
    ),
    multipart(
        'report; report-type="delivery-status"',
        ("Content-Type: text/plain", "User unknown"),
        delivery_status("gone@x.example", "5.1.1"),
    ),
]
MESSAGE = {
    "mid": "m",
    "text": "Hi",
    "attachments": [{"type": "file", "payload": {"url": "https://x"}}],
}
EVENTS = [{"sender": {"id": "7"}, "message": MESSAGE, "timestamp": 1772442000123}]
META = {"entry": [{"id": "9", "messaging": EVENTS}]}
TELEGRAM = {"message_id": 5, "from": {"id": 7, "first_name": "A"}, "chat": {"id": 7}, "text": "Hi"}
LINK = {"type": "text_link", "offset": 0, "length": 2, "url": "https://x"}
POLL = {"question": "Which?", "options": [{"text": "A"}, {"text": "B"}]}
FLOW = {"type": "nfm_reply", "nfm_reply": {"response_json": '{"a":{"b":[1,{"c":2}]}}'}}
SLACK = {
    "type": "message",
    "user": "U7",
    "text": "<https://x|a> &amp;",
    "channel": "C",
    "ts": "1.2",
}
PAYLOADS: dict[str, list[bytes]] = {
    "alertmanager": [alerts(alert(), alert("resolved"))],
    "chat": [
        b'{"session":"s","visitor":{"email":"a@x.example"},"messages":[{"from":"v","text":"Hi"}]}'
    ],
    "instagram": [orjson.dumps({"object": "instagram", **META})],
    "mailgun": [webhooks.mailgun({"attachment-1": ("a.txt", "text/plain", b"a")})],
    "messenger": [orjson.dumps({"object": "page", **META})],
    "phone": [form({"CallSid": "1", "From": "+34600111222", "TranscriptionText": "Hi"})],
    "postmark": [orjson.dumps(webhooks.postmark())],
    "sendgrid": [webhooks.sendgrid({"attachment1": ("a.txt", "text/plain", b"a")})],
    "slack": [
        orjson.dumps({"type": "event_callback", "event": SLACK}),
        orjson.dumps({"type": "event_callback", "event": {**SLACK, "text": "", "blocks": RICH}}),
        form({"payload": orjson.dumps(VIEW).decode()}),
    ],
    "sms": [
        form({"MessageSid": "1", "From": "+34600111222", "Body": "Hi", "MediaUrl0": "https://x"}),
        form(ADDED | {"Media": '[{"Sid":"ME","Size":7}]', "InteractiveData": '{"a":[{"b":1}]}'}),
    ],
    "telegram": [
        orjson.dumps({"update_id": 1, "message": TELEGRAM}),
        orjson.dumps({"update_id": 1, "message": {**TELEGRAM, "entities": [LINK]}}),
        orjson.dumps({"update_id": 1, "message": {**TELEGRAM, "text": "", "poll": POLL}}),
    ],
    "web": [
        b'{"sender":{"address":"a@x.example"},"text":"Hi","tags":["a"],"html":"<p>Hi</p>"}',
        form({"name": "Ana", "email": "a@x.example", "message": "Hi", "order": "7"}),
    ],
    "whatsapp": [
        whatsapp(chat("Hi", "w1"), statuses=[{"status": "read"}]),
        whatsapp(chat("", "w1", type="interactive", interactive=FLOW)),
    ],
}


def mail_seeds() -> list[bytes]:
    return [*MAILS, *_public_mails()]


def payload_seeds() -> Seeds:
    seeds = {channel: list(bodies) for channel, bodies in PAYLOADS.items()}
    for value in _public_payloads():
        channel = recognised(value)
        if channel in seeds:
            seeds[channel].append(value)
    return seeds


def _public_mails() -> Iterator[bytes]:
    index = PUBLIC / "emails" / "index.csv"
    if index.is_file():
        with index.open(newline="") as lines:
            files = [row["file"] for row in csv.DictReader(lines)]
        yield from _small(PUBLIC / file for file in files)


def _public_payloads() -> Iterator[bytes]:
    yield from _small(sorted((PUBLIC / "webhooks").glob("*/*")))


def _small(files: Iterator[Path] | list[Path]) -> Iterator[bytes]:
    for file in files:
        value = file.read_bytes()
        if len(value) <= LARGEST_SEED:
            yield value
