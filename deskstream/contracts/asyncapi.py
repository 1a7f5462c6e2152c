"""The AsyncAPI 3.0 document: topics, messages, and who sends and receives them."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from deskstream.contracts.headers import Schema, header_schemas, headers_of
from deskstream.contracts.schemas import (
    messages_with_data,
    our_messages,
    shared_schemas,
    short_name,
)
from deskstream.contracts.speakers import FORWARDED_BY, speakers
from deskstream.contracts.stages import Stages, forwarded, heard_on, service_of
from shared.contracts.channel import RawMessage
from shared.contracts.envelope import CONTENT_TYPE
from shared.contracts.message import Message
from shared.contracts.people import AgentRemoved, CustomerRemoved
from shared.contracts.topics import BY_NAME, DEAD_LETTERS, ROUTING_REQUESTS, TOPICS, Topic

SCHEMA = "#/components/schemas/"
MESSAGE = "#/components/messages/"
KAFKA_BINDING = "0.5.0"
DEAD_LETTER = "DeadLetter"
ABOUT = (
    "Six services that turn requests for help into tickets. Messages are CloudEvents 1.0 in the"
    " Kafka protocol binding, binary mode: attributes are headers, the value is the data. A topic's"
    " name may carry a prefix for its environment. Readers skip types that they do not know and"
    " ignore fields that they do not know."
)


def document(stages: Stages) -> dict[str, Any]:
    payloads, schemas = _payloads()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Deskstream",
            "version": "1.0.0",
            "description": ABOUT,
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic, stages) for topic in TOPICS},
        "operations": {**_receiving(stages), **_sending(stages)},
        "components": {
            "messages": _messages(payloads, stages),
            "schemas": header_schemas() | dict(sorted(schemas.items())),
        },
    }


def _payloads() -> tuple[dict[type[Message], Schema], dict[str, Schema]]:
    """Message types go by name and version, so that two versions can stand side by side."""
    classes = messages_with_data()
    references, schemas = shared_schemas(classes, SCHEMA + "{model}")
    for cls in classes:
        schemas[short_name(cls)] = schemas.pop(references[cls]["$ref"].removeprefix(SCHEMA))
    payloads: dict[type[Message], Schema] = {
        cls: {"$ref": SCHEMA + short_name(cls)} for cls in classes
    }
    for cls in (AgentRemoved, CustomerRemoved):
        payloads[cls] = {"anyOf": [{"type": "null"}, payloads[cls]]}
    payloads[RawMessage] = {"description": "Any bytes, in the format that content-type names."}
    return payloads, schemas


def _messages(payloads: Mapping[type[Message], Schema], stages: Stages) -> dict[str, Any]:
    own = {short_name(cls): _message(cls, payload) for cls, payload in payloads.items()}
    moved = {
        _forwarded_name(cls): _message(cls, payloads[cls], headers="ForwardedHeaders")
        for cls in forwarded(stages)
    }
    dead = {
        "name": DEAD_LETTER,
        "title": DEAD_LETTER,
        "summary": "A record that a service could not handle: key, value and headers unchanged.",
        "headers": {"$ref": SCHEMA + "DeadLetterHeaders"},
        "payload": {"description": "The original's value."},
        "bindings": _key_binding(DEAD_LETTERS.keyed_by),
    }
    return dict(sorted((own | moved).items())) | {DEAD_LETTER: dead}


def _message(cls: type[Message], payload: Schema, headers: str = "") -> dict[str, Any]:
    topic = BY_NAME[cls.topic]
    typed = {"type": "object", "properties": {"ce_type": {"const": cls.type_name()}}}
    summary, _, more = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")
    message: dict[str, Any] = {
        "name": cls.type_name(),
        "title": cls.__name__,
        "summary": " ".join(summary.split()),
        "contentType": CONTENT_TYPE if cls is not RawMessage else "application/octet-stream",
        "headers": {"allOf": [{"$ref": SCHEMA + (headers or headers_of(cls))}, typed]},
        "payload": payload,
        "bindings": _key_binding(ROUTING_REQUESTS.keyed_by if headers else topic.keyed_by),
    }
    if cls is RawMessage:
        # Vendors' gateways may set no attribute at all.
        message["headers"] = {"$ref": SCHEMA + headers_of(cls)}
    return message | ({"description": more} if more else {})


def _key_binding(keyed_by: str) -> dict[str, Any]:
    key = {"type": "string", "description": keyed_by}
    return {"kafka": {"key": key, "bindingVersion": KAFKA_BINDING}}


def _forwarded_name(cls: type[Message]) -> str:
    return f"{short_name(cls)}.forwarded"


def _names_on(topic: Topic, stages: Stages) -> dict[str, str]:
    """The name of each message within the channel ▶ its name among the components."""
    if topic == DEAD_LETTERS:
        return {DEAD_LETTER: DEAD_LETTER}
    if topic == ROUTING_REQUESTS:
        return {short_name(cls): _forwarded_name(cls) for cls in forwarded(stages)}
    own = (cls for cls in our_messages() if cls.topic == topic.name)
    return {short_name(cls): short_name(cls) for cls in own}


def _channel(topic: Topic, stages: Stages) -> dict[str, Any]:
    config = topic.config()
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"{topic.purpose} The key is the {topic.keyed_by}."
        if topic != DEAD_LETTERS
        else f"{topic.purpose} The key is the original's.",
        "messages": {
            name: {"$ref": MESSAGE + component}
            for name, component in _names_on(topic, stages).items()
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [config["cleanup.policy"]],
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": topic.max_message_bytes,
                },
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


def _receiving(stages: Stages) -> dict[str, Any]:
    operations = {
        f"{stage.name}.hears.{topic.name}": _operation(
            "receive",
            topic,
            f"{stage.name} hears {topic.name}",
            service_of(stage),
            map(short_name, heard_on(topic, stage)),
        )
        for stage in stages
        for topic in stage.inputs
    }
    redrive = "The dead-letter tool lists, shows and redrives"
    operations["dead-letters.hears.dead.letters"] = _operation(
        "receive", DEAD_LETTERS, redrive, "operators", [DEAD_LETTER]
    )
    return operations


def _sending(stages: Stages) -> dict[str, Any]:
    said: dict[tuple[Topic, str], list[str]] = {}
    for cls in our_messages():
        for slug in dict.fromkeys(speaker.slug for speaker in speakers(cls)):
            said.setdefault((BY_NAME[cls.topic], slug), []).append(short_name(cls))
    for topic, forwarders in FORWARDED_BY.items():
        for slug in forwarders:
            said[topic, slug] = list(_names_on(topic, stages))
    return {
        f"{slug}.says.{topic.name}": _operation(
            "send", topic, f"{slug} says it on {topic.name}", slug, names
        )
        for (topic, slug), names in said.items()
    }


def _operation(
    action: str, topic: Topic, summary: str, tag: str, names: Iterable[str]
) -> dict[str, Any]:
    channel = f"#/channels/{topic.name}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "summary": summary,
        "tags": [{"name": tag}],
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in names],
    }
