"""SendGrid, Mailgun and Postmark take mail in, take it apart, and hand over the pieces."""

from base64 import b64encode
from typing import Any

import orjson
import pytest

from services.intake.adapters.recognition import recognised
from services.intake.domain.message import IncomingMessage, UnreadableError
from shared.contracts.fields import Automatic
from tests.intake_channels.reading import as_bytes, form, multipart, read, reason

HEADERS = {
    "From": "Ana Ruiz <ana@customer.example>",
    "To": "Support <support@desk.example>",
    "Cc": "Bob <bob@customer.example>",
    "Subject": "Printer on fire",
    "Message-ID": "<one@customer.example>",
    "In-Reply-To": "<zero@desk.example>",
    "Date": "Mon, 02 Mar 2026 09:00:00 +0100",
}
TEXT = "It burns.\n\nOn Mon, 2 Mar 2026, S <s@desk.example> wrote:\n> Does it work?"
HTML = "<p onclick=x()>It <b>burns</b>.</p>"
BLOCK = "".join(f"{name}: {value}\n" for name, value in HEADERS.items())
RAW = f"{BLOCK}\n{TEXT}\n"


def sendgrid(files: dict[str, tuple[str, str, bytes]] | None = None, **fields: str) -> bytes:
    envelope = orjson.dumps({"to": ["support+t@desk.example"], "from": "bounce@customer.example"})
    pieces = {
        "headers": BLOCK,
        "from": HEADERS["From"],
        "subject": HEADERS["Subject"],
        "envelope": envelope.decode(),
        "text": TEXT,
        "html": HTML,
    }
    return multipart({**pieces, **fields}, files)


def mailgun(files: dict[str, tuple[str, str, bytes]] | None = None, **fields: str) -> bytes:
    pieces = {
        "recipient": "support+t@desk.example",
        "sender": "bounce@customer.example",
        "message-headers": orjson.dumps(list(HEADERS.items())).decode(),
        "body-plain": TEXT,
        "body-html": HTML,
    }
    return multipart({**pieces, **fields}, files)


def postmark(**members: Any) -> dict[str, Any]:
    listed = ("Message-ID", "In-Reply-To")
    body = {
        "FromFull": {"Email": "ana@customer.example", "Name": "Ana Ruiz"},
        "ToFull": [{"Email": "support@desk.example", "Name": "Support"}],
        "CcFull": [{"Email": "bob@customer.example", "Name": "Bob"}],
        "OriginalRecipient": "support+t@desk.example",
        "Subject": HEADERS["Subject"],
        "Date": HEADERS["Date"],
        "MessageID": "6a1f",
        "TextBody": TEXT,
        "HtmlBody": HTML,
        "Headers": [{"Name": name, "Value": HEADERS[name]} for name in listed],
    }
    return {**body, **members}


def check(found: IncomingMessage) -> None:
    assert found.channel == "email"
    assert (found.sender.address, found.sender.name) == ("ana@customer.example", "Ana Ruiz")
    assert [person.address for person in found.to] == ["support@desk.example"]
    assert [person.address for person in found.cc] == ["bob@customer.example"]
    assert (found.subject, found.external_id) == ("Printer on fire", "<one@customer.example>")
    assert found.references == ("<zero@desk.example>",)
    assert found.new_text == "It burns."
    assert found.html == "<p>It <b>burns</b>.</p>"
    assert "support+t@desk.example" in found.delivered_to
    assert found.mailbox == "support@desk.example"
    assert found.sent_at is not None
    assert found.automatic is None


def test_the_pieces_are_the_mail_they_were() -> None:
    check(read("sendgrid", sendgrid()))
    check(read("mailgun", mailgun()))
    check(read("postmark", postmark()))


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("sendgrid", sendgrid(email=RAW)),
        ("mailgun", form({"recipient": "support+t@desk.example", "body-mime": RAW})),
        ("postmark", {"RawEmail": RAW, "OriginalRecipient": "support+t@desk.example"}),
    ],
)
def test_the_raw_mail_serves_where_it_comes(channel: str, body: object) -> None:
    found = read(channel, body)

    assert (found.sender.address, found.external_id) == (
        "ana@customer.example",
        "<one@customer.example>",
    )
    assert "support+t@desk.example" in found.delivered_to
    assert found.raw == RAW.strip("\r\n").encode() or found.raw == RAW.encode()


