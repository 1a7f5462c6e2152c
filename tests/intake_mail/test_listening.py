"""The SMTP and LMTP listener as a mail server meets it."""

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP
from aiosmtplib import SMTPRecipientsRefused, SMTPResponseException
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from services.intake.mail.listening import Listener, listeners, tls_of
from services.intake.settings import IntakeSettings
from shared.contracts.fields import BlobRef
from shared.kit.settings import SettingsError
from tests.intake_mail.conftest import LARGEST, MAILBOX, Doorway, doorway, mail

SENDER = "cara@example.org"
GREETS = {SMTP: b"EHLO", LMTP: b"LHLO"}
ENVELOPE = [b"MAIL FROM:<cara@example.org>", b"RCPT TO:<help@desk.example>"]


@contextlib.asynccontextmanager
async def listening(way: Doorway, kind: type[SMTP] = SMTP) -> AsyncIterator[int]:
    listener = Listener(kind, way.door, 0, asyncio.Event())
    task = asyncio.create_task(listener.serve())
    try:
        await asyncio.wait_for(listener.listening.wait(), 10)
        yield listener.bound
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def client(port: int, **options: Any) -> AsyncIterator[aiosmtplib.SMTP]:
    smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, timeout=20, **options)
    await smtp.connect()
    try:
        yield smtp
    finally:
        smtp.close()


async def speak(port: int, said: list[bytes], body: bytes | None = None) -> list[str]:
    """Line by line, as it stands here; the last line of each answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = [await _answered(reader)]
    for line in [*said, *([] if body is None else [b"DATA"])]:
        writer.write(line + b"\r\n")
        answers.append(await _answered(reader))
    if body is not None:
        writer.write(body + b".\r\n")
        answers.append(await _answered(reader))
    await leave(writer)
    return answers


async def _answered(reader: asyncio.StreamReader) -> str:
    while True:
        line = (await asyncio.wait_for(reader.readline(), 20)).decode().rstrip()
        if line[3:4] != "-":
            return line


async def send(port: int, body: bytes, *to: str, sender: str = SENDER, **options: Any) -> Any:
    async with client(port, start_tls=False, **options) as smtp:
        return await smtp.sendmail(sender, list(to or [MAILBOX]), body)


async def test_a_mail_is_taken_with_its_envelope_on_top(way: Doorway) -> None:
    async with listening(way) as port:
        _, answer = await send(port, mail())

    assert answer == "2.0.0 taken"
    envelope = b"Return-Path: <cara@example.org>\r\nDelivered-To: help@desk.example\r\n"
    assert way.bodies == [envelope + mail()]
    [headers] = way.headers
    assert (headers["ce_channel"], headers["ce_mailbox"]) == ("email", MAILBOX)
    assert way.broker.got[0].key == b"cara@example.org"


async def test_a_bounces_empty_sender_is_kept(way: Doorway) -> None:
    async with listening(way) as port:
        await send(port, mail(), sender="")

    assert way.bodies[0].startswith(b"Return-Path: <>\r\n")


async def test_a_tag_finds_its_mailbox_and_is_kept(way: Doorway) -> None:
    async with listening(way) as port:
        await send(port, mail(), "Help+token@desk.example")

    assert way.headers[0]["ce_mailbox"] == MAILBOX
    assert b"Delivered-To: Help+token@desk.example\r\n" in way.bodies[0]


async def test_a_mail_to_two_mailboxes_is_two(way: Doorway) -> None:
    async with listening(way) as port:
        await send(port, mail(), MAILBOX, "sales@shop.example", "nobody@elsewhere.example")

    assert [headers["ce_mailbox"] for headers in way.headers] == [MAILBOX, "sales@shop.example"]


@pytest.mark.parametrize(
    "address", ["nobody@desk.example", "help@desk.example.evil.example", "help", "x@hop.example"]
)
async def test_nobody_elses_mail_is_taken(way: Doorway, address: str) -> None:
    async with listening(way) as port:
        with pytest.raises(SMTPRecipientsRefused) as refused:
            await send(port, mail(), address)

    assert refused.value.recipients[0].code in (501, 550, 553)
    assert way.broker.got == []


async def test_without_recipients_nobodys_mail_is_taken() -> None:
    way = doorway(smtp_recipients=())

    async with listening(way) as port:
        with pytest.raises(SMTPRecipientsRefused):
            await send(port, mail())


@pytest.mark.parametrize("trouble", ["away", "silent"])
async def test_without_kafka_the_mail_stays_with_its_sender(trouble: str) -> None:
    way = doorway(acknowledge_seconds=0.2)
    setattr(way.broker, trouble, True)

    async with listening(way) as port:
        with pytest.raises(SMTPResponseException) as refused:
            await send(port, mail())
        setattr(way.broker, trouble, False)
        _, answer = await send(port, mail())

    assert refused.value.code == 451
    assert answer == "2.0.0 taken"
    assert len(way.broker.got) == 1


async def test_a_mail_over_the_limit_is_refused(way: Doorway) -> None:
    async with listening(way) as port:
        with pytest.raises(SMTPResponseException) as refused:
            await send(port, mail(text="x" * LARGEST))

    assert refused.value.code == 552
    assert way.broker.got == []


async def test_a_large_mail_goes_to_the_blob_store(way: Doorway) -> None:
    async with listening(way) as port:
        await send(port, mail(text="x\r\n" * 9_000))

    reference = BlobRef.model_validate_json(way.bodies[0])
    assert (await way.blobs.get(reference.blob_id)).endswith(b"x\r\n\r\n")
    assert BlobRef.model_validate_json(way.headers[0]["ce_dataref"]) == reference


async def test_a_large_mail_has_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is slow, and the mail so large that it would be put off for ever."""
    way = doorway(acknowledge_seconds=0.05, largest_raw_bytes=3_000_000)
    put = way.door.blobs.put

    async def slowly(data: bytes) -> BlobRef:
        await asyncio.sleep(0.3)
        return await put(data)

    monkeypatch.setattr(way.door.blobs, "put", slowly)

    async with listening(way) as port:
        _, answer = await send(port, mail(text="x\r\n" * 700_000))
        with pytest.raises(SMTPResponseException) as refused:
            await send(port, mail(text="x\r\n" * 9_000))

    assert answer == "2.0.0 taken"
    assert refused.value.code == 451


