"""Headers that nobody honest sends: a record may be bad, but decoding it never fails."""

from typing import Any

import pytest

from shared.contracts.commands import AddNote
from shared.contracts.sla import ProgressStalled
from shared.contracts.topics import ROUTING_REQUESTS, TICKET_COMMANDS
from shared.kit.decoding import Bad, Decoder, Good
from shared.kit.records import Record
from shared.kit.unit import Stage

STAGE: Stage[Any] = Stage(
    name="any",
    writer="any",
    topics=(TICKET_COMMANDS, ROUTING_REQUESTS),
    hears=(AddNote, ProgressStalled),
)
COMMAND = {
    "ce_id": "c1",
    "ce_type": AddNote.type_name(),
    "ce_source": "/desk",
    "ce_subject": "t1",
}
NOTE = b'{"actor":{"kind":"bot","id":"shop"},"text":"x"}'
STALLED = b'{"since":"2026-11-22T12:00:00Z","seconds":60}'
FORWARDED = COMMAND | {"ce_type": ProgressStalled.type_name(), "fwd-writer": "router-forward"}
ENDLESS = "9" * 5000  # more digits than Python turns into a number


def decode(topic: str, headers: dict[str, str], value: bytes) -> object:
    pairs = tuple((name, text.encode()) for name, text in headers.items())
    return Decoder(STAGE, "any").decode(Record(topic, 0, 7, 1_000, b"t1", value, pairs), 1)


@pytest.mark.parametrize("attempts", [ENDLESS, "-1", "1.5", "many", "", "٣"])
def test_a_made_up_count_of_attempts_counts_as_none(attempts: str) -> None:
    decoded = decode(TICKET_COMMANDS.name, COMMAND | {"dlq-attempts": attempts}, NOTE)
    assert isinstance(decoded, Good)
    assert decoded.attempts == 0


@pytest.mark.parametrize("number", [ENDLESS, "9" * 19, "-1", "1.5", "one", "", "٣"])
def test_a_number_of_the_forwarder_that_is_none_is_bad(number: str) -> None:
    decoded = decode(ROUTING_REQUESTS.name, FORWARDED | {"fwd-number": number}, STALLED)
    assert isinstance(decoded, Bad)
    assert "ce_number" in decoded.reason


def test_honest_ones_are_good() -> None:
    attempts = decode(TICKET_COMMANDS.name, COMMAND | {"dlq-attempts": "2"}, NOTE)
    number = decode(ROUTING_REQUESTS.name, FORWARDED | {"fwd-number": "3"}, STALLED)
    assert isinstance(attempts, Good)
    assert attempts.attempts == 2
    assert isinstance(number, Good)
    assert number.heard.envelope.number == 3


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"actor":{"kind":"bot","id":"x"},"text":"\\ud800"}', id="half a pair"),
        pytest.param(b'{"actor":{"kind":"bot","id":"x"},"text":{"kid":1}}', id="badly sealed"),
    ],
)
def test_values_that_are_no_command_are_bad(value: bytes) -> None:
    assert isinstance(decode(TICKET_COMMANDS.name, COMMAND, value), Bad)


def test_a_time_that_leaves_the_calendar_is_bad() -> None:
    value = b'{"since":"0001-01-01T00:00:00+05:00","seconds":1}'
    assert isinstance(decode(ROUTING_REQUESTS.name, FORWARDED | {"fwd-number": "1"}, value), Bad)
