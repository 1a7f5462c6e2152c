"""Whatever is sent: no crash, no endless work, nothing unsafe."""

import contextlib
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.payload import Payload
from services.intake.adapters.rfc822.addresses import addresses
from services.intake.adapters.rfc822.encoded_words import header_text
from services.intake.adapters.rfc822.parameters import parameters_of
from services.intake.domain.message import IncomingMessage, UnreadableError
from services.intake.domain.quoting import divide
from tests.intake_reception.mails import alert, alerts, chat, mail, multipart, read, whatsapp

# Far above what is measured (under 0.3 s for each), far below what an endless one would take.
PATIENCE_SECONDS = 5.0


def nested(depth: int) -> bytes:
    parts = "".join(
        f"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n" for i in range(depth)
    )
    return b"From: a@x.example\r\n" + parts.encode() + b"\r\nhi\r\n" + b"x\r\n" * 20_000


HEAD = b"From: a@x.example\r\nSubject: s\r\n"
MAILS: dict[str, Callable[[], bytes]] = {
    "nested 2,000 deep": lambda: nested(2_000),
    "nested messages": lambda: HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
    "100,000 parts": lambda: (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nhi\r\n" * 100_000
    ),
    "10 MB of empty lines": lambda: HEAD + b"\r\n" + b"\n" * 10_000_000,
    "10 MB in one line": lambda: HEAD + b"\r\n" + b"x" * 10_000_000,
    "100,000 headers": lambda: HEAD + b"X: y\r\n" * 100_000 + b"\r\nhi",
    "a header of 1 MB": lambda: HEAD + b"To: " + b"a" * 1_000_000 + b"\r\n\r\nhi",
    "encoded words of 100 kB": lambda: HEAD + b"Cc: " + b"=?utf-8?q?a?= " * 10_000 + b"\r\n\r\nhi",
    "HTML 50,000 deep": lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 50_000,
    "HTML of 4 MB": lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<p>hello</p>" * 350_000,
    "quotes without end": lambda: HEAD + b"\r\n" + b"> > > > > \r\n" * 100_000,
    "null bytes": lambda: HEAD + b"\r\n" + b"\x00" * 100_000,
    "boundary lines of its own text": lambda: (
        HEAD + b"Content-Type: multipart/mixed; boundary=-\r\n\r\n" + b"---\r\n" * 100_000
    ),
}


@pytest.mark.parametrize("name", MAILS)
def test_hostile_mails_are_read_in_time(name: str) -> None:
    value = MAILS[name]()
    started = time.monotonic()

    message = read(value)

    assert time.monotonic() - started < PATIENCE_SECONDS
    assert message.sender.address == "a@x.example"
    assert len(message.text) <= 262_144
    assert len(message.attachments) <= 200


def test_what_was_left_out_is_said() -> None:
    message = read(MAILS["100,000 parts"]())

    assert "parts-left-out" in message.signals


@pytest.mark.parametrize(
    "text",
    [
        "=?a?q?" * 3_333,
        "@" * 60_000,
        "a" * 60_000,
        "<" * 60_000,
        '"\\' * 30_000,
        "(" * 60_000,
        "a" + " " * 50_000 + "b",
        "x;" + " " * 7_000,
        'x;a="' + "\\" * 7_000,
        "a@b," * 15_000,
    ],
)
def test_hostile_header_values_are_read_in_time(text: str) -> None:
    started = time.monotonic()

    header_text(text)
    addresses(text)
    parameters_of(text)

    assert time.monotonic() - started < PATIENCE_SECONDS


@pytest.mark.parametrize(
    "line", ["On 1 a wrote a:\n", ">\n", "On 2\n", "From: a\n", "--\n", "-----\n", "\n", " "]
)
def test_hostile_texts_are_divided_in_time(line: str) -> None:
    started = time.monotonic()

    divide(line * (262_144 // len(line)))

    assert time.monotonic() - started < PATIENCE_SECONDS


SEEDS = {
    "email": [
        mail(headers={"Cc": "=?utf-8?q?J=C3=B6rg?= <j@x.example>", "References": "<a@x> <b@x>"}),
        mail("Hi\r\n\r\nOn Mon, 2 Mar 2026, S wrote:\r\n> a\r\n-- \r\nAna"),
        multipart(
            "mixed",
            ("Content-Type: text/html; charset=utf-8", "<p>Hi<blockquote>old</blockquote></p>"),
            ("Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64", "aGk="),
        ),
        multipart(
            'report; report-type="delivery-status"',
            ("Content-Type: text/plain", "User unknown"),
            (
                "Content-Type: message/delivery-status",
                "A: b\r\n\r\nStatus: 5.1.1\r\nAction: failed",
            ),
        ),
    ],
    "whatsapp": [whatsapp(chat("Hi", "w1"), statuses=[{"status": "read"}])],
    "alertmanager": [alerts(alert(), alert("resolved"))],
    "web": [b'{"sender":{"address":"a@x.example"},"text":"Hi","tags":["a"],"html":"<p>Hi</p>"}'],
}
SPLICES = st.sampled_from(
    [
        b"\x00",
        b"\r\n",
        b"\n\n",
        b"=?",
        b"?=",
        b"<",
        b">",
        b'"',
        b";",
        b"--edge",
        b"=\r\n",
        b"\xff",
        b"{",
        b"}",
        b"[",
        b"null",
        b"1e999",
        b"\\ud800",
        b"<script>",
        b"Content-Type: ",
        b"\xe2\x80\xae",
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    channel = draw(st.sampled_from(sorted(SEEDS)))
    data = draw(st.sampled_from(SEEDS[channel]))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 30)))
        data = data[:start] + draw(SPLICES | st.binary(max_size=8)) + data[end:]
    return channel, data


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_mutated_input_is_a_message_or_refused(found: tuple[str, bytes]) -> None:
    channel, data = found
    try:
        parsed = ADAPTERS[channel](Payload(data, channel))
    except UnreadableError:
        return
    for message in parsed:
        if isinstance(message, IncomingMessage):
            f"{message.text}{message.subject}{message.sender}{message.html}".encode()
            assert "<script" not in (message.html or "").lower()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(ADAPTERS)), st.binary(max_size=400))
def test_any_bytes_are_a_message_or_refused(channel: str, data: bytes) -> None:
    with contextlib.suppress(UnreadableError):
        assert ADAPTERS[channel](Payload(data, channel))
