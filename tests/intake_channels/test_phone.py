from typing import Any

import pytest

from services.intake.domain.message import UnreadableError
from tests.intake_channels.reading import form, read, reason

CALL = {"from": "34600111222", "to": "49301234567", "direction": "in", "callId": "c1"}


def test_a_call_that_somebody_wrote_down() -> None:
    body = {
        "caller": "+34 600 111 222",
        "name": "Ana Ruiz",
        "notes": "The printer is on fire.",
        "started_at": "2026-03-02T09:00:00Z",
        "call_id": "c1",
    }

    found = read("phone", body)

    assert (found.sender.address, found.sender.name) == ("+34600111222", "Ana Ruiz")
    assert (found.text, found.external_id) == ("The printer is on fire.", "c1")
    assert found.opens
    assert found.sent_at is not None


def test_a_call_that_comes_in_is_alone_no_reason_for_a_ticket() -> None:
    found = read("phone", form({**CALL, "event": "newCall"}))

    assert (found.sender.address, found.mailbox) == ("+34600111222", "+49301234567")
    assert not found.opens


def test_a_missed_call_is() -> None:
    found = read("phone", form({**CALL, "event": "hangup", "cause": "noAnswer"}))

    assert (found.subject, found.opens) == ("Missed call", True)
    assert found.text == "Missed call from +34600111222"


def test_a_message_on_the_answering_machine() -> None:
    fields = {"CallSid": "CA1", "From": "+34600111222", "To": "+49301234567"}
    said = {"TranscriptionText": "Please call me.", "RecordingUrl": "https://r.example/1"}

    found = read("phone", form({**fields, **said}))

    assert (found.text, found.opens) == ("Please call me.", True)
    assert found.described[0].source == "https://r.example/1"


def test_a_call_of_ours_is_about_whom_we_called() -> None:
    fields = {"From": "+49301234567", "To": "+34600111222", "Direction": "outbound-api"}

    assert read("phone", form({**fields, "CallSid": "CA1"})).sender.address == "+34600111222"


@pytest.mark.parametrize(
    "fields",
    [
        {"event": "answer"},
        {"event": "hangup", "cause": "normalClearing"},
        {"event": "newCall", "from": "anonymous"},
    ],
)
def test_steps_of_a_call_are_none(fields: dict[str, Any]) -> None:
    assert reason("phone", form({**CALL, **fields}))


def test_canonical_json() -> None:
    body = {"sender": {"address": "+34600111222"}, "text": "He called."}

    assert read("phone", body).text == "He called."


def test_a_call_of_nobody() -> None:
    with pytest.raises(UnreadableError, match='needs a "caller"'):
        read("phone", {"notes": "x"})
