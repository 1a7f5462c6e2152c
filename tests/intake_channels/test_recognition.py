"""Which channel a file is of, where nobody says."""

import csv
import json
from pathlib import Path

import pytest

from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.payload import Payload
from services.intake.adapters.recognition import recognised
from services.intake.domain.message import UnreadableError
from tests.intake_channels.reading import as_bytes, form, multipart

PUBLIC = Path(__file__).parents[2].parent / "shared" / "data" / "public"
VENDORS = {
    "mailgun_inbound": "mailgun",
    "phone_sipgate": "phone",
    "postmark_inbound": "postmark",
    "sendgrid_inbound": "sendgrid",
    "twilio_sms": "sms",
    "twilio_voice": "phone",
    "twilio_whatsapp": "sms",
    "whatsapp_cloud": "whatsapp",
}
# A list of fields, a schema, a query of a handshake, and a file that is empty.
NO_PAYLOADS = frozenset(
    {
        "documented_format.txt",
        "event_fields.json",
        "verification_challenge.GET.form.txt",
        "default_data_with_attachments.multipart.txt",
    }
)


@pytest.mark.parametrize(
    ("body", "channel"),
    [
        (b"From: a@x.example\nSubject: a=b&c=d\n\nhi", "email"),
        (b"", "email"),
        (b"\x00\xff", "email"),
        ({"object": "page", "entry": []}, "messenger"),
        ({"channel": "phone", "sender": {"address": "1"}, "text": "x"}, "phone"),
        ({"channel": "fax", "sender": {"address": "1"}, "text": "x"}, "web"),
        ({"email": "a@x.example", "message": "x"}, "web"),
        ({"visitor": {}, "message": "x"}, "chat"),
        (form({"email": "a@x.example", "message": "one two"}), "web"),
        (multipart({"body-plain": "x"}), "mailgun"),
        (b"{", "web"),
        (b"MessageSid=SM1&From=+34600111222&Body=It broke, twice.\n", "sms"),
        (b"From=x: a <b@x.example>\nSubject: s\n\nhi", "email"),
    ],
)
def test_by_shape(body: object, channel: str) -> None:
    assert recognised(as_bytes(body)) == channel


@pytest.mark.skipif(not PUBLIC.is_dir(), reason=f"no samples in {PUBLIC}")
def test_every_vendors_sample_is_recognised_and_read() -> None:
    wrong = {}
    for line in (PUBLIC / "webhooks" / "index.jsonl").read_text().splitlines():
        row = json.loads(line)
        file = PUBLIC / row["file"]
        expected = VENDORS.get(row["vendor"], row["vendor"])
        if file.name not in NO_PAYLOADS and (found := _read(file)) != expected:
            wrong[row["file"]] = found

    assert wrong == {}


@pytest.mark.skipif(not PUBLIC.is_dir(), reason=f"no samples in {PUBLIC}")
def test_every_mail_is_recognised() -> None:
    with (PUBLIC / "emails" / "index.csv").open(newline="") as index:
        files = [row["file"] for row in csv.DictReader(index)]

    assert {recognised((PUBLIC / file).read_bytes()) for file in files} == {"email"}


def _read(file: Path) -> str:
    value = file.read_bytes()
    channel = recognised(value)
    try:
        assert ADAPTERS[channel](Payload(value, channel))
    except UnreadableError as error:
        return str(error)
    return channel
