"""Tickets of the past from a file: CSV, or JSON with an object a line or a list of objects."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from services.triage.domain.learning.examples import Example
from shared.kit.config import did_you_mean

_LARGEST_FIELD = 10_000_000
Ticket = Mapping[str, Any]


class HistoryError(Exception):
    """The file cannot be used; the text says where and what to do."""


def read_tickets(path: Path) -> list[Ticket]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HistoryError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror}") from error
    tickets = list(_json(path, text) if text.lstrip()[:1] in ("{", "[") else _csv(path, text))
    if not tickets:
        raise HistoryError(f"{path}: has no tickets")
    return tickets


def examples(path: Path, texts: Sequence[str], label: str | None) -> list[Example]:
    """Of several texts the first is the subject, the others are the body one after another.

    Tickets without a label are left out; without `label` all have an empty one.
    """
    tickets = read_tickets(path)
    for key in (*texts, *([label] if label else [])):
        if not any(_value(ticket, key) for ticket in tickets):
            keys = sorted({name for ticket in tickets for name in ticket})
            there = did_you_mean(key, keys) or f"; there are {', '.join(keys)}"
            raise HistoryError(f'{path}: no ticket has a "{key}"{there}')
    found = (_example(ticket, texts, label) for ticket in tickets)
    return [example for example in found if example.label or not label]


def _example(ticket: Ticket, texts: Sequence[str], label: str | None) -> Example:
    subject, *rest = [_value(ticket, key) for key in texts]
    if not rest:
        subject, rest = "", [subject]
    return Example(subject, "\n".join(rest), _value(ticket, label).strip() if label else "")


def _value(inside: Any, key: str) -> str:
    """`a.b` is `b` within `a`, of a list in each of it."""
    return "\n".join(_values(inside, key))


def _values(inside: Any, key: str) -> Iterator[str]:
    if isinstance(inside, list):
        for item in inside:
            yield from _values(item, key)
    elif isinstance(inside, Mapping):
        if key in inside:
            yield from _plain(inside[key])
        elif "." in key:
            first, rest = key.split(".", 1)
            yield from _values(inside.get(first), rest)


def _plain(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _plain(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _plain(item) if isinstance(item, str) else ()
    elif value is not None:
        yield str(value)


def _json(path: Path, text: str) -> Iterator[Ticket]:
    if text.lstrip().startswith("["):
        yield from _checked(path, 1, _decoded(path, 1, text))
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield from _checked(path, number, [_decoded(path, number, line)])


def _decoded(path: Path, line: int, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = line + error.lineno - 1
        raise HistoryError(f"{path}:{where}: is not JSON: {error.msg}") from error


def _checked(path: Path, line: int, items: Any) -> Iterator[Ticket]:
    for item in items:
        if not isinstance(item, dict):
            raise HistoryError(f'{path}:{line}: must be an object like {{"text": …}}')
        yield item


def _csv(path: Path, text: str) -> Iterator[Ticket]:
    csv.field_size_limit(_LARGEST_FIELD)
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        yield from csv.DictReader(StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error as error:
        raise HistoryError(f"{path}: is not CSV: {error}") from error
