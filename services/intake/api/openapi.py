"""What the door's OpenAPI document says beyond what FastAPI finds out by itself."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from shared.contracts.channel import MessageReceived
from shared.contracts.commands import (
    AddNote,
    ChangeFields,
    Command,
    Escalate,
    Link,
    MarkSpam,
    Merge,
    Rate,
    Reassign,
    Reply,
    SetStatus,
    Split,
    Unmerge,
)
from shared.contracts.message import Message
from shared.kit.problems import PROBLEM_JSON

# What can be wanted over HTTP; the rest is between intake's own stages.
COMMANDS: Mapping[str, type[Command]] = {
    cls.__name__: cls
    for cls in (
        Reply,
        AddNote,
        SetStatus,
        Reassign,
        Escalate,
        ChangeFields,
        Merge,
        Unmerge,
        Split,
        Link,
        Rate,
        MarkSpam,
    )
}
# Fields that the server sets, so that a caller finds them nowhere.
SET_BY_US = ("actor", "seen", "mirrored", "refused_by", "blob")
REF = "#/components/schemas/{model}"
Json = dict[str, Any]

PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and what would help."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}


def json_body(name: str) -> Json:
    schema = {"$ref": REF.format(model=name)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def raw_body(*media_types: str) -> Json:
    content = {media: {"schema": {"type": "string", "format": "binary"}} for media in media_types}
    return {"requestBody": {"required": True, "content": content}}


def problems(*statuses: int) -> dict[int | str, Json]:
    schema = {"$ref": REF.format(model="Problem")}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM_JSON: {"schema": schema}},
        }
        for status in statuses
    }


def document(app: FastAPI) -> Json:
    """FastAPI's document with the bodies that the routes read themselves."""
    made = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = made.setdefault("components", {})
    components.setdefault("schemas", {}).update(_bodies())
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"token": []}]
    return made


def _bodies() -> Json:
    said: list[type[Message]] = [MessageReceived, *COMMANDS.values()]
    _, made = models_json_schema([(cls, "validation") for cls in said], ref_template=REF)
    schemas: Json = made["$defs"]
    for name, schema in schemas.items():
        if schema.get("type") == "object":
            _as_the_door_takes_it(schema, name)
    reached = {name: schemas[name] for name in schemas if name != "Actor"}
    reached["Command"] = {
        "oneOf": [{"$ref": REF.format(model=name)} for name in COMMANDS],
        "discriminator": {
            "propertyName": "command",
            "mapping": {name: REF.format(model=name) for name in COMMANDS},
        },
    }
    return {**reached, "Problem": PROBLEM}


def _as_the_door_takes_it(schema: Json, name: str) -> None:
    properties: Json = schema.get("properties", {})
    for hidden in SET_BY_US:
        properties.pop(hidden, None)
    required = [field for field in schema.get("required", []) if field not in SET_BY_US]
    if name in COMMANDS:
        properties = {"command": {"const": name}, **properties}
        required = ["command", *required]
    schema |= {"properties": properties, "additionalProperties": False}
    schema.pop("required", None)
    if required:
        schema["required"] = required
