"""Whether a changed contract would break those who read or write it already."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

# They tell people something, not programs.
REMARKS = frozenset({"$schema", "$id", "$defs", "title", "description", "examples"})
LIMITS = frozenset(
    {
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
    }
)
COMPARED = frozenset(
    {
        "$ref",
        "type",
        "format",
        "properties",
        "required",
        "default",
        "items",
        "additionalProperties",
        "enum",
        "const",
        "anyOf",
    }
)
# A schema with any other keyword would pass the comparison unseen.
KEYWORDS = REMARKS | LIMITS | COMPARED


def breaking_changes(name: str, old: Schema, new: Schema) -> list[str]:
    """A line for each change of the type `name` (`TicketCreated.v1`) that needs a new version.

    The log is kept for ever and services are deployed one by one, so old readers meet new data
    and new readers old data. Only a new optional field is harmless both ways.
    """
    changes = Comparison(old, new).changes(old, new, "")
    return [f"{name}: {change}: make it {next_version(name)}" for change in changes]


def next_version(name: str) -> str:
    stem, _, version = name.rpartition(".v")
    return f"{stem}.v{int(version) + 1}"


@dataclass(frozen=True)
class Comparison:
    """Two schemas and the definitions that each of them refers to."""

    old: Schema
    new: Schema

    def changes(
        self, old: Schema, new: Schema, path: str, above: frozenset[tuple[str, str]] = frozenset()
    ) -> Iterator[str]:
        pair = (old.get("$ref", ""), new.get("$ref", ""))
        if all(pair) and pair in above:
            return  # a definition that contains itself
        above |= {pair}
        was, now = _resolved(old, self.old), _resolved(new, self.new)
        if "anyOf" in was or "anyOf" in now:
            yield from self._of_alternatives(was, now, path, above)
        elif kind_of(was) != kind_of(now):
            yield f"{_place(path)} was {kind_of(was)}, is {kind_of(now)}"
        else:
            yield from self._of_one_kind(was, now, path, above)

    def _of_one_kind(
        self, old: Schema, new: Schema, path: str, above: frozenset[tuple[str, str]]
    ) -> Iterator[str]:
        yield from _of_values(old, new, path)
        yield from _of_limits(old, new, path)
        if "items" in old and "items" in new:
            yield from self.changes(old["items"], new["items"], f"{path}[]", above)
        if kind_of(old) == "a map":
            was, now = old["additionalProperties"], new["additionalProperties"]
            yield from self.changes(was, now, f"{path}{{}}", above)
        elif new.get("additionalProperties") is False and "additionalProperties" not in old:
            yield f"{_place(path)} refuses unknown fields"
        yield from self._of_fields(old, new, path, above)

    def _of_fields(
        self, old: Schema, new: Schema, path: str, above: frozenset[tuple[str, str]]
    ) -> Iterator[str]:
        was, now = old.get("properties", {}), new.get("properties", {})
        needed_before, needed = set(old.get("required", ())), set(new.get("required", ()))
        for name in was:
            inner = _inside(path, name)
            if name not in now:
                yield f"field {inner} was removed"
                continue
            if name in needed - needed_before:
                yield f"field {inner} was optional, is required"
            if name in needed_before - needed:
                yield f"field {inner} was required, is optional"
            if name not in needed | needed_before:
                yield from _of_defaults(was[name], now[name], inner)
            yield from self.changes(was[name], now[name], inner, above)
        for name in now:
            if name not in was and name in needed:
                yield f"field {_inside(path, name)} is new and required"

    def _of_alternatives(
        self, old: Schema, new: Schema, path: str, above: frozenset[tuple[str, str]]
    ) -> Iterator[str]:
        gone, come = list(old.get("anyOf", [old])), list(new.get("anyOf", [new]))
        for was in list(gone):
            same = [now for now in come if not list(self.changes(was, now, path, above))]
            if same:
                gone.remove(was)
                come.remove(same[0])
        if len(gone) == 1 and len(come) == 1:
            yield from self.changes(gone[0], come[0], path, above)
            return
        for was in gone:
            yield f"{_place(path)} can no longer be {kind_of(_resolved(was, self.old))}"
        for now in come:
            yield f"{_place(path)} can also be {kind_of(_resolved(now, self.new))}"


def kind_of(schema: Schema) -> str:
    """What a value is, in a word: what a reader's code depends on."""
    if "enum" in schema or "const" in schema:
        return "one of a list"
    kind = schema.get("type", "anything")
    if kind == "object":
        return "a map" if isinstance(schema.get("additionalProperties"), dict) else "an object"
    if kind == "array":
        return "a list"
    article = "an" if kind == "integer" else "a"
    words = kind if kind in ("null", "anything") else f"{article} {kind}"
    return f"{words} ({schema['format']})" if "format" in schema else words


def _resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    definition: Schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return _resolved(definition, root)


def _of_values(old: Schema, new: Schema, path: str) -> Iterator[str]:
    was, now = _values(old), _values(new)
    for value in was:
        if value not in now:
            yield f"{_place(path)} lost its value {value!r}"
    for value in now:
        if value not in was:
            yield f"{_place(path)} got the value {value!r}"


def _values(schema: Schema) -> list[object]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def _of_limits(old: Schema, new: Schema, path: str) -> Iterator[str]:
    for limit in sorted(LIMITS & {*old, *new}):
        if old.get(limit) != new.get(limit):
            was, now = old.get(limit, "not limited"), new.get(limit, "not limited")
            yield f"{_place(path)}: {limit} was {was}, is {now}"


def _of_defaults(old: Schema, new: Schema, path: str) -> Iterator[str]:
    """What is absent means the default, so another default is another meaning."""
    was, now = old.get("default"), new.get("default")
    if was != now:
        yield f"field {path} has another default, {now!r} instead of {was!r}"


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _place(path: str) -> str:
    return f"field {path}" if path else "the type"
