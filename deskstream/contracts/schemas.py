"""The JSON Schema of each message's data, as readers in other languages need it."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from deskstream.contracts.field_notes import field_notes
from shared.contracts.channel import RawMessage
from shared.contracts.fields import Contract
from shared.contracts.message import TYPE_PREFIX, Message, concrete_messages

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS = PurePosixPath("contracts/schemas")


class ContractSchema(GenerateJsonSchema):
    """Without a title for each field: it would only repeat the field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False


def our_messages() -> list[type[Message]]:
    return [cls for cls in concrete_messages() if _is_ours(cls)]


def messages_with_data() -> list[type[Message]]:
    """All but the raw message, whose body is bytes of another's making."""
    return [cls for cls in our_messages() if cls is not RawMessage]


def short_name(cls: type[Message]) -> str:
    """`TicketCreated.v1`."""
    return cls.type_name().removeprefix(TYPE_PREFIX)


def schema_path(cls: type[Message]) -> PurePosixPath:
    """Below the folder of the documentation."""
    return SCHEMAS / cls.topic / f"{short_name(cls)}.json"


def mode_of(cls: type[Message]) -> JsonSchemaMode:
    """What is said by one service is described as it is read; the rest as it may be written."""
    return "serialization" if cls.writer else "validation"


@cache
def data_schema(cls: type[Message]) -> Schema:
    """One object for all who ask: copy it to change it."""
    schema = cls.model_json_schema(schema_generator=ContractSchema, mode=mode_of(cls))
    definitions = schema.pop("$defs", {})
    describe({cls.__name__: schema, **definitions}, first=cls)
    head = {"$schema": DIALECT, "$id": f"urn:{TYPE_PREFIX.rstrip('.')}:{short_name(cls)}"}
    schema = {**head, **schema}
    return {**schema, "$defs": definitions} if definitions else schema


def shared_schemas(
    classes: Sequence[type[Message]], ref_template: str
) -> tuple[dict[type[Message], Schema], dict[str, Schema]]:
    """A reference for each class, and every definition once, under the name in the reference."""
    references, schemas = models_json_schema(
        [(cls, mode_of(cls)) for cls in classes],
        ref_template=ref_template,
        schema_generator=ContractSchema,
    )
    definitions: dict[str, Schema] = schemas["$defs"]
    describe(definitions)
    by_class = {cls: dict(references[cls, mode_of(cls)]) for cls in classes}
    return by_class, definitions


def describe(definitions: Mapping[str, Schema], first: type[Contract] = Contract) -> None:
    """Adds what the classes' comments say of their fields. `first`: of several versions, this."""
    known = {cls.__name__: cls for cls in (*contracts(), first)}
    for schema in definitions.values():
        cls = known.get(schema.get("title", ""))
        notes = field_notes(cls) if cls is not None else {}
        for name, field in schema.get("properties", {}).items():
            if name in notes:
                field["description"] = notes[name]


def contracts() -> list[type[Contract]]:
    """Every class that is part of a contract."""
    found: list[type[Contract]] = []
    waiting = [Contract]
    while waiting:
        cls = waiting.pop(0)
        found += [cls] if _is_ours(cls) else []
        waiting.extend(cls.__subclasses__())
    return found


def _is_ours(cls: type[Contract]) -> bool:
    """A test may have made more."""
    return cls.__module__.startswith(f"{Contract.__module__.rpartition('.')[0]}.")


def as_text(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