FILE = ("a/../räuber.txt", "text/plain", b"kept")


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("sendgrid", sendgrid({"attachment1": FILE})),
        ("mailgun", mailgun({"attachment-1": FILE})),
        (
            "postmark",
            postmark(
                Attachments=[
                    {
                        "Name": FILE[0],
                        "ContentType": FILE[1],
                        "Content": b64encode(FILE[2]).decode(),
                    }
                ]
            ),
        ),
    ],
)
def test_attachments_come_along(channel: str, body: object) -> None:
    [attachment] = read(channel, body).attachments

    assert (attachment.filename, attachment.data) == ("räuber.txt", b"kept")
    assert (attachment.content_type, attachment.inline) == ("text/plain", False)


def test_a_picture_in_the_text_is_inline() -> None:
    picture = {"attachment-1": ("a.png", "image/png", b"png")}

    [attachment] = read(
        "mailgun", mailgun(picture, **{"content-id-map": '{"<a@x>": "attachment-1"}'})
    ).attachments

    assert attachment.inline


def test_a_field_says_its_charset() -> None:
    body = sendgrid(charsets='{"text": "iso-8859-5"}').replace(
        b"It burns.", "Он горит.".encode("iso-8859-5")
    )

    assert read("sendgrid", body).new_text == "Он горит."


def test_a_mail_to_two_services_is_one() -> None:
    by_sendgrid, by_mailgun = read("sendgrid", sendgrid()), read("mailgun", mailgun())

    assert by_sendgrid.fingerprint == by_mailgun.fingerprint


def test_a_null_sender_is_no_person() -> None:
    body = sendgrid(envelope='{"to": ["support@desk.example"], "from": ""}')

    assert read("sendgrid", body).automatic is Automatic.AUTO_REPLY


def test_a_bounce_is_found_by_its_report() -> None:
    report = "Final-Recipient: rfc822; gone@x.example\nAction: failed\nStatus: 5.1.1"
    files = {"attachment-1": ("d.txt", "message/delivery-status", report.encode())}

    found = read("mailgun", mailgun(files))

    assert found.automatic is Automatic.BOUNCE
    assert found.bounce is not None
    assert (found.bounce.address, found.bounce.hard) == ("gone@x.example", True)


def test_a_stored_mails_attachments_are_described() -> None:
    listed = [{"url": "https://s.example/0", "name": "a.pdf", "size": 9, "content-type": "a/b"}]

    [attachment] = read("mailgun", mailgun(attachments=orjson.dumps(listed).decode())).described

    assert (attachment.filename, attachment.size, attachment.source) == (
        "a.pdf",
        9,
        "https://s.example/0",
    )


def test_without_a_message_id_postmarks_own_serves() -> None:
    assert read("postmark", postmark(Headers=[])).external_id == "<6a1f@postmark>"


def test_a_header_that_breaks_its_line_adds_none() -> None:
    name = "Ana\r\nX-Autoreply: yes"

    found = read("postmark", postmark(FromFull={"Email": "ana@x.example", "Name": name}))

    assert found.automatic is None
    assert found.sender.address == "ana@x.example"


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("mailgun", form({"event": "delivered", "recipient": "a@x.example"})),
        ("mailgun", form({"event-data": "{}", "timestamp": "1"})),
        ("postmark", {"RecordType": "Bounce"}),
        ("sendgrid", {"email": "a@x.example", "event": "open", "sg_event_id": "e1"}),
    ],
)
def test_events_of_sent_mail_are_none(channel: str, body: object) -> None:
    assert reason(channel, body)


