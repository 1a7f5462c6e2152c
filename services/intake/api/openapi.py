"""What the door's OpenAPI document says beyond what FastAPI finds out by itself."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from services.intake.api.bodies import LARGEST_NUMBER
from services.intake.api.vendors import CHANNELS, JSON, MAIL, OURS, Vendor
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
    ReplyCanned,
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
        ReplyCanned,
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
CHANNEL_PATH = "/v1/channels/{channel}"
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


def json_body(name: str, example: Json) -> Json:
    content = {"schema": {"$ref": REF.format(model=name)}, "example": example}
    return {"requestBody": {"required": True, "content": {JSON: content}}}


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
    _by_channel(made["paths"], components["schemas"])
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"token": []}]
    return made


def _by_channel(paths: Json, schemas: Json) -> None:
    """A path for each channel, since each takes bodies of its own kind."""
    generic = paths.pop(CHANNEL_PATH)
    schemas["ChannelMessage"] = _without_channel(schemas["MessageReceived"])
    for name, vendor in CHANNELS.items():
        # A form of whatever make has its address and its message under names of its own: what it
        # needs is no matter of a schema.
        told = [m for m in vendor.media_types if m == JSON or not vendor.canonical]
        content = {media: {"schema": _body_of(media, vendor)} for media in told}
        post = _of_channel(generic["post"], name, vendor)
        post |= {"requestBody": {"required": True, "content": content}}
        path = paths.setdefault(CHANNEL_PATH.format(channel=name), {})
        path["post"] = post


def _of_channel(operation: Json, name: str, vendor: Vendor) -> Json:
    parameters = [each for each in operation["parameters"] if each["name"] != "channel"]
    own = f"{operation['operationId']}_{name}"
    summary = f"{operation['summary']}: {name}"
    return {
        **operation,
        "operationId": own,
        "summary": summary,
        "description": f"{operation['description']} {_admitted(vendor)}",
        "parameters": parameters,
    }


def _admitted(vendor: Vendor) -> str:
    where = f"Where DESKSTREAM_INTAKE_{vendor.setting} is set, it is admitted by {vendor.shows}"
    otherwise = "a token with the scope channels:write"
    if vendor.setting == OURS:
        return f"{where}, or by {otherwise}."
    return f"{where} and by nothing else; before that, by {otherwise}."


def _body_of(media_type: str, vendor: Vendor) -> Json:
    if MAIL in vendor.media_types:
        return {"type": "string", "format": "binary"}
    if media_type == JSON and vendor.canonical:
        return {"$ref": REF.format(model="ChannelMessage")}
    return {"type": "object", "description": "As the vendor sends it."}


def _without_channel(schema: Json) -> Json:
    return {**schema, "title": "ChannelMessage", "anyOf": [*map(_bare, schema["anyOf"])]}


def _bare(alternative: Json) -> Json:
    properties = {n: each for n, each in alternative["properties"].items() if n != "channel"}
    required = [name for name in alternative["required"] if name != "channel"]
    return {**alternative, "properties": properties, "required": required}


def _bodies() -> Json:
    said: list[type[Message]] = [MessageReceived, *COMMANDS.values()]
    _, made = models_json_schema([(cls, "validation") for cls in said], ref_template=REF)
    schemas: Json = made["$defs"]
    for name, schema in schemas.items():
        if schema.get("type") == "object":
            _as_the_door_takes_it(schema, name)
    _tell_what_is_needed(schemas)
    reached = {name: schemas[name] for name in schemas if name != "Actor"}
    reached["Command"] = {
        "oneOf": [{"$ref": REF.format(model=name)} for name in COMMANDS],
        "discriminator": {
            "propertyName": "command",
            "mapping": {name: REF.format(model=name) for name in COMMANDS},
        },
    }
    return {**reached, "Problem": PROBLEM}


def _tell_what_is_needed(schemas: Json) -> None:
    """What the models check in code, so that callers and their tools know it beforehand."""
    said = {"type": "string", "pattern": r"\S"}
    some = {**schemas["MessageReceived"]["properties"]["attachments"], "minItems": 1}
    _one_at_least(schemas["Sender"], {"address": said, "customer_id": said})
    _one_at_least(schemas["MessageReceived"], {"text": said, "html": said, "attachments": some})


def _one_at_least(schema: Json, fields: Json) -> None:
    """Each alternative is whole, since tools do not put the parts of a schema together well."""
    alternatives = [
        {
            "title": f"{schema['title']} with {name}",
            "type": "object",
            "additionalProperties": False,
            "properties": {**schema["properties"], name: needed},
            "required": sorted({*schema.get("required", ()), name}),
        }
        for name, needed in fields.items()
    ]
    for replaced in ("properties", "required", "additionalProperties"):
        schema.pop(replaced, None)
    schema["anyOf"] = alternatives


def _as_the_door_takes_it(schema: Json, name: str) -> None:
    properties: Json = schema.get("properties", {})
    for field in properties.values():
        if field.get("type") == "integer":
            field.setdefault("maximum", LARGEST_NUMBER)
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
