"""A mail's or part's headers: found even where blank lines, folds or colons are missing."""

import re
from dataclasses import dataclass, field

from services.intake.adapters.rfc822.charsets import decode
from services.intake.adapters.rfc822.encoded_words import header_text

LARGEST_HEAD = 262_144
MOST_HEADERS = 1_000
END_OF_HEAD = re.compile(rb"\r?\n\r?\n|\r\r")
HEADER = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*")
MBOX_LINE = re.compile(rb">?From \S+ [^\r\n]{0,200}\r?\n")
LINE_END = re.compile(rb"\r?\n|\r")
BLANK = re.compile(rb"(?:[ \t]*\r?\n)+")
INDENT = re.compile(rb"[ \t]+(?=[!-9;-~]{1,100}[ \t]*:)")
UTF8_MARK = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Headers:
    """By lower-case name, each value unfolded, one character a byte, in order."""

    values: dict[str, list[str]] = field(default_factory=dict)

    def raw(self, name: str) -> str:
        """The first value, or an empty text."""
        found = self.values.get(name)
        return found[0] if found else ""

    def all(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def reread(self, charset: str) -> None:
        """Raw 8-bit values that are no UTF-8 are taken for the charset of the mail's text."""
        for values in self.values.values():
            for i, value in enumerate(values):
                if not value.isascii():
                    values[i] = _as_utf8(value, charset)

    def text(self, name: str) -> str:
        """The first value that says something, decoded."""
        return next((text for value in self.all(name) if (text := header_text(value))), "")


def _as_utf8(value: str, charset: str) -> str:
    data = value.encode("latin-1", "replace")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return decode(data, charset).encode().decode("latin-1")
    return value


def read_head(data: bytes, *, of_part: bool = False) -> tuple[Headers, int]:
    """The headers, and where the body begins. A part may well begin with its body."""
    start = 0 if of_part else _start(data)
    if first := LINE_END.match(data, start):
        return Headers(), first.end()
    limit = min(len(data), start + LARGEST_HEAD)
    end = END_OF_HEAD.search(data, start, limit)
    stop, body = (end.start(), end.end()) if end else (limit, limit)
    lines = data[start:stop].splitlines(keepends=True)[: MOST_HEADERS * 20]
    found = [HEADER.match(line) for line in lines]
    count = _count(lines, found)
    if count < len(lines):
        # Lines that are no headers before the first blank one: the body began without it.
        body = start + sum(map(len, lines[:count]))
    return _headers(lines[:count], found), body


def _start(data: bytes) -> int:
    """Past a byte order mark, blank lines and the separator of an mbox, where headers follow."""
    start = len(UTF8_MARK) if data.startswith(UTF8_MARK) else 0
    for skipped in (BLANK, MBOX_LINE, INDENT):
        found = skipped.match(data, start)
        start = found.end() if found else start
    return start if HEADER.match(data, start) else 0


def _count(lines: list[bytes], found: list[re.Match[bytes] | None]) -> int:
    """How many lines are the head: up to the last header and its folded lines."""
    last = next((i for i in range(len(found) - 1, -1, -1) if found[i]), -1)
    last += 1
    while 0 < last < len(lines) and lines[last][:1] in (b" ", b"\t"):
        last += 1
    return last


def _headers(lines: list[bytes], found: list[re.Match[bytes] | None]) -> Headers:
    headers = Headers()
    last: list[str] | None = None
    for line, header in zip(lines, found, strict=False):
        if header and line[:1] not in (b" ", b"\t"):
            last = headers.values.setdefault(header[1].decode("latin-1").lower(), [])
            last.append(line[header.end() :].decode("latin-1").rstrip("\r\n \t"))
        elif last is not None:
            # A fold, or a line that lost its indentation.
            last[-1] += " " + line.decode("latin-1").strip("\r\n \t")
    return headers
