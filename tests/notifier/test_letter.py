from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.domain.attachments import safe_name
from services.notifier.domain.letter import Attached, Mail, wire
from services.notifier.domain.mime import HeaderInjectionError
from tests.notifier.words import ANA, MONDAY, SUPPORT

LONG_ID = "<AM0PR0402MB3876C7D1A7E5D5A3C8C0A1C9B8@AM0PR0402MB3876.eurprd04.prod.example.com>"


def mail(**changes: Any) -> Mail:
    fields = {
        "sender_name": "Bücher & Söhne, Support",
        "sender": SUPPORT,
        "reply_to": "support+abc@desk.example",
        "to_name": 'Ana "the" Example, Dr.',
        "to": ANA,
        "subject": "Re: Drücker brennt [TKT-7]",
        "text": "Grüße\n",
        "html": "<p>Grüße</p>",
        "date": MONDAY,
        "message_id": "<reply.abc.1@desk.example>",
    }
    return Mail(**{**fields, **changes})


def read(data: bytes) -> EmailMessage:
    return message_from_bytes(data, policy=default)


def test_what_a_reader_sees() -> None:
    message = read(wire(mail(), "b", []))
    assert str(message["Subject"]) == "Re: Drücker brennt [TKT-7]"
    assert message["From"].addresses[0].display_name == "Bücher & Söhne, Support"
    assert message["From"].addresses[0].addr_spec == SUPPORT
    assert message["To"].addresses[0].display_name == 'Ana "the" Example, Dr.'
    assert message["Reply-To"].addresses[0].addr_spec == "support+abc@desk.example"
    assert message["Date"].datetime == MONDAY
    assert message.get_content_type() == "multipart/alternative"
    text, page = message.iter_parts()
    assert text.get_content().strip() == "Grüße"
    assert page.get_content().strip() == "<p>Grüße</p>"
    assert message["Auto-Submitted"] is None


def test_long_message_ids_stay_whole() -> None:
    ids = tuple(LONG_ID.replace("AM0", f"{n:03}", 1) for n in range(20))
    data = wire(mail(in_reply_to=ids[-1], references=ids), "b", [])
    assert b"=?" not in data.partition(b"References")[2].partition(b"Auto")[0].split(b"\r\nX-")[0]
    message = read(data)
    assert str(message["References"]).split() == list(ids)
    assert message["In-Reply-To"] == ids[-1]


def test_the_same_mail_has_the_same_bytes() -> None:
    attached = Attached(filename="ä.txt", content_type="text/plain", blob_id="b", size=2)
    first, second = (wire(mail(attachments=(attached,)), "id", [b"hi"]) for _ in range(2))
    assert first == second


def test_attachments() -> None:
    attached = Attached(filename="Übersicht.csv", content_type="text/csv", blob_id="b", size=3)
    message = read(wire(mail(attachments=(attached,)), "b", ["ä,b".encode()]))
    assert message.get_content_type() == "multipart/mixed"
    [file] = message.iter_attachments()
    assert file.get_filename() == "Übersicht.csv"
    assert file.get_content_type() == "text/csv"
    assert file.get_payload(decode=True) == "ä,b".encode()


def test_seven_bits_and_short_lines() -> None:
    data = wire(mail(text="ä" * 5000, subject="ö" * 200), "b", [])
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")


SENDABLE = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200)
LINES = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"))


@settings(deadline=None)
@given(text=LINES, subject=SENDABLE, name=SENDABLE)
def test_what_is_written_is_read(text: str, subject: str, name: str) -> None:
    data = wire(mail(text=text, subject=subject, to_name=name), "b", [])
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    message = read(data)
    assert message.defects == []
    part = next(message.iter_parts())
    assert part.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    assert shown(str(message["Subject"])) == shown(subject)
    [to] = message["To"].addresses
    assert to.addr_spec == ANA
    assert shown(to.display_name) == shown(name)


@settings(deadline=None)
@given(name=st.text(min_size=1).map(safe_name), content=st.binary(max_size=300))
def test_a_file_keeps_its_name_and_content(name: str, content: bytes) -> None:
    attached = Attached(filename=name, content_type="text/plain", blob_id="b", size=1)
    data = wire(mail(attachments=(attached,)), "b", [content])
    assert max(map(len, data.split(b"\r\n"))) <= 998
    [file] = read(data).iter_attachments()
    assert file.get_filename() == name
    assert file.get_payload(decode=True) == content


def shown(text: str) -> str:
    """Blanks may be folded where a line is."""
    return "".join(text.split())


HEADERS = (
    *("sender_name", "sender", "reply_to", "to_name", "to", "subject", "message_id"),
    *("in_reply_to", "references", "filename"),
)


@pytest.mark.parametrize("field", HEADERS)
@settings(deadline=None)
@given(before=st.text(max_size=5), after=st.text(max_size=5), evil=st.sampled_from("\r\n\x00"))
def test_no_value_can_add_a_header(field: str, before: str, after: str, evil: str) -> None:
    value = f"{before}{evil}Bcc: x@evil.example{evil}{after}"
    if field == "filename":
        file = Attached(filename=value, content_type="text/plain", blob_id="b", size=0)
        changed, contents = mail(attachments=(file,)), [b""]
    else:
        changed = mail(**{field: (value,) if field == "references" else value})
        contents = []
    with pytest.raises(HeaderInjectionError):
        wire(changed, "b", contents)
