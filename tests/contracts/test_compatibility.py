"""Which changes of a contract break somebody, and which do not."""

from collections.abc import Callable
from copy import deepcopy
from enum import StrEnum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter, create_model

from deskstream.contracts.compatibility import KEYWORDS, breaking_changes
from deskstream.contracts.schemas import data_schema
from shared.contracts.fields import Moment, Personal
from tests.contracts.exported import TYPES


class Mood(StrEnum):
    CALM = "calm"
    CROSS = "cross"


class LouderMood(StrEnum):
    CALM = "calm"
    CROSS = "cross"
    FURIOUS = "furious"


class FlatMood(StrEnum):
    CALM = "calm"


class Person(BaseModel):
    name: Personal
    age: int | None = None


class RenamedPerson(BaseModel):
    name: Personal
    age: int | None = None


class NamelessPerson(BaseModel):
    age: int | None = None


class Reply(BaseModel):
    text: str
    answers: "Reply | None" = None


class DatedReply(BaseModel):
    text: str
    at: Moment
    answers: "DatedReply | None" = None


OLD: dict[str, Any] = {
    "number": (str, ...),
    "subject": (Personal, ...),
    "mood": (Mood, Mood.CALM),
    "side": (Literal["source", "target"], "source"),
    "reopens": (int, Field(default=0, ge=0)),
    "score": (float | None, None),
    "opened": (Moment, ...),
    "requester": (Person, ...),
    "people": (tuple[Person, ...], ()),
    "skills": (dict[str, int], ...),
    "tags": (tuple[str, ...], ()),
}
REMOVED = object()


def schema(fields: dict[str, Any]) -> dict[str, Any]:
    kept = {name: field for name, field in fields.items() if field is not REMOVED}
    model: type[BaseModel] = create_model("TicketSeen", **kept)
    return model.model_json_schema(mode="serialization")


def changed(**fields: Any) -> list[str]:
    lines = breaking_changes("TicketSeen.v1", schema(OLD), schema(OLD | fields))
    for line in lines:
        assert line.startswith("TicketSeen.v1: ")
        assert line.endswith(": make it TicketSeen.v2")
    return [line.removeprefix("TicketSeen.v1: ").rpartition(":")[0] for line in lines]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"brand": (str | None, None)}, id="new optional field"),
        pytest.param({"brand": (str, "lumen")}, id="new field with a default"),
        pytest.param({"vip": (Person | None, None)}, id="new optional object"),
        pytest.param({"number": (str, Field(description="for ever"))}, id="description"),
        pytest.param({"number": (str, Field(title="No."))}, id="title"),
        pytest.param({"number": (str, Field(examples=["TKT-1"]))}, id="examples"),
        pytest.param({"requester": (RenamedPerson, ...)}, id="a value's class has another name"),
        pytest.param({"score": (None | float, None)}, id="alternatives in another order"),
    ],
)
def test_harmless(fields: dict[str, Any]) -> None:
    assert changed(**fields) == []