async def test_bytes_of_no_charset_come_through_as_they_are(way: Doorway) -> None:
    body = mail()[:-2] + b"\xff\xfe\x80\r\n"

    async with listening(way) as port:
        await send(port, body)

    assert way.bodies[0].endswith(body)


def lines_of(longest: int) -> bytes:
    """Of a program that never breaks a line: one in the headers, one in the text."""
    words = " ".join(f"<{n}@example.org>" for n in range(longest // 16))
    return mail(text="x" * longest, more=f"References: {words}\r\n")


@pytest.mark.parametrize("kind", [SMTP, LMTP])
@pytest.mark.parametrize("longest", [999, 1_001, 5_000, 1_000_000])
async def test_a_line_may_have_any_length(kind: type[SMTP], longest: int) -> None:
    way = doorway(largest_raw_bytes=3_000_000)
    written = lines_of(longest)

    async with listening(way, kind) as port:
        answers = await speak(port, [b"%b x" % GREETS[kind], *ENVELOPE], written)

    assert answers[-1] == "250 2.0.0 taken"
    assert (await way.whole()).endswith(written)


async def test_lines_that_end_in_a_bare_line_feed_are_one_mail(way: Doorway) -> None:
    """Also where one of them is a dot, behind which somebody hides a second mail."""
    hidden = b"x\n.\nMAIL FROM:<evil@example.org>\nDATA\nSubject: hidden\n\n.\r\n"
    body = mail() + hidden.removesuffix(b".\r\n") + b"\n.\nx\r\n"

    async with listening(way) as port:
        await speak(port, [b"EHLO x", *ENVELOPE], body)

    assert len(way.bodies) == 1
    assert way.bodies[0].endswith(body)


@pytest.mark.parametrize(
    ("body", "kept"),
    [(b"", b""), (b"\r\n", b"\r\n"), (b"..\r\n...x\r\ny.\r\n", b".\r\n..x\r\ny.\r\n")],
)
async def test_dots_are_as_they_were_written(way: Doorway, body: bytes, kept: bytes) -> None:
    async with listening(way) as port:
        await speak(port, [b"EHLO x", *ENVELOPE], body)

    envelope = b"Return-Path: <cara@example.org>\r\nDelivered-To: help@desk.example\r\n"
    assert way.bodies == [envelope + kept]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ([b"DATA"], "503 Error: send HELO first"),
        ([b"EHLO x", b"DATA"], "503 5.5.1 first say for whom (RCPT TO)"),
        ([b"EHLO x", *ENVELOPE, b"DATA now"], "501 5.5.4 DATA takes nothing behind it"),
    ],
)
async def test_data_out_of_turn(way: Doorway, said: list[bytes], answer: str) -> None:
    async with listening(way) as port:
        answers = await speak(port, said)

    assert answers[-1] == answer


