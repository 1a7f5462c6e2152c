"""Mail that a service took in and took apart: its pieces put together as the mail they were."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from services.intake.adapters.mail import message_of, read_mail
from services.intake.adapters.payload import Payload
from services.intake.adapters.rfc822.headers import Headers, read_head
from services.intake.adapters.rfc822.parameters import parameters_of, value_of
from services.intake.adapters.rfc822.parts import Part, part_of
from services.intake.domain.message import IncomingMessage, Parsed

MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class MailFile:
    filename: str | None
    content_type: str | None
    data: bytes
    content_id: str | None = None
    charset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """What such a service hands over. `fields` add to the headers, or replace them, by name."""

    headers: Headers = field(default_factory=Headers)
    fields: dict[str, str | None] = field(default_factory=dict)
    text: str | None = None
    html: str | None = None
    files: tuple[MailFile, ...] = ()
    recipients: tuple[str, ...] = ()  # of the envelope
    envelope_from: str | None = None  # "" is the null sender of bounces


def message_from(pieces: Pieces, payload: Payload) -> IncomingMessage:
    headers = _headers(pieces)
    content_type = headers.raw("content-type")
    kind = value_of(content_type)
    bodies = [_body("text/plain", pieces.text), _body("text/html", pieces.html)]
    alternatives = [body for body in bodies if body is not None] or [_text_part(b"")]
    root = part_of(
        headers,
        b"",
        kind if kind == "multipart/report" else "multipart/mixed",
        parameters_of(content_type),
        [
            part_of(Headers(), b"", "multipart/alternative", {}, alternatives),
            *(_attached(file) for file in pieces.files[:MOST_FILES]),
        ],
    )
    return message_of(root, payload, parts_left_out=len(pieces.files) > MOST_FILES)


def message_from_raw(
    mime: bytes, payload: Payload, recipients: Iterable[str], envelope_from: str | None
) -> list[Parsed]:
    """The whole mail came, beside what its envelope said."""
    head = "".join(f"X-Original-To: {_one_line(each)}\r\n" for each in recipients)
    if envelope_from is not None and b"return-path:" not in mime[:65_536].lower():
        head += f"Return-Path: <{_one_line(envelope_from).strip('<>')}>\r\n"
    value = head.encode("utf-8", "replace") + mime.lstrip(b"\r\n")
    found = read_mail(replace(payload, value=value, channel="email"))
    return [
        replace(each, raw=mime) if isinstance(each, IncomingMessage) else each for each in found
    ]


def header_block(text: bytes) -> Headers:
    return read_head(text.lstrip(b"\r\n"))[0] if text.strip() else Headers()


def headers_of(pairs: Iterable[tuple[str, str]]) -> Headers:
    headers = Headers()
    for name, value in pairs:
        headers.values.setdefault(name.strip().lower(), []).append(_as_bytes(_one_line(value)))
    return headers


def _headers(pieces: Pieces) -> Headers:
    headers = Headers({name: list(values) for name, values in pieces.headers.values.items()})
    for name, value in pieces.fields.items():
        if value:
            headers.values[name] = [_as_bytes(_one_line(value))]
    for recipient in pieces.recipients:
        headers.values.setdefault("x-original-to", []).append(_as_bytes(_one_line(recipient)))
    if pieces.envelope_from is not None and "return-path" not in headers.values:
        headers.values["return-path"] = [f"<{_one_line(pieces.envelope_from).strip('<>')}>"]
    return headers


def _body(content_type: str, text: str | None) -> Part | None:
    if text is None or not text.strip():
        return None
    return _text_part(text.encode("utf-8", "replace"), content_type)


def _text_part(data: bytes, content_type: str = "text/plain") -> Part:
    return part_of(Headers(), data, content_type, {"charset": "utf-8"})


def _attached(file: MailFile) -> Part:
    """Reports' parts are named as the report's reader looks for them."""
    headers = Headers(
        {"content-disposition": ["attachment" if file.content_id is None else "inline"]}
    )
    if file.content_id:
        headers.values["content-id"] = [file.content_id]
    kind = value_of(file.content_type or "") or "application/octet-stream"
    parameters = {"name": file.filename} if file.filename else {}
    if file.charset:
        parameters["charset"] = file.charset
    return part_of(headers, file.data, kind, parameters)


def _as_bytes(text: str) -> str:
    """Headers hold one character a byte."""
    return text.encode("utf-8", "replace").decode("latin-1")


def _one_line(text: str) -> str:
    return " ".join(text.replace("\x00", "").splitlines())
