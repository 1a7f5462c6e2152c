from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain.admission import cut, participants_of
from services.intake.domain.burst import counted, messages_within
from services.intake.domain.filename import safe_filename
from services.intake.domain.identity import identity_of, index_key, normal_address, stranger_id
from services.intake.domain.message import IncomingMessage, Person

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("invoice.pdf", "invoice.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("\u200b.htaccess", "htaccess"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("a\x00b\r\n.txt", "ab.txt"),
        ("con:stream?.txt", "con_stream_.txt"),
        ("...", "file"),
        ("", "file"),
        (None, "file"),
        ("Grüße.txt", "Grüße.txt"),
        ("\uff0e\uff0e\uff0fx.txt", "x.txt"),
    ],
)
def test_safe_filenames(name: str | None, safe: str) -> None:
    assert safe_filename(name, "file") == safe


@settings(deadline=None)
@given(st.text(max_size=400))
def test_no_name_leads_anywhere(name: str) -> None:
    safe = safe_filename(name, "file")

    assert safe
    assert len(safe.encode()) <= 240
    assert not safe.startswith(".")
    assert not set(safe) & set('/\\<>:"|?*\r\n\x00\u200b\u202e')
    assert safe_filename(safe, "file") == safe


@pytest.mark.parametrize(
    ("address", "channel", "normal"),
    [
        ("Ana@X.Example", "email", "ana@x.example"),
        ("34600111222", "whatsapp", "+34600111222"),
        ("+34 600 111-222", "phone", "+34600111222"),
        ("0034600111222", "sms", "+34600111222"),
        ("+34 600 111 222", "", "+34600111222"),
        ("U0AB12", "slack", "u0ab12"),
        ("12345", "web", "12345"),
    ],
)
def test_addresses_have_one_spelling(address: str, channel: str, normal: str) -> None:
    assert normal_address(address, channel) == normal


def test_a_phone_number_is_one_person_over_channels() -> None:
    assert stranger_id("whatsapp", "34600111222") == stranger_id("sms", "+34 600 111 222")
    assert stranger_id("email", "ana@x.example") != stranger_id("email", "bob@x.example")


def test_one_mail_to_two_mailboxes_is_two_requests() -> None:
    def key(mailbox: str) -> str:
        return identity_of(
            channel="email",
            mailbox=mailbox,
            external_id="<1@x>",
            source="/unknown",
            event_id="channel.messages/0/7",
        ).ticket_id

    assert key("support@desk.example") != key("sales@desk.example")
    assert key("support@desk.example") == key("Support@Desk.example")


def test_without_an_id_of_its_channel_the_event_is_the_identity() -> None:
    first, second = (
        identity_of(
            channel="web", mailbox=None, external_id=None, source="/shop", event_id="7", index=index
        )
        for index in (0, 1)
    )

    assert first.ticket_id != second.ticket_id
    assert first.parts == ("event", "/shop", "7")


def test_long_keys_become_digests() -> None:
    assert index_key("message", "email", "a") == "message:email:a"
    assert len(index_key("message", "x" * 5_000)) < 100


def test_a_burst_is_counted_over_ten_minutes() -> None:
    minutes: dict[str, int] = {}
    for minute in range(25):
        minutes = counted(minutes, NINE + timedelta(minutes=minute))

    assert messages_within(minutes, NINE + timedelta(minutes=24)) == 10
    assert messages_within(minutes, NINE + timedelta(minutes=29)) == 5
    assert len(minutes) == 10


@given(st.text(max_size=50), st.integers(0, 60))
def test_cut_text_fits_and_stays_text(text: str, size: int) -> None:
    assert text.startswith(cut(text, size))
    assert len(cut(text, size).encode()) <= size


def test_participants_are_everyone_but_us() -> None:
    message = IncomingMessage(
        channel="email",
        sender=Person("Ana@X.example"),
        text="",
        mailbox="support@desk.example",
        to=(Person("support+token@desk.example"), Person("bob@x.example")),
        cc=(Person("ana@x.example"), Person("eve@y.example")),
    )

    assert participants_of(message) == ("ana@x.example", "bob@x.example", "eve@y.example")
