"""Writes deploy/.env.example from the settings themselves: python -m tests.deploy.env_example."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from tests.deploy.known import DEPLOY, ROOT, settings_classes

FILE = DEPLOY / ".env.example"
HEAD = """\
# Every setting of Deskstream, with its default and meaning. A line counts once its # is gone.
# Made from the code by `python -m tests.deploy.env_example`; a test keeps it so.
#
# One must be set: DESKSTREAM_MAIL_SECRET, for intake and the notifier (`openssl rand -hex 32`).
# `python3 deploy/prepare.py` makes a .env beside this file that has it.
"""
TAIL = """
# --- OpenTelemetry ---

# address of a collector (OTLP over HTTP); empty: no traces
#OTEL_EXPORTER_OTLP_ENDPOINT=
"""
TITLES = {"DESKSTREAM_": "every service"}
# Settings whose meaning the code tells in a comment only.
MEANINGS = {"rules_file": "its rules, a file in DESKSTREAM_CONFIG_DIR"}


def text() -> str:
    return HEAD + "".join(_section(cls) for cls in settings_classes()) + TAIL


def _section(cls: type[BaseSettings]) -> str:
    prefix = str(cls.model_config["env_prefix"])
    title = TITLES.get(prefix) or prefix.removeprefix("DESKSTREAM_").rstrip("_").lower()
    lines = [f"\n# --- {title} ---"]
    for name, field in cls.model_fields.items():
        lines.append(f"\n# {'; '.join(_meaning(name, field))}")
        lines.append(f"#{prefix}{name.upper()}={_default(field.default)}")
    return "\n".join(lines) + "\n"


def _meaning(name: str, field: FieldInfo) -> Iterator[str]:
    description = field.description or MEANINGS[name]
    yield description
    choices = [str(choice) for choice in _choices(field.annotation)]
    if choices and not all(choice in description for choice in choices):
        yield f"one of {', '.join(choices)}"


def _choices(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(member.value for member in annotation)
    return ()


def _default(value: Any) -> str:
    match value:
        case None:
            return ""
        case SecretStr():
            return value.get_secret_value()
        case tuple():
            return " ".join(map(_default, value))
        case bool():
            return str(value).lower()
        case Path() if value.is_relative_to(ROOT):
            return value.relative_to(ROOT).as_posix()
        case _:
            return str(value)


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
