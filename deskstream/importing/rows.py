"""Rows of an export: CSV, JSON, or a line of JSON each; a file alone or a folder of them."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

Values = dict[str, Any]
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
SUFFIXES = (".csv", ".json", ".jsonl", ".ndjson")
csv.field_size_limit(50_000_000)


class UnreadableExportError(Exception):
    """The text says which file, where, and what would help."""


@dataclass(frozen=True, slots=True)
class Row:
    """`where` names it in a report."""

    values: Values
    where: str

    def text(self, *names: str) -> str:
        """The first of these that says something; numbers as text, else empty."""
        for name in names:
            value = self.values.get(name)
            if value is not None and not isinstance(value, dict | list | bool):
                said = str(value).replace("\x00", "").strip()
                if said:
                    return said
        return ""

    def flag(self, name: str) -> bool:
        return str(self.values.get(name, "")).strip().lower() in ("true", "1", "yes", "t")

    def inner(self, name: str) -> Values:
        value = self.values.get(name)
        return value if isinstance(value, dict) else {}

    def all(self, name: str) -> list["Row"]:
        """The objects of a list within this row."""
        value = self.values.get(name)
        items = value if isinstance(value, list) else []
        return [
            Row(item, f"{self.where}, {name} {place}")
            for place, item in enumerate(items, 1)
            if isinstance(item, dict)
        ]


@dataclass(frozen=True, slots=True)
class Source:
    """A folder with a file for each table, or one file; of JSON, one file may hold several tables.

    `encoding`: None is UTF-8, or UTF-16 where the file begins so.
    """

    path: Path
    encoding: str | None = None

    def tickets(self, *names: str) -> list[Row]:
        """The table that an export is about: a single file is it, whatever its name."""
        if self.path.is_dir():
            return self.table(*names)
        return list(self._of_file(self.path, names, whole=True))

    def table(self, *names: str) -> list[Row]:
        """Empty: there is none of these names."""
        if self.path.is_dir():
            files = list(_named(self.path, names))
            return [row for file in files for row in self._of_file(file, names, whole=True)]
        return list(self._of_file(self.path, names, whole=False))

    def _of_file(self, file: Path, names: tuple[str, ...], *, whole: bool) -> Iterator[Row]:
        suffix = file.suffix.lower()
        if suffix not in SUFFIXES:
            raise UnreadableExportError(f"{file.name}: an export ends in {', '.join(SUFFIXES)}")
        if suffix != ".csv":
            yield from _of_json(file, self._text(file), names, whole=whole)
        elif whole:
            yield from _of_csv(file, self._text(file))

    def _text(self, file: Path) -> str:
        """Raises UnreadableExportError: letters that are guessed wrong would stay wrong."""
        data = file.read_bytes()
        encoding = self.encoding or ("utf-16" if data[:2] in UTF_16 else "utf-8-sig")
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise UnreadableExportError(
                f"{file.name}, line {line}: it is not written in {encoding.removesuffix('-sig')}; "
                "say in what with --encoding, e.g. windows-1252"
            ) from error


def _named(folder: Path, names: tuple[str, ...]) -> Iterator[Path]:
    for file in sorted(folder.iterdir()):
        stem = file.stem.lower().removesuffix("_data")
        if file.suffix.lower() in SUFFIXES and stem in names:
            yield file


def _of_csv(file: Path, text: str) -> Iterator[Row]:
    reader = csv.DictReader(StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for values in reader:
            values.pop(None, None)  # cells beyond the header
            yield Row(dict(values), f"{file.name}, line {reader.line_num}")
    except csv.Error as error:
        raise UnreadableExportError(f"{file.name}, line {reader.line_num}: {error}") from error


def _delimiter(text: str) -> str:
    head = text[: text.find("\n") + 1] or text
    return max(",;\t|", key=head.count)


def _of_json(file: Path, text: str, names: tuple[str, ...], *, whole: bool) -> Iterator[Row]:
    for place, value in enumerate(_values(text, file, names, whole=whole), 1):
        if isinstance(value, dict):
            yield Row(value, f"{file.name}, entry {value.get('id', place)}")


def _values(text: str, file: Path, names: tuple[str, ...], *, whole: bool) -> list[Any]:
    """A list, an object with lists of these names, an object with one list, an object, or lines."""
    try:
        read = json.loads(text)
    except ValueError:
        lines = enumerate(text.splitlines(), 1)
        return [_line(line, n, file) for n, line in lines if line.strip()] if whole else []
    if isinstance(read, dict):
        named = [each for name, each in read.items() if name.lower() in names]
        lists = [each for each in named if isinstance(each, list)]
        if lists:
            return [value for each in lists for value in each]
        return _wrapped(read) if whole else []
    return read if isinstance(read, list) and whole else []


def _wrapped(read: dict[str, Any]) -> list[Any]:
    lists = [each for each in read.values() if isinstance(each, list)]
    return lists[0] if len(lists) == 1 and "id" not in read else [read]


def _line(line: str, number: int, file: Path) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise UnreadableExportError(f"{file.name}, line {number}: no JSON: {error}") from error
