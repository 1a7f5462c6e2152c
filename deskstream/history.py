"""Tickets of the past from a file: CSV, or JSON with an object a line or a list of objects."""

import codecs
import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from services.triage.domain.learning.examples import Example
from shared.kit.config import did_you_mean

_LARGEST_FIELD = 10_000_000
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # as spreadsheets save "Unicode text"
Ticket = Mapping[str, Any]


class HistoryError(Exception):
    """The file cannot be used; the text says where and what to do."""


def read_tickets(path: Path) -> list[Ticket]:
    try:
        content = path.read_bytes()
        text = content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")
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
        yield str(value).encode(errors="replace").decode()  # half an emoji is no character


def _json(path: Path, text: str) -> Iterator[Ticket]:
    if text.lstrip().startswith("["):
        yield from _checked(path, 1, _decoded(path, 1, text))
        return
    if (inside := _only_list(text)) is not None:
        yield from _checked(path, 1, inside)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield from _checked(path, number, [_decoded(path, number, line)])


def _only_list(text: str) -> list[Any] | None:
    """Of a file that is one object over many lines, as exports are: `{"tickets": […]}`."""
    if text.split("\n", 1)[0].rstrip().endswith("}"):
        return None
    try:
        whole = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return None
    lists = [value for value in whole.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 and all(isinstance(x, dict) for x in lists[0]) else None


def _decoded(path: Path, line: int, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = line + error.lineno - 1
        raise HistoryError(f"{path}:{where}: is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise HistoryError(f"{path}:{line}: is nested too deep") from error


def _checked(path: Path, line: int, items: Any) -> Iterator[Ticket]:
    for item in items:
        if not isinstance(item, dict):
            raise HistoryError(f'{path}:{line}: must be an object like {{"text": …}}')
        yield item


def _csv(path: Path, text: str) -> Iterator[Ticket]:
    csv.field_size_limit(_LARGEST_FIELD)
    first = text.split("\n", 1)[0]
    separator = max(",;\t|", key=first.count)
    rows = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = [name.strip() for name in next(rows, [])]
        for row in rows:
            if any(row[len(names) :]):
                raise HistoryError(
                    f"{path}:{rows.line_num}: has {len(row)} fields, the first line {len(names)}; "
                    f'put quotes around a text that has a "{separator}" in it'
                )
            if row:
                yield dict(zip(names, row, strict=False))
    except csv.Error as error:
        raise HistoryError(f"{path}:{rows.line_num}: is not CSV: {error}") from error
