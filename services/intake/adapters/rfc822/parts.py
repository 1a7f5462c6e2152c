"""A mail's parts, as far as anybody needs them: bounded in depth, number and work."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from services.intake.adapters.rfc822.headers import LARGEST_HEAD, Headers, read_head
from services.intake.adapters.rfc822.parameters import parameters_of, value_of
from services.intake.adapters.rfc822.transfer import transfer_decoded

MOST_PARTS = 200
HEAD_SPAN = LARGEST_HEAD + 10_000  # with what may stand before a head
MOST_ENCODED = 3  # bytes that stand for one, in quoted-printable
GUESSED = 100_000  # bytes in which a boundary is looked for that no header names
DEEPEST = 20
LONGEST_BOUNDARY = 200
OCTETS = "application/octet-stream"
STRETCH = 65_536  # bytes
FIRST_DELIMITER = re.compile(rb"(?:\A|[\r\n])--([^\s-][^\r\n]{0,70})\r?\n")
FILE = re.compile(r"[^/\\:]{1,120}\.[A-Za-z][A-Za-z0-9]{1,4}\Z")
TURNED = {"plain/text": "text/plain", "html/text": "text/html", "text/htm": "text/html"}
MEDIA_TYPE = re.compile(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+", re.ASCII)

Span = tuple[int, int]


@dataclass(slots=True)
class Part:
    """A leaf or, with children, a multipart. Its body lies in `source`, which is not copied."""

    headers: Headers
    source: bytes
    start: int
    end: int
    content_type: str
    parameters: dict[str, str]
    children: list["Part"] = field(default_factory=list)

    @property
    def encoding(self) -> str:
        return value_of(self.headers.raw("content-transfer-encoding"))

    @property
    def disposition(self) -> str:
        return value_of(self.headers.raw("content-disposition"))

    @property
    def filename(self) -> str | None:
        """Also where clients put it that do not know these parameters."""
        stated = parameters_of(self.headers.raw("content-disposition"))
        named = stated.get("filename") or self.parameters.get("name") or stated.get("name")
        return named or self.parameters.get("filename")

    @property
    def described(self) -> str | None:
        """A file's name in a header that may as well say something else."""
        for name in ("content-description", "content-location"):
            found = FILE.search(self.headers.text(name))
            if found:
                return found[0]
        return None

    @property
    def charset(self) -> str | None:
        return self.parameters.get("charset")

    def decoded(self, most: int | None = None) -> bytes:
        """The body, or about its first `most` bytes."""
        end = self.end if most is None else min(self.end, self.start + most * MOST_ENCODED)
        whole = transfer_decoded(self.source, self.start, end, self.encoding)
        return whole if most is None else whole[:most]


@dataclass(slots=True)
class Budget:
    """How many more parts a mail may have; what is beyond them stays in the original only."""

    parts: int = MOST_PARTS
    exceeded: bool = False

    def take(self) -> bool:
        self.parts -= 1
        self.exceeded = self.exceeded or self.parts < 0
        return self.parts >= 0


def part_of(
    headers: Headers,
    data: bytes,
    content_type: str,
    parameters: dict[str, str],
    children: Sequence[Part] = (),
) -> Part:
    """Of bytes that hold the body alone."""
    return Part(headers, data, 0, len(data), content_type, parameters, list(children))


def read_mail_parts(data: bytes, budget: Budget) -> Part:
    return _read(data, (0, len(data)), budget, depth=0)


def _read(
    source: bytes, span: Span, budget: Budget, *, depth: int, default_type: str = "text/plain"
) -> Part:
    start, end = span
    headers, length = read_head(source[start : min(end, start + HEAD_SPAN)], of_part=depth > 0)
    header = headers.raw("content-type")
    content_type = value_of(header).replace(" ", "")
    content_type = TURNED.get(content_type, content_type)
    parameters = parameters_of(header) if header else {}
    if not MEDIA_TYPE.fullmatch(content_type):
        # Who names a file means no text, in however odd a type (`x-gzip; name=…`).
        content_type = OCTETS if content_type and "name" in parameters else default_type
    part = Part(headers, source, start + length, end, content_type, parameters)
    if content_type.startswith("multipart/"):
        _divide(part, budget, depth)
    return part


