"""The exported files: what they should hold, what they do hold, and what a change would break."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from deskstream.contracts.asyncapi import document
from deskstream.contracts.compatibility import breaking_changes, next_version
from deskstream.contracts.events_page import events_page
from deskstream.contracts.schemas import (
    SCHEMAS,
    as_text,
    data_schema,
    messages_with_data,
    schema_path,
)
from deskstream.contracts.stages import Stages

Files = Mapping[PurePosixPath, str]
Schemas = Mapping[PurePosixPath, Mapping[str, Any]]

ASYNCAPI = PurePosixPath("contracts/asyncapi.json")
EVENTS = PurePosixPath("events.md")


class UnknownRevisionError(Exception):
    """Git does not know the revision that was named."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What `deskstream contracts check` found. Nothing: the files tell of today's classes."""

    breaking: list[str]
    outdated: list[str]


def exported(stages: Stages) -> dict[PurePosixPath, str]:
    """Every file by its path below the folder of the documentation."""
    files = {path: as_text(schema) for path, schema in todays_schemas().items()}
    return files | {ASYNCAPI: as_text(document(stages)), EVENTS: events_page(stages)}


def todays_schemas() -> dict[PurePosixPath, dict[str, Any]]:
    return {schema_path(cls): data_schema(cls) for cls in messages_with_data()}


def committed_schemas(docs: Path) -> dict[PurePosixPath, dict[str, Any]]:
    """As they lie in the working tree."""
    return {
        PurePosixPath(path.relative_to(docs).as_posix()): json.loads(path.read_text("utf-8"))
        for path in sorted((docs / SCHEMAS).glob("*/*.json"))
    }


def schemas_at(docs: Path, revision: str) -> dict[PurePosixPath, dict[str, Any]]:
    """As git has them at this revision, for a check that an export can't hide anything from."""
    listed = _git(docs, "ls-tree", "-r", "--name-only", revision, "--", f"./{SCHEMAS}")
    return {
        PurePosixPath(name): json.loads(_git(docs, "show", f"{revision}:./{name}"))
        for name in listed.splitlines()
    }


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise UnknownRevisionError(done.stderr.strip())
    return done.stdout


def broken_by(old: Schemas, new: Schemas) -> list[str]:
    """A line for each change from `old` to `new` that breaks a reader or a writer."""
    lines: list[str] = []
    places = {path.name: path for path in new}
    for path, schema in old.items():
        if path in new:
            lines += breaking_changes(path.stem, schema, new[path])
        elif path.name in places:
            there = places[path.name].parent.name
            lines.append(
                f"{path.stem}: it moved from {path.parent.name} to {there}:"
                f" make it {next_version(path.stem)}"
            )
        else:
            lines.append(
                f"{path.stem}: the type was removed: keep its class, {path.parent.name} holds it"
            )
    return lines


def outdated(docs: Path, files: Files) -> list[str]:
    lines = [
        f"{docs / path}: {'out of date' if (docs / path).exists() else 'missing'}"
        for path, text in files.items()
        if _text(docs / path) != text
    ]
    left_over = committed_schemas(docs).keys() - files.keys()
    return lines + [f"{docs / path}: left over, no class says it" for path in sorted(left_over)]


def findings(docs: Path, stages: Stages, revision: str | None = None) -> Findings:
    old = schemas_at(docs, revision) if revision else committed_schemas(docs)
    return Findings(broken_by(old, todays_schemas()), outdated(docs, exported(stages)))


def write(docs: Path, files: Files) -> list[PurePosixPath]:
    """Writes what differs and removes left-over schemas; returns what it touched."""
    touched = [path for path, text in files.items() if _text(docs / path) != text]
    for path in touched:
        (docs / path).parent.mkdir(parents=True, exist_ok=True)
        (docs / path).write_text(files[path], "utf-8", newline="\n")
    left_over = sorted(committed_schemas(docs).keys() - files.keys())
    for path in left_over:
        (docs / path).unlink()
    return touched + left_over


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None
