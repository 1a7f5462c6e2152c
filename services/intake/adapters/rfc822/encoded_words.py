"""What a header says in words: RFC 2047 as it is really written, and raw 8-bit text."""

import binascii
import re
from dataclasses import dataclass

from services.intake.adapters.rfc822.charsets import decode
from services.intake.adapters.rfc822.transfer import from_base64

LONGEST_VALUE = 20_000
# RFC 2047 allows 75 characters a word; what is written has whole subjects in one.
WORD = re.compile(
    r"=\?([^?\s]{1,60})\?[ \t]?([bBqQ])\?"
    # Not over the beginning of another word, which would take quadratic time.
    r"((?:[^?=]|=(?!\?[^=])|\?(?!=)){0,2000})(?:\?=|\Z)"
)
SPACES = re.compile(r"[ \t\r\n]+")
LINE_ENDS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


def header_text(value: str) -> str:
    """A header's value (one character a byte) as text on one line.

    Neighbouring words of one charset are decoded together: clients cut inside characters. What
    was encoded twice is decoded twice.
    """
    value = value[:LONGEST_VALUE]
    if "=?" not in value:
        return _one_line(_raw(value))
    text = _decoded(value)
    if "=?" in text and "?=" in text and text.isascii():
        text = _decoded(text)
    return _one_line(text)


@dataclass(slots=True)
class _Run:
    """Neighbouring words of one charset, as bytes and as they were written."""

    charset: str
    data: bytes
    written: str

    def text(self) -> str:
        text = decode(self.data, self.charset)
        # What was no encoded text stays as it came: that can at least be searched for.
        return self.written if text.count("\ufffd") * 3 > len(text) else text


def _decoded(value: str) -> str:
    pieces: list[str] = []
    run: _Run | None = None
    position = 0
    for word in WORD.finditer(value):
        between = value[position : word.start()]
        adjacent = run is not None and not between.strip(" \t\r\n")
        charset, data = word[1], _payload(word[2], word[3])
        if run is not None and adjacent and run.charset.lower() == charset.lower():
            run = _Run(charset, run.data + data, f"{run.written}{between}{word[0]}")
        else:
            pieces.append(run.text() if run else "")
            pieces.append("" if adjacent else _raw(between))
            run = _Run(charset, data, word[0])
        position = word.end()
    pieces.append(run.text() if run else "")
    pieces.append(_raw(value[position:]))
    return "".join(pieces)


def _payload(encoding: str, text: str) -> bytes:
    data = text.encode("latin-1", "replace")
    if encoding in "bB":
        return from_base64(data)
    return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)


def _raw(value: str) -> str:
    return value if value.isascii() else decode(value.encode("latin-1", "replace"))


def _one_line(text: str) -> str:
    return SPACES.sub(" ", LINE_ENDS.sub(" ", text)).strip()
