"""Bounces that say in words what others say in fields: whom they mean, and for how long."""

from base64 import encodebytes

import pytest

from services.intake.domain.message import BounceReport
from shared.contracts.fields import Automatic
from tests.intake_reception.mails import mail, multipart, read

DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example>"
YOUR_MESSAGE = (
    "Your message\r\n\r\n  To:      list@desk.example\r\n  Subject: Release 2.4.19\r\n"
    "  Sent:    Mon, 2 Mar 2026\r\n\r\n"
)
DETAILS = "Original message details:\r\n\r\n  To: other@x.example"
COPY = "---- START OF RETURNED MESSAGE ----\r\nTo: other@x.example\r\nX-Mailer: Post 4.0.13"
FOLLOWS = "Original message follows.\r\n\r\nReply-To: other@x.example\r\nTo: gone@x.example"


def report_on(text: str, sender: str = DAEMON, subject: str = "Undeliverable") -> BounceReport:
    message = read(mail(text, sender=sender, subject=subject))
    assert message.automatic is Automatic.BOUNCE, message.signals
    assert message.bounce is not None
    return message.bounce


@pytest.mark.parametrize(
    "text",
    [
        YOUR_MESSAGE + "did not reach the following recipient(s):\r\n\r\ngone@x.example on Monday",
        YOUR_MESSAGE
        + "did not reach the following recipient(s):\r\n\r\nc=US;o=X;SMTP=gone@x.example;",
        "Failed:\r\n\r\n  * [gone@x.example]: full\r\n\r\n" + DETAILS,
        "What was addressed to 'gone@x.example' failed.\r\n\r\n" + COPY,
        "This address failed:\r\n\r\n  an alias\r\n    (generated from gone@x.example)",
        "User's mailbox is full: gone@x.example\r\n\r\n" + FOLLOWS,
    ],
)
def test_the_address_that_failed_is_told_from_those_of_our_mail(text: str) -> None:
    found = report_on(text)

    assert found.address == "gone@x.example"
    assert found.status is None


def test_nobody_is_blamed_whom_the_recipient_refuses() -> None:
    found = report_on("Not delivered: they take no mail from desk@ours.example any more.")

    assert found.address is None


@pytest.mark.parametrize(
    ("text", "hard"),
    [
        ("<ana@x.example>: the user's mail folder is full.", False),
        ("<ana@x.example>: put off because of a full mailbox", False),
        ("Not delivered to <ana@x.example>. We will continue to try for two days.", False),
        ("<ana@x.example>: your mail exceeded the largest size", False),
        ("The message to ana.user@x.example was rejected:\r\nQuota exceeded", False),
        ("<ana@x.example>: no such user", True),
    ],
)
def test_what_may_pass_is_no_dead_address(text: str, *, hard: bool) -> None:
    assert report_on(text).hard is hard


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("MDaemon@mx.example", "Warning: bob unknown", "bob@x.example - no such user here."),
        ("postmaster@x.example", "FAILED MAIL to bob", "Nobody has the address bob@x.example."),
        (
            "filter@x.example",
            "Delivery failure notification",
            "It could not be delivered to the following recipients:\r\n\r\nbob@x.example",
        ),
        (
            "smtp_service@x.example",
            "Returned mail - error during delivery",
            "<bob@x.example>: mailbox unavailable. [SMTP error code 550]",
        ),
    ],
)
def test_a_machine_without_a_machines_name(sender: str, subject: str, text: str) -> None:
    assert report_on(text, sender, subject).address == "bob@x.example"


@pytest.mark.parametrize(
    "text",
    [
        "My mail could not be delivered to the following addresses: sales@desk.example. Why?",
        "The parcel could not be delivered to the address that we agreed on: 4 Mill Lane.",
        "We tried. It could not be delivered to the following user: bob@x.example",
    ],
)
def test_who_asks_about_a_failure_is_a_person(text: str) -> None:
    message = read(mail(text, subject="Delivery failure"))

    assert message.automatic is None, message.signals


@pytest.mark.parametrize("path", ["<MAILER-DAEMON>", "<MAILER-DAEMON@mx.example>", "<>"])
def test_an_empty_envelope_sender_has_several_spellings(path: str) -> None:
    value = mail(
        "Unable to deliver to <bob@x.example>",
        sender="gateway@x.example",
        subject="Mail could not be delivered",
        headers={"Return-Path": path},
    )

    assert read(value).automatic is Automatic.BOUNCE


def test_actions_that_the_standard_does_not_name() -> None:
    status = "Final-Recipient: rfc822;bob@x.example\r\nAction: failure\r\nStatus: 553 too large"

    message = read(
        multipart(
            'report; report-type="delivery-status"',
            ("Content-Type: text/plain", "Your mail was not delivered."),
            ("Content-Type: message/delivery-status", f"Reporting-MTA: dns;mx\r\n\r\n{status}"),
        )
    )

    assert message.automatic is Automatic.BOUNCE
    assert message.bounce is not None
    assert message.bounce.address == "bob@x.example"


def test_what_a_recipients_filter_refused_did_not_arrive() -> None:
    refusal = (
        "Content-Type: text/plain",
        "Your message was refused:\r\nQuota exceeded",
    )
    notification = (
        "Content-Type: message/disposition-notification",
        "Final-Recipient: rfc822; bob@x.example\r\nDisposition: automatic-action/MDN-sent; deleted",
    )
    value = multipart("report; report-type=disposition-notification", refusal, notification)
    refused = b"Auto-Submitted: auto-replied (rejected)\r\n" + value

    message = read(refused)

    assert message.automatic is Automatic.BOUNCE
    assert message.bounce is not None
    assert (message.bounce.address, message.bounce.hard) == ("bob@x.example", False)
    assert read(value).automatic is Automatic.AUTO_REPLY


def test_a_report_that_came_attached_to_a_filters_notice() -> None:
    status = "Final-Recipient: rfc822;bob@x.example\r\nAction: failed\r\nStatus: 5.1.1"
    report = (
        'Content-Type: multipart/report; boundary="in"\r\n\r\n--in\r\n'
        f"Content-Type: message/delivery-status\r\n\r\n{status}\r\n--in--"
    )
    value = multipart("mixed", ("Content-Type: message/rfc822", report)).replace(
        b"From: ana@customer.example\r\n", f"From: {DAEMON}\r\n".encode(), 1
    )

    message = read(value)

    assert message.bounce is not None
    assert (message.bounce.address, message.bounce.status) == ("bob@x.example", "5.1.1")


def test_a_gateway_may_encode_what_it_reports() -> None:
    group = b"Final-Recipient: rfc822; bob@x.example\nAction: failed\nStatus: 5.1.1\n"
    head = "Reporting-MTA: dns; mx\r\nContent-Transfer-Encoding: base64"
    status = f"{head}\r\n\r\n{encodebytes(group).decode()}"

    message = read(
        multipart(
            'report; report-type="delivery-status"',
            ("Content-Type: text/plain", "It was not delivered."),
            ("Content-Type: message/delivery-status", status),
        )
    )

    assert message.bounce is not None
    assert (message.bounce.address, message.bounce.status) == ("bob@x.example", "5.1.1")
