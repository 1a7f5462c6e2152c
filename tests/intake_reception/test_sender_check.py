"""Whether a sender is who he says, by our own mail servers' word only (RFC 8601)."""

from typing import Any

import pytest

from services.intake.adapters.rfc822.authentication import sender_check
from shared.contracts.fields import SenderCheck
from shared.contracts.ticket import CustomerReplied, TicketCreated
from tests.intake_reception.mails import FrontDesk, mail

OURS = ("mx.desk.example", "Edge.desk.example")
PASSED = SenderCheck(dmarc="pass", spf="pass", dkim="pass")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        (["mx.evil.example; dmarc=pass"], None),
        (["mx.desk.example"], SenderCheck()),
        (["mx.desk.example; none"], SenderCheck()),
        (
            ["mx.desk.example 1; dmarc=fail (p=reject) header.from=bank.example"],
            SenderCheck(dmarc="fail"),
        ),
        (
            ["EDGE.desk.example; spf=softfail smtp.mailfrom=x@y.example"],
            SenderCheck(spf="softfail"),
        ),
        (['"mx.desk.example"; DKIM = Pass header.d=a.example'], SenderCheck(dkim="pass")),
        (
            ["mx.desk.example; spf=pass (one (two) three; dmarc=fail) ; dkim=pass; dmarc=pass"],
            PASSED,
        ),
        (
            ["mx.desk.example; dkim=fail header.d=list.example; dkim=pass header.d=a.example"],
            SenderCheck(dkim="pass"),
        ),
        (
            [
                "mx.desk.example; dkim=none",
                "edge.desk.example; dkim=fail; spf=fail",
                "x.example; spf=pass",
            ],
            SenderCheck(dkim="none", spf="fail"),
        ),
        (
            ["mx.desk.example; arc=pass; iprev=pass; dmarc/1=quarantine"],
            SenderCheck(dmarc="quarantine"),
        ),
        (["mx.desk.example; =pass; dmarc; spf= ; \x00"], SenderCheck()),
        (["", ";", "(" * 9_000], None),
    ],
)
def test_only_our_servers_are_believed(values: list[str], expected: SenderCheck | None) -> None:
    assert sender_check(values, OURS) == expected


def from_ana(*results: str, **more: Any) -> bytes:
    """Every line that a mail server adds stands above the mail's own."""
    told = "".join(f"Authentication-Results: {result}\r\n" for result in results)
    return told.encode() + mail(**more)


async def test_what_was_found_goes_with_the_message() -> None:
    desk = FrontDesk(mail_servers=OURS)
    await desk.mails(
        from_ana("mx.desk.example; dmarc=fail", "mx.desk.example; dmarc=pass; spf=pass")
    )
    await desk.mails(
        from_ana(
            "mx.desk.example; dmarc=pass",
            message_id="<two@customer.example>",
            headers={"In-Reply-To": "<one@customer.example>"},
        )
    )
    [created] = desk.bench.said_of(TicketCreated)
    [replied] = desk.bench.said_of(CustomerReplied)
    assert created.message.sender_check == SenderCheck(dmarc="pass", spf="pass")
    assert replied.message.sender_check == SenderCheck(dmarc="pass")


async def test_without_servers_of_ours_nothing_is_known() -> None:
    desk = FrontDesk()
    await desk.mails(from_ana("mx.desk.example; dmarc=pass"))
    [created] = desk.bench.said_of(TicketCreated)
    assert created.message.sender_check is None
