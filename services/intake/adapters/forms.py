"""Form bodies as webhooks send them: URL-encoded, multipart, or turned into JSON on the way."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

import orjson

from services.intake.adapters.payload import Json, Payload
from services.intake.adapters.rfc822.charsets import decode
from services.intake.adapters.rfc822.parameters import parameters_of
from services.intake.adapters.rfc822.parts import Budget, Part, read_mail_parts
from services.intake.domain.message import UnreadableError

MOST_FIELDS = 1_000
LARGEST_FORM = 52_428_800
BOUNDARY_LINE = re.compile(rb"\s*--([^\r\n]{1,200}?)[ \t]*\r?\n")
ENCODED = re.compile(rb"[\w%.~*+\[\]$-]{1,200}=")


@dataclass(frozen=True, slots=True)
class FormFile:
    name: str  # of the field
    filename: str
    content_type: str
    data: bytes
    charset: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """Fields as bytes, since only some vendors say their charset; the first of a name holds."""

    fields: dict[str, bytes] = field(default_factory=dict)
    files: list[FormFile] = field(default_factory=list)

    def text(self, *names: str, charset: str | None = None) -> str | None:
        """The first of these fields that says something."""
        values = (self.fields.get(name) for name in names)
        texts = (decode(value, charset).strip() for value in values if value)
        return next((text for text in texts if text), None)

    def whole(self, name: str, charset: str | None = None) -> str:
        """The field as it is, with the space around it; empty where there is none."""
        return decode(self.fields.get(name, b""), charset)

    def json(self, name: str) -> Json:
        """The object that a field holds as JSON, or an empty one."""
        parsed = self.any_json(name)
        return parsed if isinstance(parsed, dict) else {}

    def any_json(self, name: str) -> object:
        try:
            return orjson.loads(self.fields.get(name, b"null"))
        except orjson.JSONDecodeError:
            return None


def form_of(payload: Payload) -> Form:
    """UnreadableError where the value is no form."""
    value = payload.value
    if len(value) > LARGEST_FORM:
        raise UnreadableError(f"{len(value)} bytes of form, over {LARGEST_FORM}")
    if value.lstrip()[:1] == b"{":
        return _from_json(payload.json())
    if BOUNDARY_LINE.match(value):
        return _from_multipart(value, payload.content_type)
    if ENCODED.match(value):
        return Form(dict(_encoded_fields(value)))
    raise UnreadableError("the value is no form: neither URL-encoded nor multipart")


def _from_json(body: Json) -> Form:
    return Form(
        {
            name: value.encode("utf-8", "replace")
            if isinstance(value, str)
            else orjson.dumps(value)
            for name, value in list(body.items())[:MOST_FIELDS]
            if value is not None
        }
    )


def _encoded_fields(value: bytes) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    for pair in value.strip().split(b"&", MOST_FIELDS)[:MOST_FIELDS]:
        name, _, text = pair.partition(b"=")
        decoded = decode(unquote_to_bytes(name.replace(b"+", b" ")))
        if decoded and decoded not in seen:
            seen.add(decoded)
            yield decoded, unquote_to_bytes(text.replace(b"+", b" "))


def _from_multipart(value: bytes, content_type: str | None) -> Form:
    named = parameters_of(content_type).get("boundary") if content_type else None
    line = BOUNDARY_LINE.match(value)
    boundary = named or (line[1].decode("latin-1") if line else "")
    head = f'Content-Type: multipart/form-data; boundary="{boundary}"\r\n\r\n'
    whole = read_mail_parts(head.encode("latin-1", "replace") + value, Budget())
    form = Form()
    for part in whole.children:
        _take(part, form)
    return form


def _take(part: Part, form: Form) -> None:
    disposition = parameters_of(part.headers.raw("content-disposition"))
    name = disposition.get("name")
    if not name:
        return
    if "filename" in disposition:
        form.files.append(
            FormFile(name, disposition["filename"], part.content_type, part.decoded(), part.charset)
        )
    else:
        form.fields.setdefault(name, part.decoded())
