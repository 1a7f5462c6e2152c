"""Rows of an export: CSV, JSON, or a line of JSON each; a file alone or a folder of them."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Values = dict[str, Any]
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


def table(path: Path, *names: str) -> list[Row]:
    """Of a folder, the files of these names in it; of a file, itself. Empty: there is none."""
    files = [path] if path.is_file() else list(_named(path, names))
    return [row for file in files for row in rows_of(file)]


def _named(folder: Path, names: tuple[str, ...]) -> Iterator[Path]:
    for file in sorted(folder.iterdir()):
        stem = file.stem.lower().removesuffix("_data")
        if file.suffix.lower() in SUFFIXES and stem in names:
            yield file


def rows_of(file: Path) -> Iterator[Row]:
    if file.suffix.lower() == ".csv":
        yield from _of_csv(file)
    elif file.suffix.lower() in SUFFIXES:
        yield from _of_json(file)
    else:
        raise UnreadableExportError(f"{file.name}: an export ends in {', '.join(SUFFIXES)}")


def _of_csv(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        sample = lines.read(65_536)
        lines.seek(0)
        reader = csv.DictReader(lines, delimiter=_delimiter(sample))
        try:
            for values in reader:
                values.pop(None, None)  # cells beyond the header
                yield Row(dict(values), f"{file.name}, line {reader.line_num}")
        except csv.Error as error:
            raise UnreadableExportError(f"{file.name}, line {reader.line_num}: {error}") from error


def _delimiter(sample: str) -> str:
    head = sample.partition("\n")[0]
    return max(",;\t|", key=head.count)


def _of_json(file: Path) -> Iterator[Row]:
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    for place, value in enumerate(_values(text, file), 1):
        if isinstance(value, dict):
            yield Row(value, f"{file.name}, entry {value.get('id', place)}")


def _values(text: str, file: Path) -> list[Any]:
    """A list, an object with one list (`{"tickets": […]}`), an object, or one a line."""
    try:
        whole = json.loads(text)
    except ValueError:
        return [_line(line, n, file) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if isinstance(whole, dict):
        lists = [each for each in whole.values() if isinstance(each, list)]
        wrapped = len(lists) == 1 and len(whole) <= 4 and "id" not in whole  # noqa: PLR2004 - count and paging beside the list
        return lists[0] if wrapped else [whole]
    return whole if isinstance(whole, list) else []


def _line(line: str, number: int, file: Path) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise UnreadableExportError(f"{file.name}, line {number}: no JSON: {error}") from error
