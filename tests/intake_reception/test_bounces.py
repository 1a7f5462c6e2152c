"""Bounces as mail systems really write them."""

from services.intake.domain.message import BounceReport
from shared.contracts.fields import Automatic
from tests.intake_reception.mails import mail, multipart, read

RETURNED = (
    "Content-Type: message/rfc822",
    "To: Bob <gone@x.example>\r\nMessage-ID: <ours@desk.example>\r\nSubject: x\r\n\r\nHi",
)


def report_on(value: bytes) -> BounceReport:
    message = read(value)
    assert message.automatic is Automatic.BOUNCE, message.signals
    assert message.bounce is not None
    return message.bounce


def group(address: str, action: str, status: str) -> str:
    return f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}"


def test_of_several_recipients_the_one_who_did_not_get_it_counts() -> None:
    groups = [
        "Reporting-MTA: dns; mx",
        group("fine@x.example", "delivered", "2.0.0"),
        group("gone@x.example", "failed", "5.1.1"),
    ]

    found = report_on(
        multipart(
            "report",
            ("Content-Type: text/plain", "Some failed."),
            ("Content-Type: message/delivery-status", "\r\n\r\n".join(groups)),
        )
    )

    assert (found.address, found.status, found.hard) == ("gone@x.example", "5.1.1", True)


def test_a_report_that_a_list_server_wrapped_is_still_one() -> None:
    inner = (
        'Content-Type: multipart/report; boundary="in"',
        (
            "--in\r\nContent-Type: text/plain\r\n\r\nNo.\r\n"
            "--in\r\nContent-Type: message/delivery-status\r\n\r\n"
            f"{group('gone@x.example', 'failed', '5.1.1')}\r\n--in--"
        ),
    )

    found = report_on(multipart("mixed", inner, ("Content-Type: text/plain", "Footer")))

    assert found.address == "gone@x.example"


def test_a_mail_that_is_nothing_but_a_status() -> None:
    value = mail(
        group("gone@x.example", "failed", "4.2.2"),
        headers={"Content-Type": "message/delivery-status"},
    )

    assert report_on(value).address == "gone@x.example"


def test_a_complaint_names_who_complained_and_what_was_sent() -> None:
    complaint = "Feedback-Type: abuse\r\nOriginal-Rcpt-To: ana@x.example"

    found = report_on(
        multipart(
            'report; report-type="feedback-report"',
            ("Content-Type: text/plain", "An abuse report."),
            ("Content-Type: message/feedback-report", complaint),
            RETURNED,
        )
    )

    assert (found.address, found.hard) == ("ana@x.example", False)
    assert found.originals == ("<ours@desk.example>",)


def test_the_returned_mail_tells_the_address_where_nothing_else_does() -> None:
    found = report_on(
        multipart(
            'report; report-type="delivery-status"',
            ("Content-Type: text/plain", "There were permanent errors."),
            RETURNED,
        )
    )

    assert found.address == "gone@x.example"


def test_what_the_diagnosis_says_counts_more_than_the_text_around_it() -> None:
    status = (
        f"{group('ana@x.example', 'failed', '5.7.606')}\r\nDiagnostic-Code: smtp; 550 banned IP"
    )

    found = report_on(
        multipart(
            "report",
            ("Content-Type: text/plain", "550 5.1.1 User unknown"),
            ("Content-Type: message/delivery-status", status),
        )
    )

    assert (found.status, found.hard) == ("5.7.606", False)


def test_lists_of_addresses_in_prose() -> None:
    for line in (">>> gone@x.example <gone@x.example>", "   * gone@x.example", "<gone@x.example>:"):
        value = mail(
            f"Permanent errors:\r\n\r\n{line}\r\n550 no such user",
            sender="MAILER-DAEMON@mx.example",
            subject="FAILURE NOTICE : Help",
        )

        assert report_on(value).address == "gone@x.example"
