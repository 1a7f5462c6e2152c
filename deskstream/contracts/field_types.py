"""What a field of a contract holds, in words for the tables of the documentation."""

import json
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

DEFINITION = "#/$defs/"
PERSONAL = [{"type": "string"}, {"$ref": DEFINITION + "Sealed"}]
NULL = {"type": "null"}
PLAIN = frozenset({"string", "number", "integer", "time"})


def type_words(schema: Schema) -> str:
    """For example `list of [Attachment](#attachment)` or `integer, at least 1`."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(DEFINITION)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return _alternatives([one for one in schema["anyOf"] if one != NULL])
    if "const" in schema or "enum" in schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        return " or ".join(f"`{value}`" for value in values)
    if schema.get("type") == "array":
        items = type_words(schema["items"])
        return f"list of {items}s" if items in PLAIN else f"list of {items}"
    if schema.get("type") == "object":
        return f"map of {type_words(schema['additionalProperties'])}"
    words = "time" if schema.get("format") == "date-time" else schema["type"]
    return ", ".join([words, *_limits(schema)])


def _alternatives(options: list[Schema]) -> str:
    plain = [{key: one[key] for key in ("type", "$ref") if key in one} for one in options]
    if plain == PERSONAL:
        return ", ".join(["[personal](#personal)", *_limits(options[0])])
    return " or ".join(type_words(one) for one in options)


def _limits(schema: Schema) -> list[str]:
    texts = {
        "minimum": "at least {}",
        "exclusiveMinimum": "more than {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "less than {}",
        "minLength": "at least {} long",
        "maxLength": "at most {} long",
    }
    return [text.format(schema[key]) for key, text in texts.items() if key in schema]


def default_words(name: str, schema: Schema, required: list[str]) -> str:
    """What its absence means; nothing where that is plain."""
    if name in required:
        return "refused"
    default = schema.get("default")
    if default in (None, [], {}) or isinstance(default, dict):
        return ""
    return f"`{json.dumps(default)}`"
