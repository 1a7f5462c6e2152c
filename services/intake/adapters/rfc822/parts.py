"""A mail's parts, as far as anybody needs them: bounded in depth, number and work."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.intake.adapters.rfc822.headers import Headers, read_head
from services.intake.adapters.rfc822.parameters import parameters_of, value_of
from services.intake.adapters.rfc822.transfer import transfer_decoded

MOST_PARTS = 200
DEEPEST = 20
LONGEST_BOUNDARY = 200
FIRST_DELIMITER = re.compile(rb"(?:\A|[\r\n])--([^\s-][^\r\n]{0,70})\r?\n")
FILE = re.compile(r"[^/\\:]{1,120}\.[A-Za-z][A-Za-z0-9]{1,4}\Z")
TURNED = {"plain/text": "text/plain", "html/text": "text/html", "text/htm": "text/html"}
MEDIA_TYPE = re.compile(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+", re.ASCII)


@dataclass(slots=True)
class Part:
    """A leaf or, with children, a multipart. `data` is the body as it came."""

    headers: Headers
    data: bytes
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

    def decoded(self) -> bytes:
        return transfer_decoded(self.data, self.encoding)


@dataclass(slots=True)
class Budget:
    """How many more parts a mail may have; what is beyond them stays in the original only."""

    parts: int = MOST_PARTS
    exceeded: bool = False

    def take(self) -> bool:
        self.parts -= 1
        self.exceeded = self.exceeded or self.parts < 0
        return self.parts >= 0


def read_part(
    data: bytes, budget: Budget, *, depth: int = 0, default_type: str = "text/plain"
) -> Part:
    headers, start = read_head(data, of_part=depth > 0)
    header = headers.raw("content-type")
    content_type = value_of(header).replace(" ", "")
    content_type = TURNED.get(content_type, content_type)
    if not MEDIA_TYPE.fullmatch(content_type):
        content_type = default_type
    part = Part(headers, data[start:], content_type, parameters_of(header) if header else {})
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
        whole = part.data
        slices = _slices(whole, _boundary(part))
        if not slices and encoded:
            slices = _slices(part.decoded(), _boundary(part))
        for data in slices:
            if not budget.take():
                break
            part.children.append(
                read_part(data, budget, depth=depth + 1, default_type=default_type)
            )
    else:
        budget.exceeded = True
    if not part.children:
        part.content_type = "text/plain"


def _boundary(part: Part) -> bytes:
    named = part.parameters.get("boundary", "")[:LONGEST_BOUNDARY].encode("latin-1", "replace")
    if named and b"--" + named in part.data:
        return named
    guessed = FIRST_DELIMITER.search(part.data, 0, 100_000)
    return guessed[1].rstrip() if guessed else named


def _slices(data: bytes, boundary: bytes) -> list[bytes]:
    """What lies between delimiter lines; the last may lack its end."""
    if not boundary:
        return []
    delimiter = b"--" + boundary
    slices: list[bytes] = []
    start = -1
    position = data.find(delimiter)
    while position >= 0 and len(slices) <= MOST_PARTS:
        after = position + len(delimiter)
        if _on_its_own_line(data, position, after):
            if start >= 0:
                slices.append(data[start : _line_end_before(data, position, start)])
            if data[after : after + 2] == b"--":
                return slices
            start = _next_line(data, after)
        position = data.find(delimiter, after)
    if start >= 0 and position < 0:
        slices.append(data[start:])
    return slices


def _on_its_own_line(data: bytes, position: int, after: int) -> bool:
    begins = position == 0 or data[position - 1 : position] in (b"\n", b"\r")
    return begins and data[after : after + 1] in (b"", b"\n", b"\r", b" ", b"\t", b"-")


def _line_end_before(data: bytes, position: int, start: int) -> int:
    if data[position - 2 : position] == b"\r\n":
        return max(start, position - 2)
    return max(start, position - 1)


def _next_line(data: bytes, after: int) -> int:
    newline = data.find(b"\n", after)
    carriage = data.find(b"\r", after, newline if newline >= 0 else len(data))
    if carriage >= 0 and carriage + 1 != newline:
        return carriage + 1
    return newline + 1 if newline >= 0 else len(data)
