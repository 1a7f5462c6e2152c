"""docs/for-upstream-systems.md: whoever copies its examples gets a ticket, not a dead letter."""

import json
import re
import shlex
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from deskstream.contracts.schemas import data_schema
from services.intake.adapters.canonical import from_received
from shared.contracts.channel import MessageReceived
from shared.contracts.commands import AddNote
from shared.contracts.fields import ActorKind
from shared.contracts.message import Message
from shared.contracts.topics import BY_NAME, CHANNEL_MESSAGES, TICKET_COMMANDS
from shared.kit.decoding import Decoder, Good
from shared.kit.records import Headers, Record, partition_of
from shared.kit.unit import Stage
from tests.contracts.exported import DOCS

PAGE = (DOCS / "for-upstream-systems.md").read_text("utf-8")
PARTITIONS = 12


def block(language: str) -> str:
    [found] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert isinstance(found, str)
    return found


@pytest.fixture(scope="module")
def python() -> dict[str, Any]:
    """The names that the Python example defines; it publishes only when it is run itself."""
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(block("python"), "example", "exec"), names)  # noqa: S102 - our own page
    return names


@pytest.fixture(scope="module")
def kcat() -> dict[str, list[str]]:
    """Option ▶ its values, of the kcat example."""
    words = shlex.split(block("sh").replace("\\\n", " "))
    assert words[:2] == ["kcat", "-P"]
    given: dict[str, list[str]] = {}
    for option, value in zip(words[2:-1:2], words[3:-1:2], strict=True):
        given.setdefault(option, []).append(value)
    return given


def as_heard(cls: type[Message], key: str, value: bytes, headers: Headers) -> Good:
    topic = BY_NAME[cls.topic]
    stage: Stage[Any] = Stage(name="any", writer="any", topics=(topic,), hears=(cls,))
    partition = partition_of(key.encode(), PARTITIONS)
    record = Record(topic.name, partition, 0, 1_795_348_800_000, key.encode(), value, headers)
    decoded = Decoder(stage, "any").decode(record, PARTITIONS)
    assert isinstance(decoded, Good), decoded
    return decoded


def test_the_python_example_is_a_message_that_reception_takes(python: dict[str, Any]) -> None:
    message = python["MESSAGE"]
    value = json.dumps(message).encode()

    good = as_heard(MessageReceived, message["conversation"], value, tuple(python["HEADERS"]))

    assert good.identified
    assert isinstance(good.heard.data, MessageReceived)
    incoming = from_received(good.heard.data)
    assert incoming.external_id == "ret-2026-118204"
    assert incoming.conversation == "return-118190"
    assert Draft202012Validator(data_schema(MessageReceived)).is_valid(message)
    assert "def publish" in block("python")


def test_all_fields_of_the_example_are_fields(python: dict[str, Any]) -> None:
    assert python["MESSAGE"].keys() <= MessageReceived.model_fields.keys()
    assert CHANNEL_MESSAGES.name in block("python")


def test_the_kcat_example_is_a_command_that_lifecycle_takes(kcat: dict[str, list[str]]) -> None:
    [key] = kcat["-k"]
    pairs = (header.partition("=") for header in kcat["-H"])
    headers = tuple((name, text.encode()) for name, _, text in pairs)

    good = as_heard(AddNote, key, block("json").encode(), headers)

    assert kcat["-t"] == [TICKET_COMMANDS.name]
    assert good.heard.subject == key
    assert isinstance(good.heard.data, AddNote)
    assert good.heard.data.actor.kind is ActorKind.BOT


def test_limits_are_those_of_the_contracts() -> None:
    text, subject = (
        data_schema(MessageReceived)["properties"][name]["anyOf"][0]["maxLength"]
        for name in ("text", "subject")
    )
    assert f"`text` {text:,} characters, `subject` {subject}" in PAGE
    sizes = [
        BY_NAME[name].max_message_bytes >> 20 for name in ("channel.messages", "ticket.commands")
    ]
    assert f"a record {sizes[0]} MiB on\n  `channel.messages`, {sizes[1]} MiB" in PAGE


def test_every_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\(([^)]+)\)", PAGE):
        path, _, anchor = link.partition("#")
        assert (DOCS / path).exists(), link
        assert not anchor or anchor in _anchors((DOCS / path).read_text("utf-8")), link


def _anchors(page: str) -> set[str]:
    headings = re.findall(r"^##+ (.+)$", page, re.MULTILINE)
    return {heading.lower().replace(".", "").replace(" ", "-") for heading in headings}
