"""What the demo's people write: texts of ours by language, and raw input as channels send it."""

from functools import cache
from pathlib import Path
from string import Template
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from shared.contracts.people import AgentUpdated, CustomerUpdated

FOLDER = Path(__file__).parent / "samples"
LANGUAGES = ("en", "de", "fr", "es")
ABOUT_OUR_MAIL = frozenset({"bounce", "out-of-office"})


class Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Request(Written):
    """`then` is what the same person adds when asked."""

    id: str
    channel: Literal["email", "web", "phone", "chat", "whatsapp"]
    text: str
    subject: str | None = None
    html: bool = False
    attachments: tuple[str, ...] = ()
    then: tuple[str, ...]


class Away(Written):
    subject: str
    text: str


class Answers(Written):
    """What agents say (solved, ask), and what requesters say to that."""

    solved: tuple[str, ...]
    ask: tuple[str, ...]
    thanks: tuple[str, ...]
    again: tuple[str, ...]
    comment: tuple[str, ...]
    away: Away


class Spoiled(Written):
    id: str
    channel: str
    value: str


class Names(Written):
    first: tuple[str, ...]
    last: tuple[str, ...]


class People(Written):
    agents: tuple[AgentUpdated, ...]
    customers: tuple[CustomerUpdated, ...]
    strangers: dict[str, Names]


class Raw(Written):
    """A file as a channel sends it, with `$names` to fill in. Bytes stay as they are."""

    name: str
    template: bytes

    def filled(self, **values: str) -> bytes:
        """Raises KeyError for a name that nothing is given for."""
        text = {name: value.encode().decode("latin-1") for name, value in values.items()}
        return Template(self.template.decode("latin-1")).substitute(text).encode("latin-1")


@cache
def requests(language: str) -> tuple[Request, ...]:
    found: tuple[Request, ...] = _read(f"{language}.yaml", tuple[Request, ...])
    return found


@cache
def answers() -> dict[str, Answers]:
    found: dict[str, Answers] = _read("answers.yaml", dict[str, Answers])
    return found


@cache
def people() -> People:
    found: People = _read("people.yaml", People)
    return found


@cache
def spoiled() -> tuple[Spoiled, ...]:
    found: tuple[Spoiled, ...] = _read("spoiled.yaml", tuple[Spoiled, ...])
    return found


@cache
def raw(kind: str, name: str) -> Raw:
    [path] = (FOLDER / kind).glob(f"{name}.*")
    return Raw(name=name, template=path.read_bytes())


@cache
def raw_names(kind: str) -> tuple[str, ...]:
    """Without those that only ever answer a mail of ours."""
    return tuple(sorted({path.stem for path in (FOLDER / kind).iterdir()} - ABOUT_OUR_MAIL))


def _read(name: str, kind: Any) -> Any:
    content = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return TypeAdapter(kind).validate_python(content)
