from collections.abc import Mapping

import pytest

from services.intake.domain.automatic import Report, can_be_answered, judge
from shared.contracts.fields import Automatic

AUTO, BOUNCE, LIST, OWN = (
    Automatic.AUTO_REPLY,
    Automatic.BOUNCE,
    Automatic.MAILING_LIST,
    Automatic.OWN,
)


def verdict(
    headers: Mapping[str, str] | None = None,
    sender: str = "ana@customer.example",
    report: Report | None = None,
    text: str = "",
) -> Automatic | None:
    named = {name.replace("_", "-"): [value] for name, value in (headers or {}).items()}
    found = judge(named, sender=sender, report=report, mailbox="support@desk.example", text=text)
    return found.automatic


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ({"subject": "Help"}, None),
        ({"auto_submitted": "no"}, None),
        ({"auto_submitted": "auto-replied"}, AUTO),
        ({"auto_submitted": "auto-generated; x=y"}, AUTO),
        ({"x_autoreply": "yes"}, AUTO),
        ({"x_autorespond": ""}, None),
        ({"x_auto_response_suppress": "DR, OOF"}, AUTO),
        ({"x_auto_response_suppress": "None"}, None),
        ({"precedence": "auto_reply"}, AUTO),
        ({"precedence": "bulk"}, LIST),
        ({"precedence": "normal"}, None),
        ({"list_id": "<talk.example>"}, LIST),
        ({"list_unsubscribe": "<mailto:x@y>"}, LIST),
        ({"return_path": "<>"}, AUTO),
        ({"return_path": "<ana@customer.example>"}, None),
        ({"subject": "Out of Office: Help"}, AUTO),
        ({"subject": "Automatische Antwort: Hilfe"}, AUTO),
        ({"subject": "Réponse automatique : absence"}, AUTO),
        ({"subject": "自動応答: ご連絡"}, AUTO),
        ({"subject": "My out of office does not work"}, None),
        ({"subject": "Automatic reply broken since Monday"}, None),
        ({"subject": "Undelivered parcel"}, None),
        ({"subject": "Out of office until Monday"}, AUTO),
        ({"subject": "AUTO: Ana Ruiz is away (returning 5 May)"}, AUTO),
        ({"subject": "Away until May 5"}, AUTO),
        ({"subject": "Automobile insurance"}, None),
        ({"subject": "On leave of my printer"}, None),
        ({"x_mlserver": "fml 4.0"}, LIST),
        ({"x_failed_recipients": "a@b.example"}, BOUNCE),
        ({"x_deskstream_loop": "1"}, OWN),
    ],
)
def test_headers(headers: dict[str, str], automatic: Automatic | None) -> None:
    assert verdict(headers) is automatic


@pytest.mark.parametrize(
    ("sender", "headers", "automatic"),
    [
        ("mailer-daemon@x.example", {"subject": "failure notice"}, BOUNCE),
        ("Mail.Delivery_System@x.example", {"subject": "Test"}, BOUNCE),
        ("postmaster@x.example", {"subject": "Undeliverable: Help"}, BOUNCE),
        ("postmaster@x.example", {"subject": "Your server refuses us"}, None),
        ("ana@x.example", {"subject": "Undeliverable: Help"}, None),
    ],
)
def test_daemons(sender: str, headers: dict[str, str], automatic: Automatic | None) -> None:
    assert verdict(headers, sender) is automatic


@pytest.mark.parametrize(
    ("sender", "headers", "text", "automatic"),
    [
        ("post_master@x.example", {}, "Error: 550 - no such user here", BOUNCE),
        ("no-reply@x.example", {"return_path": "<>"}, "Could not be delivered to: <a@b>", BOUNCE),
        ("admin@x.example", {"return_path": "<>"}, "Konnte nicht zugestellt werden", BOUNCE),
        ("system@x.example", {"subject": "Undeliverable: Hi"}, "550 User unknown", BOUNCE),
        ("ana@x.example", {"subject": "Re: Undeliverable: Hi"}, "550 User unknown", None),
        ("no-reply@dhl.example", {}, "Your parcel could not be delivered.", None),
        ("postmaster@x.example", {}, "Your server could do better.", None),
        (
            "a@x.example",
            {"return_path": "<>", "auto_submitted": "auto-replied"},
            "I am away; your mail was not delivered to anyone.",
            AUTO,
        ),
    ],
)
def test_failures_that_only_words_tell(
    sender: str, headers: dict[str, str], text: str, automatic: Automatic | None
) -> None:
    assert verdict(headers, sender, text=text) is automatic


@pytest.mark.parametrize(
    ("report", "automatic"),
    [
        (Report("delivery-status", "failed"), BOUNCE),
        (Report("delivery-status", "delayed"), BOUNCE),
        (Report("delivery-status", "delivered"), AUTO),
        (Report("disposition-notification"), AUTO),
        (Report("feedback-report"), BOUNCE),
        (Report("", returned=True), None),
    ],
)
def test_reports(report: Report, automatic: Automatic | None) -> None:
    assert verdict(report=report) is automatic


def test_a_group_of_ours_makes_nobody_a_list() -> None:
    headers = {
        "list_id": "<support.desk.example>",
        "precedence": "list",
        "x_original_sender": "ana@customer.example",
    }

    assert verdict(headers) is None


def test_every_signal_is_named() -> None:
    headers = {"auto-submitted": ["auto-replied"], "precedence": ["bulk"], "return-path": ["<>"]}

    found = judge(headers, sender="ana@customer.example")

    assert found.signals == ("auto-submitted", "null-return-path", "precedence")


@pytest.mark.parametrize(
    ("address", "answerable"),
    [
        ("ana@x.example", True),
        ("norah.reply@x.example", True),
        ("no-reply@x.example", False),
        ("noreply@x.example", False),
        ("do_not_reply@x.example", False),
        ("mailer-daemon@x.example", False),
        ("postmaster@x.example", False),
        ("bounces+123@x.example", False),
    ],
)
def test_nobody_reads_there(address: str, *, answerable: bool) -> None:
    assert can_be_answered(address) is answerable