async def test_too_much_is_refused_however_it_is_written(way: Doorway) -> None:
    async with listening(way) as port:
        answers = await speak(port, [b"EHLO x", *ENVELOPE], mail(text="x" * LARGEST))

    assert (
        answers[-1]
        == f"552 5.3.4 the mail is over {LARGEST} bytes, which is the most that is taken here"
    )
    assert way.broker.got == []


async def test_what_is_more_than_there_is_room_for_comes_later() -> None:
    way = doorway(most_bytes_at_a_time=LARGEST)
    half = mail(text="x" * (LARGEST // 2))

    async with listening(way) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = [await _answered(reader)]
        for line in [b"EHLO x", *ENVELOPE, b"DATA"]:
            writer.write(line + b"\r\n")
            answers.append(await _answered(reader))
        writer.write(half)
        await writer.drain()
        refused = await until_refused(port, half)
        writer.write(b".\r\n")
        taken = await _answered(reader)
        await leave(writer)
        later = await speak(port, [b"EHLO x", *ENVELOPE], half)

    assert refused == "452 4.3.1 too much mail at a time: send it again later"
    assert (taken, later[-1]) == ("250 2.0.0 taken", "250 2.0.0 taken")


async def until_refused(port: int, body: bytes) -> str:
    """As soon as the other half has really come."""
    async with asyncio.timeout(20):
        answer = "250"
        while answer.startswith("250"):
            answer = (await speak(port, [b"EHLO x", *ENVELOPE], body))[-1]
        return answer


async def test_who_goes_on_sending_is_not_silent() -> None:
    """Each of these is slower than a silent connection may be; together they are a mail."""
    way = doorway(smtp_idle_seconds=0.5, largest_raw_bytes=3_000_000)
    portion = b"x" * 998 + b"\r\n"

    async with listening(way) as port, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for line in [b"EHLO x", *ENVELOPE, b"DATA"]:
            writer.write(line + b"\r\n")
        loop, begun = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        while loop.time() - begun < 1.2:
            writer.write(portion * 70)
            await writer.drain()
            await asyncio.sleep(0.1)
        writer.write(b".\r\nQUIT\r\n")
        said = (await reader.read()).decode()
        await leave(writer)

    assert "250 2.0.0 taken" in said
    assert len(way.broker.got) == 1


async def test_what_goes_wrong_with_us_is_not_the_mails_fault(
    way: Doorway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("a mistake of ours")

    async with listening(way) as port, client(port, start_tls=False) as smtp:
        with monkeypatch.context() as changed:
            changed.setattr(way.broker, "publish", broken)
            with pytest.raises(SMTPResponseException) as refused:
                await smtp.sendmail(SENDER, [MAILBOX], mail())
        _, answer = await smtp.sendmail(SENDER, [MAILBOX], mail())

    assert refused.value.code == 451
    assert answer == "2.0.0 taken"


async def test_a_mail_without_an_id_that_is_sent_again_is_the_same(way: Doorway) -> None:
    """Its server missed our answer; what has no time could also be said twice."""
    timed = b"From: a@example.org\r\nDate: Mon, 2 Mar 2026 08:00:00 +0000\r\n\r\nok\r\n"
    untimed = b"From: a@example.org\r\n\r\nok\r\n"

    async with listening(way) as port:
        for body in (timed, timed, untimed, untimed):
            await send(port, body)
        await send(port, timed, "sales@shop.example")

    ids = [headers["ce_id"] for headers in way.headers]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


async def test_an_address_of_no_letters_is_nobodys(way: Doorway) -> None:
    async with listening(way) as port:
        answers = await speak(
            port, [b"EHLO x", ENVELOPE[0], b"RCPT TO:<\xff\xfe@shop.example> SMTPUTF8"]
        )

    assert answers[-1][:1] == "5"


async def greeting(port: int) -> tuple[str, asyncio.StreamWriter]:
    """The first line, and the end of the connection where nothing else comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    line = (await asyncio.wait_for(reader.readline(), 20)).decode()
    if line.startswith("421"):
        assert await asyncio.wait_for(reader.read(), 20) == b""
    return line, writer


async def leave(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


@pytest.mark.parametrize("kind", [SMTP, LMTP])
async def test_one_connection_too_many_is_told_to_come_again(kind: type[SMTP]) -> None:
    async with listening(doorway(smtp_connections=2), kind) as port:
        met = [await greeting(port) for _ in range(3)]
        for _, writer in met:
            await leave(writer)

    assert [line[:3] for line, _ in met] == ["220", "220", "421"]
    assert met[2][0] == "421 4.3.2 too many connections at a time: come again later\r\n"


async def test_who_leaves_makes_room() -> None:
    way = doorway(smtp_connections=1)

    async with listening(way) as port, asyncio.timeout(20):
        _, first = await greeting(port)
        await leave(first)
        line = "421"
        while line.startswith("421"):
            line, writer = await greeting(port)
            await leave(writer)

    assert line.startswith("220")


def test_a_door_without_any_place_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"(?s)smtp_connections.*greater than or equal to 1"):
        IntakeSettings(smtp_connections=0)


async def test_lmtp_answers_for_each_recipient(way: Doorway) -> None:
    async with listening(way, LMTP) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        dialogue = [
            b"LHLO mx.example",
            b"MAIL FROM:<cara@example.org>",
            b"RCPT TO:<help@desk.example>",
            b"RCPT TO:<sales@shop.example>",
            b"DATA",
            mail().rstrip(b"\r\n") + b"\r\n.",
            b"QUIT",
        ]
        for line in dialogue:
            writer.write(line + b"\r\n")
            await writer.drain()
        said = (await asyncio.wait_for(reader.read(), 20)).decode()
        writer.close()
        await writer.wait_closed()

    assert said.count("250 2.0.0 taken\r\n") == 2
    assert len(way.broker.got) == 2


def certificate(folder: Path) -> tuple[Path, Path]:
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return cert_file, key_file


async def test_starttls_can_be_had_and_can_be_needed(tmp_path: Path) -> None:
    cert_file, key_file = certificate(tmp_path)
    way = doorway(smtp_cert_file=cert_file, smtp_key_file=key_file, smtp_require_tls=True)
    trusting = ssl.create_default_context(cafile=str(cert_file))

    async with listening(way) as port:
        with pytest.raises(SMTPResponseException) as refused:
            await send(port, mail())
        async with client(port, start_tls=True, tls_context=trusting) as smtp:
            await smtp.sendmail(SENDER, [MAILBOX], mail())

    assert refused.value.code == 530
    assert len(way.broker.got) == 1


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    file.write_text("no certificate")

    with pytest.raises(SettingsError, match="no certificate with its key"):
        tls_of(IntakeSettings(smtp_cert_file=file, smtp_key_file=file))


async def test_a_port_that_is_taken_is_told(way: Doorway) -> None:
    async with listening(way) as port:
        again = Listener(SMTP, way.door, port, asyncio.Event())
        with pytest.raises(SettingsError, match="choose another port"):
            await again.serve()


def test_only_ports_that_are_set_listen() -> None:
    assert listeners(doorway().door) == []
    both = listeners(doorway(smtp_port=0, lmtp_port=0).door)
    assert [listener.kind for listener in both] == [SMTP, LMTP]
