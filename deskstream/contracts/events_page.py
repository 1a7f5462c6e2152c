"""docs/events.md: every message, what it means, who says it, who hears it, what it holds."""

import inspect
from collections.abc import Iterable, Iterator, Mapping

from deskstream.contracts.field_types import default_words, type_words
from deskstream.contracts.headers import CLOUD_EVENT, DEAD, FORWARDED, NUMBERED
from deskstream.contracts.schemas import (
    Schema,
    data_schema,
    messages_with_data,
    our_messages,
    schema_path,
    short_name,
)
from deskstream.contracts.speakers import in_words, speakers
from deskstream.contracts.stages import Stages, forwarded, listeners
from deskstream.contracts.ticket_fields import writers_table
from shared.contracts.message import Message
from shared.contracts.topics import DEAD_LETTERS, ROUTING_REQUESTS, TOPICS, Topic
from shared.kit.decoding import REDRIVE_GROUP

HEAD = """\
# Events, commands and updates

This page is made from the classes in `shared/contracts/` by `deskstream contracts export`; a test
fails when it is out of date. For machines there are an [AsyncAPI document](contracts/asyncapi.json)
and a JSON Schema for each message.

All messages are CloudEvents 1.0 in Kafka's binary mode: the attributes are headers, the value is
the data as JSON. What is absent is left out, never null. A reader ignores fields and skips types
that it does not know. Anything but a new optional field is a new version of the type.

How to publish: [for upstream systems](for-upstream-systems.md).
"""
PERSONAL = """\
### Personal

Names, addresses, bodies: a string, or an object `{"kid": …, "ct": …}` ([Sealed](#sealed)) where it
is encrypted under the customer's key. Readers must expect both everywhere it stands.
"""
WRITERS = """\
## Each field of a ticket has one writer

Everybody else reads it from the log. So two services can never disagree about it.
"""


def events_page(stages: Stages) -> str:
    blocks = [HEAD, "## Topics\n", _topics_table()]
    blocks += ["## Headers\n", _headers_table(CLOUD_EVENT | NUMBERED), *_topic_sections(stages)]
    blocks += [WRITERS, _lines(writers_table()), "## Values in more than one message\n", PERSONAL]
    return "\n".join([*blocks, *_shared_values()]).rstrip("\n") + "\n"


def _topics_table() -> str:
    rows = ["| topic | key | kept | what |", "|---|---|---|---|"]
    rows += [
        f"| [`{topic.name}`](#{topic.name.replace('.', '')}) | {topic.keyed_by} |"
        f" {_kept(topic)} | {topic.purpose} |"
        for topic in TOPICS
    ]
    return _lines(rows)


def _kept(topic: Topic) -> str:
    if topic.compacted:
        return "the last of each key"
    days = topic.retention_ms // (24 * 60 * 60 * 1000)
    return f"{days} days" if topic.retention_ms >= 0 else "for ever"


def _topic_sections(stages: Stages) -> Iterator[str]:
    for topic in TOPICS:
        yield f"## {topic.name}\n\n{topic.purpose} Key: {topic.keyed_by}.\n"
        if topic == ROUTING_REQUESTS:
            types = ", ".join(_link(cls) for cls in forwarded(stages))
            yield f"Forwarded are {types}, each with two more headers:\n"
            yield _headers_table(FORWARDED)
        if topic == DEAD_LETTERS:
            yield f"Added to the original's headers; `{REDRIVE_GROUP}` sends one back to a group:\n"
            yield _headers_table(DEAD)
        classes = [cls for cls in our_messages() if cls.topic == topic.name]
        yield from (_message_section(cls, stages) for cls in classes)


def _headers_table(headers: Mapping[str, Schema]) -> str:
    rows = [f"| `{name}` | {schema['description']} |" for name, schema in headers.items()]
    return _lines(["| header | meaning |", "|---|---|", *rows])


def _link(cls: type[Message]) -> str:
    return f"[{cls.__name__}](#{cls.__name__.lower()})"


def _message_section(cls: type[Message], stages: Stages) -> str:
    heard_by = ", ".join(listeners(cls, stages)) or "nobody of ours"
    said_by = in_words(speakers(cls))
    heading = cls.__name__ if cls.version == 1 else short_name(cls)
    lines = [
        f"### {heading}",
        "",
        inspect.cleandoc(cls.__doc__ or ""),
        "",
        f"Type `{cls.type_name()}`. Said by {said_by}; heard by {heard_by}.",
    ]
    if cls in messages_with_data():
        schema = data_schema(cls)
        lines[-1] += f" [Schema]({schema_path(cls)})."
        lines += ["", *_fields_table(schema)]
    return _lines(lines)


def _fields_table(schema: Schema) -> list[str]:
    required = schema.get("required", [])
    rows = [
        f"| `{name}` | {type_words(field)} | {default_words(name, field, required)} |"
        f" {field.get('description', '')} |"
        for name, field in schema["properties"].items()
    ]
    return ["| field | holds | when absent | meaning |", "|---|---|---|---|", *rows]


def _shared_values() -> Iterator[str]:
    definitions: dict[str, Schema] = {}
    for cls in messages_with_data():
        definitions |= data_schema(cls).get("$defs", {})
    for name, schema in sorted(definitions.items()):
        lines = [f"### {name}", ""]
        if "description" in schema:
            lines += [schema["description"], ""]
        lines += _value_lines(schema)
        yield _lines(lines)


def _value_lines(schema: Schema) -> list[str]:
    if "enum" in schema:
        return ["One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + "."]
    return _fields_table(schema)


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