@pytest.mark.parametrize("channel", ["sendgrid", "mailgun", "postmark"])
@pytest.mark.parametrize("body", [b"", b"{}", b"x", b"[]"])
def test_what_is_none_of_theirs(channel: str, body: bytes) -> None:
    with pytest.raises(UnreadableError):
        read(channel, body)


@pytest.mark.parametrize(
    "body",
    [
        form({"recipient": "desk@x.example", "sender": "ana@x.example", "from": "ana@x.example"}),
        {"FromFull": {"Email": "ana@x.example"}, "MessageStream": "inbound"},
        form({"from": "ana@x.example", "to": "desk@x.example", "subject": "Lamp", "text": ""}),
    ],
)
def test_a_mail_without_a_text_has_no_attachment(body: object) -> None:
    found = read(recognised(as_bytes(body)), body)

    assert (found.sender.address, found.text, found.attachments) == ("ana@x.example", "", ())


@pytest.mark.parametrize(
    "fields", [{"stripped-text": "It burns."}, {"stripped-html": "<p>It burns.</p>"}]
)
def test_what_mailgun_stripped_serves_where_the_whole_is_missing(fields: dict[str, str]) -> None:
    body = form({"recipient": "desk@x.example", "sender": "ana@x.example", **fields})

    assert recognised(body) == "mailgun"
    assert read("mailgun", body).text == "It burns."


def test_mailguns_ids_may_be_empty_and_come_twice() -> None:
    ids = '{"": "attachment-1", "": "attachment-2", "<a>": "attachment-3", "<a>": "attachment-4"}'
    files = {f"attachment-{i}": (f"{i}.txt", "text/plain", b"kept") for i in range(1, 6)}

    found = read("mailgun", multipart({"content-id-map": ids, "message-headers": "[]"}, files))

    assert [(each.filename, each.inline) for each in found.attachments] == [
        ("1.txt", True),
        ("2.txt", True),
        ("3.txt", True),
        ("4.txt", True),
        ("5.txt", False),
    ]


@pytest.mark.parametrize("listed", ["[1]", "x", "[" * 5_000, '{"<a>": 1}'])
def test_ids_that_are_none_change_nothing(listed: str) -> None:
    body = multipart(
        {"content-id-map": listed, "message-headers": "[]"},
        {"attachment-1": ("1.txt", "text/plain", b"kept")},
    )

    assert [each.inline for each in read("mailgun", body).attachments] == [False]


def test_sendgrids_ids_alone_tell_what_is_inline() -> None:
    body = multipart(
        {"from": "ana@x.example", "text": "See", "content-ids": '{"pic": "attachment1"}'},
        {"attachment1": ("lamp.png", "image/png", b"kept")},
    )

    assert recognised(body) == "sendgrid"
    assert [each.inline for each in read("sendgrid", body).attachments] == [True]


def test_postmarks_check_sends_data_for_content() -> None:
    file = {"Name": "a.txt", "ContentType": "text/plain", "Data": b64encode(b"kept").decode()}

    assert [each.data for each in read("postmark", postmark(Attachments=[file])).attachments] == [
        b"kept"
    ]


@pytest.mark.parametrize(
    ("body", "channel"),
    [
        (form({"email": RAW, "envelope": "{}", "from": "ana@x.example"}), "sendgrid"),
        (form({"event": "opened", "recipient": "ana@x.example"}), "mailgun"),
        ({"sg_event_id": "e", "event": "bounce", "email": "a@x.example"}, "sendgrid"),
    ],
)
def test_forms_are_recognised_by_what_stands_together(body: object, channel: str) -> None:
    assert recognised(as_bytes(body)) == channel


def test_postmarks_plain_sender_has_his_name_beside_him() -> None:
    body = {"From": "ana@x.example", "FromName": "Ruiz, Ana", "TextBody": "It burns."}

    found = read("postmark", body)

    assert (found.sender.address, found.sender.name) == ("ana@x.example", "Ruiz, Ana")
