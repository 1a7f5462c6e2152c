"""The Kafka headers that messages carry, as JSON Schema: CloudEvents 1.0, binary mode."""

from collections.abc import Mapping
from typing import Any

from shared.contracts.channel import RawMessage
from shared.contracts.message import Message
from shared.contracts.topics import BY_NAME, CHANNEL_MESSAGES, Dedupe

Schema = dict[str, Any]


def text(description: str, **more: object) -> Schema:
    return {"type": "string", "description": description, **more}


CLOUD_EVENT: dict[str, Schema] = {
    "ce_specversion": text("The version of CloudEvents.", const="1.0"),
    "ce_id": text("With ce_source it is the message's identity: the same again is the same."),
    "ce_type": text("What the data is; readers skip types that they do not know."),
    "ce_source": text(
        "Who says it. Sources that begin with /deskstream/ are the services' own.",
        format="uri-reference",
    ),
    "ce_time": text(
        "When it was accepted. Another sender's own time gives way to the broker's stamp.",
        format="date-time",
    ),
    "ce_subject": text("What it is about, which is also the record's key."),
    "ce_correlationid": text("The id of the message that began the story."),
    "ce_causationid": text("The id of the message that this one follows from."),
    "traceparent": text(
        "W3C trace context.", pattern="^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"
    ),
    "content-type": text("How the value is written."),
}
NUMBERED: dict[str, Schema] = {
    "ce_writer": text("The service that says it."),
    "ce_number": text(
        "The writer's number for this subject: 1, 2, 3 … without a gap; had before: skip it.",
        pattern="^[1-9][0-9]{0,17}$",
    ),
}
FORWARDED: dict[str, Schema] = {
    "fwd-writer": text("The stage that forwarded it."),
    "fwd-number": text(
        "That stage's number for this subject: 1, 2, 3 …", pattern="^[1-9][0-9]{0,17}$"
    ),
}
RAW: dict[str, Schema] = {
    "ce_channel": text("The adapter that reads it: email, whatsapp, alertmanager …"),
    "ce_mailbox": text("The address, phone number or form that it came in by."),
    "ce_dataref": text("Where the bytes are, if they are too many for the topic."),
}
DEAD: dict[str, Schema] = {
    "dlq-id": text("The letter's id; it stays the same when a redriven record fails again."),
    "dlq-topic": text("The topic it lay on."),
    "dlq-partition": text("The partition it lay on."),
    "dlq-offset": text("Its offset there."),
    "dlq-timestamp": text("Its timestamp there, in milliseconds since 1970."),
    "dlq-group": text("The consumer group that could not handle it."),
    "dlq-error": text("Why."),
    "dlq-attempts": text("How often it was tried."),
    "dlq-at": text("When it was put away.", format="date-time"),
    "dlq-waits-for": text("The letter of the same subject that has to be handled before."),
}
OPTIONAL_DEAD = {"dlq-waits-for"}


def header_schemas() -> dict[str, Schema]:
    """The sets of headers, by the names under which messages refer to them."""
    identity = ["ce_specversion", "ce_id", "ce_type", "ce_source"]
    subject = [*identity, "ce_subject"]
    return {
        "InputHeaders": an_object(CLOUD_EVENT, []),
        "RawHeaders": an_object(CLOUD_EVENT | RAW, []),
        "UpdateHeaders": an_object(CLOUD_EVENT, identity),
        "CommandHeaders": an_object(CLOUD_EVENT, subject),
        "EventHeaders": an_object(CLOUD_EVENT | NUMBERED, [*subject, *NUMBERED]),
        "ForwardedHeaders": an_object(CLOUD_EVENT | NUMBERED | FORWARDED, [*identity, *FORWARDED]),
        "DeadLetterHeaders": an_object(CLOUD_EVENT | DEAD, sorted(DEAD.keys() - OPTIONAL_DEAD)),
    }


def headers_of(cls: type[Message]) -> str:
    """The name of the set that a message of this class carries on its own topic."""
    if cls is RawMessage:
        return "RawHeaders"
    if cls.topic == CHANNEL_MESSAGES.name:
        return "InputHeaders"
    by_dedupe = {
        Dedupe.NUMBERS: "EventHeaders",
        Dedupe.IDS: "CommandHeaders",
        Dedupe.POSITION: "UpdateHeaders",
    }
    return by_dedupe[BY_NAME[cls.topic].dedupe]


def an_object(properties: Mapping[str, Schema], required: list[str]) -> Schema:
    schema: Schema = {"type": "object", "properties": dict(properties)}
    return {**schema, "required": required} if required else schema
