import base64
from datetime import UTC, datetime

import pytest

from services.intake.adapters.mail import message_id_in, read_mail
from services.intake.adapters.payload import Payload
from services.intake.domain.message import UnreadableError
from shared.contracts.fields import Automatic
from shared.contracts.mail import message_id_for
from tests.intake_reception.mails import MAILBOX, SECRET, delivery_status, mail, multipart, read


def test_a_plain_mail() -> None:
    message = read(
        mail(headers={"Cc": "bob@customer.example", "Reply-To": "team@customer.example"})
    )

    assert (message.sender.address, message.sender.name) == ("ana@customer.example", "Ana Ruiz")
    assert message.subject == "Printer on fire"
    assert message.text == "The printer on floor two is on fire."
    assert message.external_id == "<one@customer.example>"
    assert message.sent_at == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert [p.address for p in message.cc] == ["bob@customer.example"]
    assert message.reply_to is not None
    assert message.reply_to.address == "team@customer.example"
    assert message.automatic is None
    assert message.answerable


def test_alternatives_are_one_text_and_its_html() -> None:
    message = read(
        multipart(
            "alternative",
            ("Content-Type: text/plain", "Hello"),
            ("Content-Type: text/html", "<p>Hello <script>alert(1)</script><b>you</b></p>"),
        )
    )

    assert message.text == "Hello"
    assert message.html == "<p>Hello <b>you</b></p>"
    assert message.attachments == ()


def test_html_alone_is_read_as_text() -> None:
    message = read(
        multipart("mixed", ("Content-Type: text/html", "<p>One</p><ul><li>two<li>three</ul>"))
    )

    assert message.text.splitlines()[0] == "One"
    assert "two" in message.text


def test_attachments_keep_their_bytes_and_get_safe_names() -> None:
    content = base64.b64encode(b"\x00\x01binary").decode()
    encoded = "Content-Transfer-Encoding: base64\r\nContent-Disposition:"
    pdf_type = f"Content-Type: application/pdf\r\n{encoded} attachment"
    logo_type = f"Content-Type: image/png\r\n{encoded} inline"
    message = read(
        multipart(
            "mixed",
            ("Content-Type: text/plain", "See there."),
            (f'{pdf_type}; filename="../../\u200b.htaccess"', content),
            (f"{logo_type}\r\nContent-ID: <logo>", content),
        )
    )

    pdf, logo = message.attachments
    assert (pdf.filename, pdf.data, pdf.inline) == ("htaccess", b"\x00\x01binary", False)
    assert (logo.filename, logo.inline) == ("attachment-2.png", True)
    assert message.text == "See there."


def test_uuencoded_files_in_the_text_are_attachments() -> None:
    message = read(mail("Look:\r\n\r\nbegin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n\r\nBye"))

    assert [(a.filename, a.data) for a in message.attachments] == [("a.txt", b"Cat")]
    assert "begin 644" not in message.text


def test_a_flowed_text_is_joined() -> None:
    message = read(
        mail(
            "A long line that \r\ngoes on\r\n> quoted \r\n> more\r\n-- \r\nAna",
            headers={"Content-Type": "text/plain; format=flowed"},
        )
    )

    assert message.text.startswith("A long line that goes on\n> quoted more\n-- \nAna")


def test_new_text_is_told_from_quoted_text() -> None:
    message = read(mail("Works now.\r\n\r\nOn Mon, 2 Mar 2026, Support wrote:\r\n> Try again\r\n"))

    assert message.new_text == "Works now."
    assert message.quoted_text == "On Mon, 2 Mar 2026, Support wrote:\n> Try again"
    assert message.text.endswith("> Try again")


def test_references_come_nearest_first() -> None:
    message = read(mail(headers={"References": "<a@x> <b@x>\r\n <c@x>", "In-Reply-To": "<c@x>"}))

    assert message.references == ("<c@x>", "<b@x>", "<a@x>")


