"""Which channel a payload is of, by its shape, where nobody says."""

import re
from collections.abc import Callable

import orjson

from services.intake.adapters.channels import CHANNELS
from services.intake.adapters.forms import form_of
from services.intake.adapters.payload import Json, Payload, member, objects
from services.intake.domain.message import UnreadableError

# One line, though some hands that wrote it left its spaces and newlines as they are.
FORM_LINE = re.compile(rb"\s*[\w%.~*+\[\]$-]{1,200}=(?:[^\s<>]*\s*\Z|[^\r\n<>]*&[\w-]{1,200}=)")
MULTIPART_START = re.compile(rb"\s*--[^\r\n]{1,200}\r?\n[^\r\n]*form-data", re.IGNORECASE)


def recognised(value: bytes) -> str:
    """The channel whose payloads look like this; e-mail where it is neither JSON nor a form.

    For files whose origin nobody knows. A door never guesses: what comes in names its channel.
    """
    start = value.lstrip()[:1]
    if start == b"{":
        return _by_marks(_json(value))
    if start == b"[":
        return "web"
    if MULTIPART_START.match(value) or FORM_LINE.match(value):
        return _of_form(value)
    return "email"


def _of_form(value: bytes) -> str:
    try:
        form = form_of(Payload(value, ""))
    except UnreadableError:
        return "email"
    return _by_marks({name: form.json(name) or form.text(name) for name in form.fields})


def _json(value: bytes) -> Json:
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _by_marks(body: Json) -> str:
    fits = _fits(body)
    found = (name for name, channel in CHANNELS.items() if any(map(fits, channel.marks)))
    return next(found, _named(body) or "web")


def _fits(body: Json) -> Callable[[str], bool]:
    return lambda marks: all(_shows(body, mark) for mark in marks.split("+"))


def _shows(body: Json, mark: str) -> bool:
    if mark.startswith("!"):
        return mark[1:] not in body
    name, equals, value = mark.partition("=")
    if equals:
        return body.get(name) == value
    outer, dot, inner = name.partition(".")
    if not dot:
        return name in body
    holder = body.get(outer)
    return any(inner in each for each in [*objects(holder), member(holder)])


def _named(body: Json) -> str | None:
    """Canonical JSON names its channel itself."""
    named = body.get("channel")
    return named if isinstance(named, str) and named in CHANNELS else None