def test_the_order_of_fields_is_harmless() -> None:
    backwards = dict(reversed(OLD.items()))
    assert breaking_changes("TicketSeen.v1", schema(OLD), schema(backwards)) == []


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        pytest.param({"number": REMOVED}, ["field number was removed"], id="removed"),
        pytest.param({"score": REMOVED}, ["field score was removed"], id="optional removed"),
        pytest.param(
            {"number": REMOVED, "ticket_number": (str, ...)},
            ["field number was removed", "field ticket_number is new and required"],
            id="renamed",
        ),
        pytest.param(
            {"score": REMOVED, "stars": (float | None, None)},
            ["field score was removed"],
            id="optional renamed",
        ),
        pytest.param(
            {"number": (int, ...)}, ["field number was a string, is an integer"], id="retyped"
        ),
        pytest.param(
            {"reopens": (float, Field(default=0, ge=0))},
            ["field reopens was an integer, is a number"],
            id="integer to number",
        ),
        pytest.param(
            {"opened": (str, ...)},
            ["field opened was a string (date-time), is a string"],
            id="time to text",
        ),
        pytest.param(
            {"mood": (str, "calm")},
            ["field mood was one of a list, is a string"],
            id="list of values to free text",
        ),
        pytest.param(
            {"skills": (tuple[int, ...], ...)},
            ["field skills was a map, is a list"],
            id="map to list",
        ),
        pytest.param(
            {"tags": (tuple[int, ...], ())},
            ["field tags[] was a string, is an integer"],
            id="items retyped",
        ),
        pytest.param(
            {"skills": (dict[str, str], ...)},
            ["field skills{} was an integer, is a string"],
            id="values of a map retyped",
        ),
        pytest.param({"brand": (str, ...)}, ["field brand is new and required"], id="new required"),
        pytest.param(
            {"score": (float | None, ...)},
            ["field score was optional, is required"],
            id="now required",
        ),
        pytest.param(
            {"number": (str, "")}, ["field number was required, is optional"], id="now optional"
        ),
        pytest.param(
            {"number": (str | None, ...)}, ["field number can also be null"], id="now may be null"
        ),
        pytest.param(
            {"score": (float, 0.0)},
            [
                "field score has another default, 0.0 instead of None",
                "field score can no longer be null",
            ],
            id="no longer null",
        ),
        pytest.param(
            {"subject": (str, ...)},
            ["field subject can no longer be an object"],
            id="no longer sealed",
        ),
        pytest.param(
            {"mood": (LouderMood, LouderMood.CALM)},
            ["field mood got the value 'furious'"],
            id="value added",
        ),
        pytest.param(
            {"mood": (FlatMood, FlatMood.CALM)},
            ["field mood lost its value 'cross'"],
            id="value removed",
        ),
        pytest.param(
            {"mood": (Mood, Mood.CROSS)},
            ["field mood has another default, 'cross' instead of 'calm'"],
            id="another default",
        ),
        pytest.param(
            {"side": (Literal["source"], "source")},
            ["field side lost its value 'target'"],
            id="literal narrowed",
        ),
        pytest.param(
            {"reopens": (int, Field(default=0, ge=1))},
            ["field reopens: minimum was 0, is 1"],
            id="limit tightened",
        ),
        pytest.param(
            {"reopens": (int, 0)},
            ["field reopens: minimum was 0, is not limited"],
            id="limit dropped",
        ),
        pytest.param(
            {"number": (str, Field(max_length=20))},
            ["field number: maxLength was not limited, is 20"],
            id="limit added",
        ),
        pytest.param(
            {"requester": (NamelessPerson, ...)},
            ["field requester.name was removed"],
            id="field of a value removed",
        ),
        pytest.param(
            {"people": (tuple[NamelessPerson, ...], ())},
            ["field people[].name was removed"],
            id="field of an item removed",
        ),
    ],
)
def test_breaking(fields: dict[str, Any], lines: list[str]) -> None:
    assert changed(**fields) == lines


def test_a_value_that_contains_itself_is_compared_to_its_end() -> None:
    old, new = (TypeAdapter(cls).json_schema() for cls in (Reply, DatedReply))
    assert breaking_changes("Reply.v3", old, deepcopy(old)) == []
    assert breaking_changes("Reply.v3", old, new) == [
        "Reply.v3: field at is new and required: make it Reply.v4"
    ]


def test_unknown_fields_must_stay_welcome() -> None:
    closed = schema(OLD) | {"additionalProperties": False}
    [line] = breaking_changes("TicketSeen.v1", schema(OLD), closed)
    assert line == "TicketSeen.v1: the type refuses unknown fields: make it TicketSeen.v2"


@pytest.mark.parametrize("name", TYPES)
def test_every_real_type_is_compatible_with_itself(name: str) -> None:
    assert breaking_changes(name, data_schema(TYPES[name]), data_schema(TYPES[name])) == []


@pytest.mark.parametrize("name", TYPES)
def test_any_field_of_a_real_type_is_missed(name: str) -> None:
    whole = data_schema(TYPES[name])
    for field in whole["properties"]:
        less = deepcopy(whole)
        del less["properties"][field]
        less["required"] = [other for other in less.get("required", ()) if other != field]
        [line] = breaking_changes(name, whole, less)
        assert f"field {field} was removed" in line


@pytest.mark.parametrize("name", TYPES)
def test_the_comparison_knows_every_keyword_that_is_used(name: str) -> None:
    def look(node: Any, visit: Callable[[dict[str, Any]], None]) -> None:
        visit(node)
        inner = [*node.get("anyOf", ()), *node.get("$defs", {}).values()]
        inner += [*node.get("properties", {}).values()]
        inner += [node[key] for key in ("items", "additionalProperties") if key in node]
        for child in inner:
            look(child, visit)

    used: set[str] = set()
    look(data_schema(TYPES[name]), used.update)
    assert used <= KEYWORDS