@pytest.mark.parametrize(
    ("value", "message_id"),
    [
        ("<a@x>", "<a@x>"),
        ("a@x", "<a@x>"),
        ("<a@b@c>", "<a@b@c>"),
        ("<folded\r\n @x>", "<folded@x>"),
        ("", None),
        ("  ", None),
    ],
)
def test_message_ids(value: str, message_id: str | None) -> None:
    assert message_id_in(value) == message_id


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        pytest.param({}, "ana@customer.example", id="From"),
        pytest.param(
            {"X-Original-Sender": "ana@customer.example", "From": f"Ana via Support <{MAILBOX}>"},
            "ana@customer.example",
            id="rewritten by a group",
        ),
        pytest.param(
            {
                "X-Original-From": "Ana <ana@customer.example>",
                "From": "'Ana' via Help <help@lists.example>",
            },
            "ana@customer.example",
            id="rewritten by a list",
        ),
        pytest.param(
            {"From": MAILBOX, "Reply-To": "ana@customer.example"},
            "ana@customer.example",
            id="a form that sends in our name",
        ),
        pytest.param(
            {"From": "", "Return-Path": "<ana@customer.example>"},
            "ana@customer.example",
            id="Return-Path",
        ),
        pytest.param({"Reply-To": "broken <"}, "ana@customer.example", id="broken Reply-To"),
    ],
)
def test_the_sender(headers: dict[str, str], sender: str) -> None:
    assert read(mail(headers=headers)).sender.address == sender


def test_an_impossible_date_is_none() -> None:
    assert read(mail(date="Tue, 99 Foo 99999 99:99:99 +9999")).sent_at is None


def test_own_mail_is_known_by_its_signed_id() -> None:
    ours = message_id_for("reply", "t1", "1", domain="desk.example", secret=SECRET)

    assert read(mail(message_id=ours)).automatic is Automatic.OWN
    assert read(mail(message_id=ours.replace("reply.", "reply.aa"))).automatic is None


def test_the_mailbox_is_where_it_was_delivered() -> None:
    value = mail(headers={"Delivered-To": "support+abc@desk.example"})

    assert read(value, mailbox=None).mailbox == "support@desk.example"
    assert read(value, mailbox=None).delivered_to == ("support+abc@desk.example",)


@pytest.mark.parametrize("value", [b"", b"no mail at all", b"\x00\xff" * 40])
def test_what_is_no_mail_is_refused_with_a_reason(value: bytes) -> None:
    with pytest.raises(UnreadableError, match="no header of a mail"):
        read_mail(Payload(value, "email"))


def test_a_delivery_report_tells_address_status_and_original() -> None:
    message = read(
        multipart(
            'report; report-type="delivery-status"',
            ("Content-Type: text/plain", "It could not be delivered."),
            delivery_status("gone@x.example", "5.1.1"),
            (
                "Content-Type: message/rfc822",
                "Message-ID: <ours@desk.example>\r\nSubject: x\r\n\r\nHi",
            ),
        )
    )

    assert message.automatic is Automatic.BOUNCE
    assert message.bounce is not None
    assert (message.bounce.address, message.bounce.status) == ("gone@x.example", "5.1.1")
    assert message.bounce.hard
    assert message.bounce.originals == ("<ours@desk.example>",)


@pytest.mark.parametrize(
    ("status", "action", "text", "hard"),
    [
        ("5.1.1", "failed", "User unknown", True),
        ("5.2.2", "failed", "Mailbox full", False),
        ("4.4.1", "delayed", "Connection timed out", False),
        ("5.7.1", "failed", "Message rejected by policy", False),
        ("5.0.0", "failed", "No such user here", True),
        ("5.0.0", "failed", "Mailbox quota exceeded", False),
    ],
)
def test_hard_is_what_will_never_arrive(status: str, action: str, text: str, *, hard: bool) -> None:
    message = read(
        multipart(
            'report; report-type="delivery-status"',
            ("Content-Type: text/plain", text),
            delivery_status("a@x.example", status, action),
        )
    )

    assert message.bounce is not None
    assert message.bounce.hard is hard


