"""Real mails, replies and webhooks, where they are at hand (`../shared/data`)."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.intake.adapters.alertmanager import read_alertmanager
from services.intake.adapters.mail import read_mail
from services.intake.adapters.markup import read_markup
from services.intake.adapters.payload import Payload
from services.intake.adapters.whatsapp import read_whatsapp
from services.intake.domain.message import IncomingMessage, UnreadableError
from services.intake.domain.quoting import divide
from shared.contracts.fields import Automatic

PUBLIC = Path(__file__).parents[2].parent / "shared" / "data" / "public"
pytestmark = pytest.mark.skipif(not PUBLIC.is_dir(), reason=f"no samples in {PUBLIC}")
NO_MAILS = {"emails/cpython/msg_19.txt", "emails/enmime/mail__erroneous.raw"}
# Of a list server; three are answers, no bounces.
NO_BOUNCES = ("fml-", "rfc3834-")


def mails() -> Iterator[tuple[str, bytes]]:
    with (PUBLIC / "emails" / "index.csv").open(newline="") as index:
        for row in csv.DictReader(index):
            yield row["file"], (PUBLIC / row["file"]).read_bytes()


def test_every_mail_is_read() -> None:
    unread = set()
    for name, value in mails():
        try:
            read_mail(Payload(value, "email"))
        except UnreadableError:
            unread.add(name)

    assert unread == NO_MAILS


def test_bounces_are_found() -> None:
    missed = []
    for name, value in mails():
        if "/sisimai/" in name and not any(part in name for part in NO_BOUNCES):
            [message] = read_mail(Payload(value, "email"))
            assert isinstance(message, IncomingMessage)
            if message.automatic is not Automatic.BOUNCE:
                missed.append(name)

    assert missed == []


def test_replies_are_told_from_quotes() -> None:
    with (PUBLIC / "reply_quoting" / "cases.jsonl").open() as lines:
        cases = [json.loads(line) for line in lines]

    wrong = {case["name"] for case in cases if not _divided_as_expected(case)}

    # They expect the signature to stay with the reply.
    assert wrong == {"std_iphone", "std_sparrow"}


def _divided_as_expected(case: dict[str, str]) -> bool:
    if "html" in case:
        new = divide(read_markup(case["html"]).text).new
        return "".join(new.split()) == "".join(case["expected_reply_ignoring_whitespace"].split())
    return _lines(divide(case["body"]).new) == _lines(case["expected_reply"])


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().replace("\r", "").split("\n")]


def test_every_whatsapp_webhook_is_read() -> None:
    for path in sorted((PUBLIC / "webhooks" / "whatsapp_cloud").glob("*.json")):
        try:
            assert read_whatsapp(Payload(path.read_bytes(), "whatsapp")), path.name
        except UnreadableError:
            json_is_broken = _is_broken(path)
            assert json_is_broken, path.name


def _is_broken(path: Path) -> bool:
    try:
        json.loads(path.read_text())
    except json.JSONDecodeError:
        return True
    return False


def test_every_alertmanager_webhook_is_read() -> None:
    for path in sorted((PUBLIC / "webhooks" / "alertmanager").glob("*.json")):
        found = read_alertmanager(Payload(path.read_bytes(), "alertmanager"))
        assert all(isinstance(each, IncomingMessage) for each in found), path.name
