"""Files in what is no MIME part: winmail.dat, uuencode, yEnc."""

import binascii
import struct
from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.adapters.rfc822.tnef import SIGNATURE, unpacked
from tests.intake_reception.mails import mail, multipart, read

MESSAGE, ATTACHMENT = 1, 2


def attribute(level: int, identity: int, value: bytes) -> bytes:
    return struct.pack("<BII", level, identity, len(value)) + value + b"\x00\x00"


def properties(*pairs: tuple[int, int, bytes]) -> bytes:
    """Each a type, an id and a value: text, Unicode or bytes."""
    made = struct.pack("<I", len(pairs))
    for kind, identity, value in pairs:
        padding = b"\x00" * (-len(value) % 4)
        made += struct.pack("<HHII", kind, identity, 1, len(value)) + value + padding
    return made


def winmail(*attributes: bytes) -> bytes:
    return SIGNATURE + b"\x01\x00" + b"".join(attributes)


LONG_NAME = (0x1F, 0x3707, "Bericht für Ana.pdf\x00".encode("utf-16-le"))
FILE = winmail(
    attribute(MESSAGE, 0x69007, struct.pack("<II", 1252, 0)),
    attribute(MESSAGE, 0x69003, properties((0x1E, 0x1000, b"It burns.\x00"))),
    attribute(ATTACHMENT, 0x69002, b"\x00" * 14),
    attribute(ATTACHMENT, 0x18010, b"BERICH~1.PDF\x00"),
    attribute(ATTACHMENT, 0x6800F, b"%PDF"),
    attribute(
        ATTACHMENT,
        0x69005,
        properties(LONG_NAME, (0x1E, 0x370E, b"application/pdf\x00")),
    ),
    attribute(ATTACHMENT, 0x69002, b""),
    attribute(ATTACHMENT, 0x18010, b"..\\..\\evil.exe\x00"),
    attribute(ATTACHMENT, 0x6800F, b"MZ"),
)


def with_winmail(data: bytes, *before: tuple[str, str]) -> bytes:
    head = 'Content-Type: application/ms-tnef; name="winmail.dat"\r\n'
    encoded = b64encode(data).decode()
    return multipart("mixed", *before, (f"{head}Content-Transfer-Encoding: base64", encoded))


def test_a_winmail_is_unpacked() -> None:
    message = read(with_winmail(FILE, ("Content-Type: text/plain", "See attached.")))

    report, program = message.attachments
    assert (report.filename, report.content_type) == ("Bericht für Ana.pdf", "application/pdf")
    assert report.data == b"%PDF"
    assert (program.filename, program.data) == ("evil.exe", b"MZ")
    assert message.text == "See attached."


def test_its_text_serves_where_the_mail_has_none() -> None:
    assert read(with_winmail(FILE)).text == "It burns."


def test_what_only_calls_itself_winmail_stays_as_it_is() -> None:
    [attachment] = read(with_winmail(b"\x89PNG")).attachments

    assert (attachment.filename, attachment.data) == ("winmail.dat", b"\x89PNG")


@settings(deadline=None)
@given(st.integers(0, len(FILE)), st.binary(max_size=20))
def test_a_damaged_winmail_is_read_as_far_as_it_goes(cut: int, noise: bytes) -> None:
    package = unpacked(FILE[:cut] + noise + FILE[cut + len(noise) :])

    assert package is None or len(package.files) <= 200


def uuencoded(data: bytes) -> str:
    lines = [binascii.b2a_uu(data[i : i + 45]).decode() for i in range(0, len(data), 45)]
    return "begin 644 a.png\r\n" + "".join(lines) + "`\r\nend\r\n"


def yencoded(data: bytes) -> bytes:
    shifted = bytes((byte + 42) & 255 for byte in data)
    escaped = b"".join(
        b"=" + bytes([(byte + 64) & 255]) if byte in b"\x00\n\r=" else bytes([byte])
        for byte in shifted
    )
    return b"=ybegin line=128 size=9 name=a.png\r\n" + escaped + b"\r\n=yend size=9\r\n"


BYTES = bytes(range(256))


def test_uuencoded_files_leave_the_text() -> None:
    message = read(mail(f"Before\r\n{uuencoded(BYTES)}After"))

    [attachment] = message.attachments
    assert (attachment.filename, attachment.data) == ("a.png", BYTES)
    assert attachment.content_type == "image/png"
    assert message.text.split() == ["Before", "After"]


def test_yencoded_files_leave_the_text() -> None:
    raw = mail("HERE").replace(b"HERE", b"Before\r\n" + yencoded(BYTES) + b"After")

    message = read(raw)

    [attachment] = message.attachments
    assert (attachment.filename, attachment.data) == ("a.png", BYTES)
    assert message.text.split() == ["Before", "After"]


@pytest.mark.parametrize("text", ["begin 644 a.png\r\nhello", "=ybegin name=a\r\nhello"])
def test_what_never_ends_is_text(text: str) -> None:
    message = read(mail(text))

    assert message.attachments == ()
    assert message.text == text.replace("\r\n", "\n")
