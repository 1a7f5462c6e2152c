"""The AsyncAPI document: whole, resolvable, and true to what the services hear."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from deskstream.contracts.schemas import our_messages, short_name
from deskstream.contracts.stages import SERVICES, service_of, stages_of_services
from shared.contracts.channel import RawMessage
from shared.contracts.envelope import Envelope, header_text
from shared.contracts.topics import ROUTING_REQUESTS, TOPICS
from tests.contracts.exported import DOCS, TYPES, golden_bytes

ENVELOPE = Envelope(
    id="e1",
    type="of the message",
    source="/deskstream/triage",
    time=datetime(2026, 11, 22, 12, tzinfo=UTC),
    subject="t1",
    correlation="m1",
    causation="e0",
    writer="triage",
    number=3,
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "contracts/asyncapi.json").read_text("utf-8"))
    return found


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def resolve(document: dict[str, Any], reference: str) -> Any:
    assert reference.startswith("#/"), reference
    node: Any = document
    for part in reference[2:].split("/"):
        node = node[part]
    return resolve(document, node["$ref"]) if "$ref" in node else node


def operations(document: dict[str, Any], action: str) -> dict[str, set[str]]:
    """Name of the operation ▶ names of its messages."""
    return {
        name: {message["$ref"].rpartition("/")[2] for message in operation["messages"]}
        for name, operation in document["operations"].items()
        if operation["action"] == action
    }


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert len(found) > 200
    for reference in found:
        assert resolve(document, reference), reference


def test_channels_are_the_topics(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert list(document["channels"]) == [topic.name for topic in TOPICS]
    for topic in TOPICS:
        channel = document["channels"][topic.name]
        assert channel["address"] == topic.name
        assert topic.purpose in channel["description"]
        assert channel["bindings"]["kafka"]["partitions"] == topic.partitions


def test_every_message_lies_on_its_channel(document: dict[str, Any]) -> None:
    for cls in our_messages():
        assert short_name(cls) in document["channels"][cls.topic]["messages"]
        message = document["components"]["messages"][short_name(cls)]
        assert message["name"] == cls.type_name()
        assert message["summary"], cls
        assert message["bindings"]["kafka"]["key"]["type"] == "string"


def test_every_schema_is_one(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for message in document["components"]["messages"].values():
        Draft202012Validator.check_schema(message["headers"])
        Draft202012Validator.check_schema(message["payload"])


@pytest.mark.parametrize("name", TYPES)
def test_golden_payloads_fit_the_document_too(document: dict[str, Any], name: str) -> None:
    message = document["components"]["messages"][name]
    payload = {**message["payload"], "components": document["components"]}
    assert list(Draft202012Validator(payload).iter_errors(json.loads(golden_bytes(name)))) == []


@pytest.mark.parametrize("name", TYPES)
def test_our_own_headers_fit_the_document(document: dict[str, Any], name: str) -> None:
    message = document["components"]["messages"][name]
    schema = {**message["headers"], "components": document["components"]}
    validator = Draft202012Validator(schema)
    headers = header_text(ENVELOPE.to_headers()) | {"ce_type": TYPES[name].type_name()}
    assert list(validator.iter_errors(headers)) == []
    assert not validator.is_valid(headers | {"ce_type": "deskstream.SomethingElse.v1"})
    if "EventHeaders" in json.dumps(message):
        del headers["ce_number"]
        assert not validator.is_valid(headers)


def test_what_the_services_hear_is_in_it(document: dict[str, Any]) -> None:
    receives = operations(document, "receive")
    stages = stages_of_services()
    assert {service_of(stage) for stage in stages} == set(SERVICES)
    for stage in stages:
        heard = {
            message
            for topic in stage.inputs
            for message in receives[f"{stage.name}.hears.{topic.name}"]
        }
        assert heard == {short_name(cls) for cls in stage.hears}, stage.name


def test_whoever_says_a_type_sends_it(document: dict[str, Any]) -> None:
    sends = operations(document, "send")
    for cls in our_messages():
        by = {name for name, messages in sends.items() if short_name(cls) in messages}
        said = {name for name in by if name.endswith(f".says.{cls.topic}")}
        assert said, cls
        if cls.writer:
            assert said == {f"{cls.writer}.says.{cls.topic}"}
        assert by - said <= {f"router.says.{ROUTING_REQUESTS.name}"}


def test_each_service_may_send_dead_letters(document: dict[str, Any]) -> None:
    for service in SERVICES:
        assert operations(document, "send")[f"{service}.says.dead.letters"] == {"DeadLetter"}


def test_raw_input_may_be_anything(document: dict[str, Any]) -> None:
    message = document["components"]["messages"][short_name(RawMessage)]
    headers = resolve(document, message["headers"]["$ref"])
    assert "required" not in headers
    assert {"ce_channel", "ce_mailbox"} <= headers["properties"].keys()
