"""What a YAML configuration file holds, or exactly where and why it cannot be used."""

import hashlib
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from shared.kit.marked_yaml import Loc, Marked, Problem, parse

M = TypeVar("M", bound=BaseModel)


class ConfigError(Exception):
    """The file cannot be used; each problem is a whole line that names file, line and place."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[M]):
    """`version` is 12 hex digits of the content's SHA-256: it changes with every byte."""

    value: M
    version: str
    path: Path
    marked: Marked

    def problem(self, loc: Loc, message: str) -> str:
        """A problem that only the service can see, as a line like those of `load`."""
        return _line(self.path, Problem(self.marked.line(loc), message, loc))


def load(path: Path, model: type[M]) -> Loaded[M]:
    """Raises ConfigError with every problem at once, in order of lines."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: it cannot be read: {error.strerror}"]) from None
    marked = parse(content)
    if marked.problems:
        raise _error(path, marked.problems)
    try:
        value = model.model_validate(marked.value)
    except ValidationError as error:
        raise _error(path, [_explain(marked, model, item) for item in error.errors()]) from None
    return Loaded(value, version_of(content), path, marked)


def version_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`; did you mean "x"?` for the nearest known word, else nothing."""
    nearest = get_close_matches(word, known, n=1, cutoff=0.6)
    return f'; did you mean "{nearest[0]}"?' if nearest else ""


def _error(path: Path, problems: Sequence[Problem]) -> ConfigError:
    ordered = sorted(problems, key=lambda problem: problem.line or 0)
    return ConfigError(list(dict.fromkeys(_line(path, problem) for problem in ordered)))


def _line(path: Path, problem: Problem) -> str:
    where = f"{path}:{problem.line}" if problem.line else f"{path}"
    place = ".".join(str(part) for part in problem.loc)
    return f"{where}: {place}: {problem.message}" if place else f"{where}: {problem.message}"


def _explain(marked: Marked, model: type[BaseModel], item: ErrorDetails) -> Problem:
    loc = _written(marked, item["loc"], keep_last=item["type"] == "missing")
    return Problem(marked.line(loc), _message(model, loc, item), loc)


def _written(marked: Marked, loc: Loc, *, keep_last: bool) -> Loc:
    """Without the parts that pydantic adds (a union's member, `[key]`)."""
    kept: Loc = ()
    for part in loc:
        if (*kept, part) in marked.lines:
            kept = (*kept, part)
    return (*kept, loc[-1]) if keep_last else kept


def _message(model: type[BaseModel], loc: Loc, item: ErrorDetails) -> str:
    kind, context, value = item["type"], item.get("ctx", {}), item["input"]
    if kind == "extra_forbidden":
        return _unknown_field(str(loc[-1]), _field_names(model, loc[:-1]))
    if kind in ("value_error", "assertion_error"):
        return str(context["error"])
    if kind in ("enum", "literal_error"):
        return _not_among(value, re.findall(r"'([^']*)'", context["expected"]))
    if kind in _WITHOUT_VALUE:
        return _WITHOUT_VALUE[kind].format_map(context)
    message = _PLAIN.get(kind) or item["msg"].replace("Input should be", "must be")
    return f"{message[0].lower()}{message[1:]}{_but_is(value)}"


def _unknown_field(name: str, known: Sequence[str]) -> str:
    nearest = did_you_mean(name, known)
    return f"unknown field{nearest}" if nearest else f"unknown field; here: {', '.join(known)}"


def _not_among(value: Any, known: Sequence[str]) -> str:
    nearest = did_you_mean(str(value), known)
    return f"must be one of {', '.join(known)}{_but_is(value)}{nearest}"


_WITHOUT_VALUE: Mapping[str, str] = {
    "missing": "must be given",
    "too_short": "must have at least {min_length}, not {actual_length}",
    "too_long": "must have at most {max_length}, not {actual_length}",
}
_A_MAPPING, _A_LIST = "must be a mapping (field: value)", "must be a list"
_PLAIN: Mapping[str, str] = {
    "string_type": "must be text (in quotes if it looks like a number)",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "list_type": _A_LIST,
    "tuple_type": _A_LIST,
    "frozen_set_type": _A_LIST,
    "set_type": _A_LIST,
    "dict_type": _A_MAPPING,
    "model_type": _A_MAPPING,
    "model_attributes_type": _A_MAPPING,
}
_LONGEST_SHOWN = 40


def _but_is(value: Any) -> str:
    if value is None:
        return ", but nothing is written"
    if isinstance(value, bool):
        return f", not {str(value).lower()}"
    if isinstance(value, str):
        shown = value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}…"
        return f', not "{shown}"'
    if isinstance(value, Mapping):
        return ", not a mapping"
    return ", not a list" if isinstance(value, list) else f", not {value}"


def _field_names(model: type[BaseModel], loc: Loc) -> list[str]:
    """The fields that a mapping at this place may have."""
    kinds: list[Any] = list(_unwrapped(model))
    for part in loc:
        kinds = [
            plain for kind in kinds for inner in _inside(kind, part) for plain in _unwrapped(inner)
        ]
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    fields = [(field.alias or name) for kind in models for name, field in kind.model_fields.items()]
    return list(dict.fromkeys(fields))


def _unwrapped(kind: Any) -> Iterator[Any]:
    """The types behind Annotated, unions and root models."""
    if get_origin(kind) is Annotated:
        yield from _unwrapped(get_args(kind)[0])
    elif get_origin(kind) in (Union, types.UnionType):
        for member in get_args(kind):
            yield from _unwrapped(member)
    elif isinstance(kind, type) and issubclass(kind, RootModel):
        yield from _unwrapped(kind.model_fields["root"].annotation)
    else:
        yield kind


def _inside(kind: Any, part: str | int) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            if part in (name, field.alias):
                yield field.annotation
    elif arguments := [member for member in get_args(kind) if member is not Ellipsis]:
        yield from arguments[-1:] if isinstance(part, str) else arguments
