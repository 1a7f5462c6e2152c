"""Payloads as they lie in somebody's log: they must be read for ever, and mean the same."""

import json

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from shared.contracts.fields import Contract, Sealed
from shared.contracts.message import Message, encode, registry
from tests.contracts.exported import GOLDEN, TYPES, committed_schema, golden_bytes

EACH_TYPE = pytest.mark.parametrize("name", TYPES)


def test_every_type_has_one_and_nothing_else_has() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(TYPES)


@EACH_TYPE
def test_todays_model_reads_it_and_writes_the_same_bytes(name: str) -> None:
    golden = golden_bytes(name)
    message = TYPES[name].model_validate_json(golden)
    assert encode(message) == golden


@EACH_TYPE
def test_it_fits_the_committed_schema(name: str) -> None:
    schema = committed_schema(TYPES[name])
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    assert list(validator.iter_errors(json.loads(golden_bytes(name)))) == []


@EACH_TYPE
def test_the_committed_schema_refuses_what_lacks_a_field(name: str) -> None:
    schema = committed_schema(TYPES[name])
    for field in schema.get("required", []):
        payload = json.loads(golden_bytes(name))
        del payload[field]
        assert not Draft202012Validator(schema).is_valid(payload), field


@EACH_TYPE
def test_fields_of_a_later_writer_are_ignored(name: str) -> None:
    payload = json.loads(golden_bytes(name))
    cls = TYPES[name]
    richer = payload | {"added_next_year": {"deep": [1]}}
    assert cls.model_validate(richer) == cls.model_validate(payload)
    assert Draft202012Validator(committed_schema(cls)).is_valid(richer)


def test_personal_fields_come_in_the_open_and_sealed() -> None:
    reply = TYPES["Reply.v1"].model_validate_json(golden_bytes("Reply.v1"))
    created = TYPES["TicketCreated.v1"].model_validate_json(golden_bytes("TicketCreated.v1"))
    assert isinstance(vars(reply)["text"], Sealed)
    assert isinstance(vars(created)["subject"], str)
    sealed = [name for name in TYPES if b'"kid":' in golden_bytes(name)]
    assert len(sealed) >= 10


def test_types_are_found_by_their_name_on_the_wire() -> None:
    for name, cls in TYPES.items():
        assert registry()[f"deskstream.{name}"] is cls


@pytest.mark.parametrize("cls", [*TYPES.values(), *Contract.__subclasses__()])
def test_what_is_left_out_when_it_is_none_may_be_left_out(cls: type[Contract]) -> None:
    """Encoding leaves out what is None: a field that may be None has to be None by default."""
    if cls is Message:
        return
    stuck = [
        name
        for name, field in cls.model_fields.items()
        if type(None) in getattr(field.annotation, "__args__", ()) and field.is_required()
    ]
    assert stuck == []