def reread_headers(mail: Part) -> None:
    """Raw 8-bit headers, in the charset that the mail's own text is in."""
    parts = list(_all(mail))
    charset = next((part.charset for part in parts if part.charset), None)
    if charset is None:
        return
    for part in parts:
        part.headers.reread(charset)
        header = part.headers.raw("content-type")
        if not header.isascii():
            part.parameters = parameters_of(header)


def _all(part: Part) -> Iterator[Part]:
    yield part
    for child in part.children:
        yield from _all(child)


def _divide(part: Part, budget: Budget, depth: int) -> None:
    """A multipart without a boundary that occurs, or nested too deeply, stays one text."""
    default_type = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    if depth < DEEPEST:
        # An encoded multipart is forbidden, and exists.
        encoded = part.encoding in ("base64", "quoted-printable")
        source, boundary = part.source, _boundary(part)
        spans = _spans(source, (part.start, part.end), boundary)
        if not spans and encoded:
            source = part.decoded()
            spans = _spans(source, (0, len(source)), boundary)
        for span in spans:
            if not budget.take():
                break
            child = _read(source, span, budget, depth=depth + 1, default_type=default_type)
            part.children.append(child)
    else:
        budget.exceeded = True
    if not part.children:
        part.content_type = "text/plain"


def _boundary(part: Part) -> bytes:
    named = part.parameters.get("boundary", "")[:LONGEST_BOUNDARY].encode("latin-1", "replace")
    if named and part.source.find(b"--" + named, part.start, part.end) >= 0:
        return named
    guessed = FIRST_DELIMITER.search(part.source[part.start : min(part.end, part.start + GUESSED)])
    return guessed[1].rstrip() if guessed else named


def _spans(data: bytes, within: Span, boundary: bytes) -> list[Span]:
    """Where what lies between delimiter lines begins and ends; the last may lack its end."""
    if not boundary:
        return []
    delimiter = b"--" + boundary
    spans: list[Span] = []
    first, end = within
    start = -1
    position = _found(data, delimiter, first, end)
    while position >= 0 and len(spans) <= MOST_PARTS:
        after = position + len(delimiter)
        if _on_its_own_line(data, position, after, within):
            if start >= 0:
                spans.append((start, _line_end_before(data, position, start)))
            if data[after : min(end, after + 2)] == b"--":
                return spans
            start = _next_line(data, after, end)
        position = _found(data, delimiter, after, end)
    if start >= 0 and position < 0:
        spans.append((start, end))
    return spans


def _found(data: bytes, delimiter: bytes, start: int, end: int) -> int:
    """By stretches that begin with a dash: base64 has none, and is passed by at once."""
    dash = data.find(b"-", start, end)
    while dash >= 0:
        found = data.find(delimiter, dash, min(end, dash + STRETCH))
        if found >= 0:
            return found
        dash = data.find(b"-", dash + STRETCH - len(delimiter) + 1, end)
    return -1


def _on_its_own_line(data: bytes, position: int, after: int, within: Span) -> bool:
    begins = position == within[0] or data[position - 1 : position] in (b"\n", b"\r")
    next_byte = data[after : min(within[1], after + 1)]
    return begins and next_byte in (b"", b"\n", b"\r", b" ", b"\t", b"-")


def _line_end_before(data: bytes, position: int, start: int) -> int:
    if data[position - 2 : position] == b"\r\n":
        return max(start, position - 2)
    return max(start, position - 1)


def _next_line(data: bytes, after: int, end: int) -> int:
    newline = data.find(b"\n", after, end)
    carriage = data.find(b"\r", after, newline if newline >= 0 else end)
    if carriage >= 0 and carriage + 1 != newline:
        return carriage + 1
    return newline + 1 if newline >= 0 else end
