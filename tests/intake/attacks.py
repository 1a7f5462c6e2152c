"""Attacks on whoever reads mail and webhooks, by class."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import orjson

from services.intake.adapters.channels import ADAPTERS
from shared.contracts.mail import message_id_for
from tests.intake.attack_words import (
    INJECTED,
    INVISIBLE,
    LINE_ENDS,
    NAMES,
    PATTERNS,
    SCRIPTS,
    TEMPLATES,
)
from tests.intake_channels.reading import form
from tests.intake_channels.reading import multipart as fields_of
from tests.intake_reception.mails import MAILBOX, SECRET, mail, multipart

HEAD = b"From: a@x.example\r\nSubject: s\r\nMessage-ID: <1@x.example>\r\n"


@dataclass(frozen=True, slots=True)
class Attack:
    channel: str
    data: bytes
    own: bool = False  # it claims to be ours, and must not be believed


Attacks = Iterator[Attack]


def scripts() -> Attacks:
    """Scripts that would be stored, addresses that would be fetched.

    django-helpdesk CVE-2021-3945, -3950, -3994; FreeScout GHSA-jpq8-j69f-mj98; osTicket #6484,
    CVE-2026-22200.
    """
    for script in SCRIPTS:
        encoded = b64encode(script.encode("utf-8", "replace")).decode()
        word = f"=?utf-8?b?{encoded}?="
        html = "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64"
        yield Attack("email", multipart("mixed", (html, encoded)))
        yield Attack(
            "email", multipart("alternative", ("Content-Type: text/plain", "x"), (html, encoded))
        )
        yield Attack("email", mail("x", sender=f"{word} <a@x.example>", subject=word))
        utf16 = {"Content-Type": "text/html; charset=utf-16"}
        yield Attack("email", mail("BODY", headers=utf16).replace(b"BODY", script.encode("utf-16")))
        yield Attack(
            "email",
            mail(script.replace("\r", ""), headers={"Content-Type": "text/html; charset=utf-7"}),
        )
        yield Attack(
            "web", orjson.dumps({"sender": {"address": "a@x.example"}, "text": "x", "html": script})
        )
        yield Attack("web", form({"email": "a@x.example", "name": script, "message": script}))
        yield Attack(
            "postmark", orjson.dumps({"From": "a@x.example", "Subject": script, "HtmlBody": script})
        )
        yield Attack(
            "sendgrid", fields_of({"from": "a@x.example", "envelope": "{}", "html": script})
        )
        yield Attack(
            "telegram",
            orjson.dumps(
                {
                    "update_id": 1,
                    "message": {"from": {"id": 1, "first_name": script}, "text": script},
                }
            ),
        )


def drawings() -> Attacks:
    """SVG is a document that runs: never a picture inline.

    Chatwoot CVE-2021-3741, -3742; osTicket #3764; FreeScout #1359.
    """
    for script in SCRIPTS:
        drawing = f"<svg xmlns='http://www.w3.org/2000/svg'>{script}</svg>"
        head = 'Content-Type: image/svg+xml; name="a.svg"\r\nContent-ID: <a>\r\n'
        part = (
            f"{head}Content-Transfer-Encoding: base64",
            b64encode(drawing.encode("utf-8", "replace")).decode(),
        )
        body = ("Content-Type: text/html", "<img src='cid:a'>" + drawing.replace("\r", ""))
        yield Attack("email", multipart("related", body, part))


def names() -> Attacks:
    """A dot or slash behind characters that nobody sees.

    FreeScout CVE-2026-28289, CVE-2026-27636.
    """
    for hidden in INVISIBLE:
        for name in NAMES:
            for written in (hidden + name, name[:1] + hidden + name[1:]):
                rfc2231 = f"filename*=utf-8''{quote(written)}"
                word = f'filename="=?utf-8?b?{b64encode(written.encode()).decode()}?="'
                for parameter in (rfc2231, word):
                    head = f"Content-Type: a/b\r\nContent-Disposition: attachment; {parameter}"
                    yield Attack("email", multipart("mixed", (head, "x")))
                document = {"id": "5", "filename": written}
                yield Attack("whatsapp", _whatsapp({"type": "document", "document": document}))


def injections() -> Attacks:
    """What would begin another header of the mail that answers."""
    for end in LINE_ENDS:
        for injected in INJECTED:
            evil = f"x{end}{injected}"
            word = f"=?utf-8?b?{b64encode(evil.encode()).decode()}?="
            yield Attack("email", mail("x", sender=f'"{word}" <a@x.example>', subject=word))
            yield Attack("email", mail("x", to=f"{word} <b@x.example>", message_id=f"<{evil}@x>"))
            yield Attack("sms", form({"From": evil, "MessageSid": evil, "Body": evil}))
            yield Attack(
                "mailgun", form({"sender": evil, "from": evil, "subject": evil, "body-plain": "x"})
            )
            yield Attack(
                "postmark",
                orjson.dumps(
                    {"FromFull": {"Email": evil, "Name": evil}, "Subject": evil, "TextBody": "x"}
                ),
            )
            yield Attack(
                "web", orjson.dumps({"sender": {"address": evil, "name": evil}, "text": "x"})
            )
            yield Attack(
                "phone", form({"caller": evil, "name": evil, "notes": "x", "subject": evil})
            )


def templates() -> Attacks:
    """What a template, a spreadsheet, a shell or a query would run."""
    for template in TEMPLATES:
        yield Attack(
            "email", mail(template, subject=template, sender=f'"{template}" <a@x.example>')
        )
        yield Attack(
            "web", orjson.dumps({"email": "a@x.example", "message": template, template: template})
        )
        yield Attack(
            "alertmanager",
            orjson.dumps({"alerts": [{"labels": {template: template, "$where": "1"}}]}),
        )
        yield Attack(
            "chat",
            orjson.dumps(
                {"session": template, "visitor": {"email": "a@x.example"}, "message": template}
            ),
        )


def forgeries() -> Attacks:
    """Ids that look like ours but lack our signature, from our own address.

    FreeScout CVE-2026-47123.
    """
    ours = message_id_for("reply", "0" * 32, "1", domain="desk.example", secret="another secret")
    right = message_id_for("reply", "0" * 32, "1", domain="desk.example", secret=SECRET)
    for i in range(60):
        spoiled = (
            right[: 8 + i % 40] + ("a" if right[8 + i % 40] != "a" else "b") + right[9 + i % 40 :]
        )
        for identity in (ours, spoiled, f"<reply.{i}.1@desk.example>"):
            yield Attack("email", mail("x", sender=MAILBOX, message_id=identity), own=True)


def bombs() -> Attacks:
    """Much work for few bytes."""
    for data in BOMBS.values():
        yield Attack("email", data())
    for depth in (100, 1_000, 100_000):
        yield Attack("telegram", b'{"update_id":' + b"[" * depth + b"]" * depth + b"}")
        yield Attack("web", b'{"a":' * depth + b"1" + b"}" * depth)
    for channel in sorted(ADAPTERS):
        yield Attack(channel, b"a=b&" * 300_000)
        yield Attack(channel, b'{"a":"' + b"\\u0000" * 300_000 + b'"}')
        yield Attack(channel, b"[" + b"{}," * 300_000 + b"{}]")
        yield Attack(channel, b"--b\r\n\r\n" * 100_000)


def slow_patterns() -> Attacks:
    """What makes a careless expression go over its text again and again."""
    for unit in PATTERNS:
        text = unit * (200_000 // len(unit))
        value = text.encode("utf-8")
        yield Attack("email", HEAD + b"\r\n" + value)
        yield Attack(
            "email", b"From: " + value[:90_000].replace(b"\n", b" ") + b"\r\nSubject: s\r\n\r\nx"
        )
        yield Attack("email", HEAD + b"To: " + value[:90_000].replace(b"\n", b" ") + b"\r\n\r\nx")
        yield Attack(
            "email", HEAD + b"Content-Type: " + value[:90_000].replace(b"\n", b" ") + b"\r\n\r\nx"
        )
        yield Attack("email", HEAD + b"Content-Type: text/html\r\n\r\n" + value)
        yield Attack("email", b"Return-Path: <>\r\nFrom: mailer-daemon@x.example\r\n\r\n" + value)
        yield Attack(
            "slack",
            orjson.dumps(
                {"type": "event_callback", "event": {"type": "message", "user": "U", "text": text}}
            ),
        )


def _nested() -> bytes:
    head = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n"
    return HEAD + b"".join(head % (i, i) for i in range(3_000))


def _parts(part: bytes, count: int, kind: bytes = b"mixed") -> bytes:
    return _typed(b"multipart/%b; boundary=b" % kind, (b"--b\r\n" + part) * count)


def _typed(content_type: bytes, body: bytes) -> bytes:
    return HEAD + b"Content-Type: " + content_type + b"\r\n\r\n" + body


def _html(body: bytes) -> bytes:
    return _typed(b"text/html", body)


def _headed(header: bytes) -> bytes:
    return HEAD + header + b"\r\n\r\nhi"


EMPTY_PACKED_FILE = b"\x02\x02\x90\x06\x00" + b"\x00" * 6
SAME_BOUNDARY = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
STATUSES = b"Content-Type: message/delivery-status\r\n\r\n" + b"Action: failed\r\n\r\n" * 50_000
FONTS = rb"\f1\'e9\f0\'e9"
FILE_HEAD = b"Content-Type: a/b; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n"
BOMBS: Mapping[str, Callable[[], bytes]] = {
    "nested": _nested,
    "nested mails": lambda: HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
    "parts": lambda: _parts(b"\r\nhi\r\n", 100_000),
    "attachments": lambda: _parts(b"Content-Type: a/b; name=a\r\n\r\nhi\r\n", 5_000),
    "same boundary": lambda: _parts(SAME_BOUNDARY, 5_000),
    "blank lines": lambda: HEAD + b"\r\n" + b"\n" * 10_000_000,
    "one line": lambda: HEAD + b"\r\n" + b"x" * 10_000_000,
    "large file": lambda: (
        _parts(FILE_HEAD + b"QUJD" * 19 + b"\r\n", 1) + ((b"QUJD" * 19 + b"\r\n") * 580_000)
    ),
    "headers": lambda: _headed(b"X: y\r\n" * 100_000),
    "one header": lambda: _headed(b"X: " + b"y" * 1_000_000),
    "folds": lambda: _headed(b"X: y\r\n" + b" z\r\n" * 50_000),
    "references": lambda: _headed(b"References: " + b"<a@b> " * 20_000),
    "addresses": lambda: _headed(b"Cc: " + b"Ana <a@b.de>, " * 8_000),
    "html depth": lambda: _html(b"<div>" * 50_000),
    "html size": lambda: _html(b"<p>hello</p>" * 350_000),
    "html tables": lambda: _html(b"<table><tr><td>x</td></tr></table>" * 120_000),
    "html attributes": lambda: _html(b"<p " + b" a=b" * 100_000 + b">"),
    "html quotes": lambda: _html(b"<blockquote>" * 190 + b"x<br>" * 20_000),
    "utf-7": lambda: _typed(b"text/plain; charset=utf-7", b"+AOk-" * 800_000),
    "punycode": lambda: _typed(b"text/plain; charset=punycode", b"a-" * 200_000),
    "quoted-printable": lambda: (
        HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=3D=0A" * 700_000
    ),
    "winmail": lambda: _typed(
        b"application/ms-tnef", b"\x78\x9f\x3e\x22\x01\x00" + EMPTY_PACKED_FILE * 50_000
    ),
    "rtf": lambda: _typed(b"text/rtf", rb"{\rtf1 {\fonttbl{\f1\fcharset204 x;}}" + FONTS * 50_000),
    "statuses": lambda: _parts(STATUSES, 1, b"report"),
}
CLASSES: Mapping[str, Callable[[], Attacks]] = {
    "scripts in bodies and names": scripts,
    "SVG": drawings,
    "invisible characters in file names": names,
    "header injection": injections,
    "templates, formulas, operators": templates,
    "forged ids and senders": forgeries,
    "bombs": bombs,
    "slow patterns": slow_patterns,
}


def _whatsapp(message: dict[str, object]) -> bytes:
    said = {"from": "34600111222", "id": "w", **message}
    value = {"messages": [said], "metadata": {"display_phone_number": "1"}}
    entry = {"changes": [{"value": value}]}
    return orjson.dumps({"object": "whatsapp_business_account", "entry": [entry]})