def test_a_bounce_in_prose() -> None:
    message = read(
        mail(
            "I wasn't able to deliver your message.\r\n\r\n<gone@x.example>:\r\n"
            "550 5.1.1 user unknown\r\n\r\n--- Below is a copy\r\n\r\n"
            "Message-ID: <ours@desk.example>",
            sender="MAILER-DAEMON@mx.example",
            subject="failure notice",
            headers={"Return-Path": "<>"},
        )
    )

    assert message.bounce is not None
    assert message.bounce.address == "gone@x.example"
    assert message.bounce.originals == ("<ours@desk.example>",)


def test_words_that_claim_to_be_base64() -> None:
    head = {"Content-Transfer-Encoding": "base64"}

    assert read(mail("These are plain words.", headers=head)).text == "These are plain words."


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        ("text/x-unheard-of", "<b>It burns.</b>"),
        ("text/enriched", "It burns."),
        ("text/plain; name=mail.txt", "<b>It burns.</b>"),
    ],
)
def test_words_of_any_kind_are_the_text(content_type: str, text: str) -> None:
    message = read(mail("<b>It burns.</b>", headers={"Content-Type": content_type}))

    assert (message.text, message.attachments) == (text, ())


def test_a_first_text_that_has_a_name_is_still_the_text() -> None:
    named = 'Content-Type: text/plain\r\nContent-Disposition: inline; filename="a.txt"'

    message = read(multipart("mixed", (named, "It burns."), (named, "More.")))

    assert message.text == "It burns."
    assert [attachment.filename for attachment in message.attachments] == ["a.txt"]


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b" ", b"\r\n\r\n", b"From ana Mon Mar  2\r\n"])
def test_what_stands_before_the_first_header(start: bytes) -> None:
    assert read(start + mail()).sender.address == "ana@customer.example"


def test_a_sender_without_a_domain_is_known_by_his_name_and_not_answered() -> None:
    message = read(mail(sender="root"))

    assert message.sender.address == "root"
    assert not message.answerable


def test_an_address_in_reply_to_counts_more_than_a_name_in_from() -> None:
    message = read(mail(sender="root", headers={"Reply-To": "ana@customer.example"}))

    assert message.sender.address == "ana@customer.example"


def test_a_group_that_writes_in_its_own_name_hides_nobody() -> None:
    rewritten = {"X-Original-Sender": "ana@customer.example"}

    message = read(mail(sender="'Ana Ruiz' via Help <help@group.example>", headers=rewritten))

    assert (message.sender.address, message.sender.name) == ("ana@customer.example", "Ana Ruiz")


def test_an_answered_id_without_its_brackets() -> None:
    assert read(mail(headers={"In-Reply-To": "one@x.example"})).references == ("<one@x.example>",)
    assert read(mail(headers={"In-Reply-To": "your mail to ana@x.example"})).references == ()


def test_an_invitation_alone_is_told_in_words() -> None:
    event = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Repair\\, second try\r\n"
        "DTSTART;TZID=Europe/Berlin:20260302T090000\r\nDTEND:20260302T093000Z\r\n"
        "LOCATION:Floor\r\n  two\r\nDESCRIPTION:Bring\\nwater\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )

    message = read(mail(event, headers={"Content-Type": "text/calendar; method=REQUEST"}))

    assert message.text == (
        "Repair, second try\nBegins: 2026-03-02 09:00\nEnds: 2026-03-02 09:30 UTC\n"
        "Where: Floor two\n\nBring\nwater"
    )
    assert [each.content_type for each in message.attachments] == ["text/calendar"]


def test_an_invitation_beside_words_is_attached() -> None:
    calendar = ("Content-Type: text/calendar", "BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT")

    message = read(multipart("alternative", ("Content-Type: text/plain", "Come!"), calendar))

    assert message.text == "Come!"
    assert [attachment.filename for attachment in message.attachments] == ["attachment-1.ics"]
