"""What a header says in words: RFC 2047 as it is really written, and raw 8-bit text."""

import binascii
import re

from services.intake.adapters.rfc822.charsets import decode
from services.intake.adapters.rfc822.transfer import from_base64

LONGEST_VALUE = 20_000
# RFC 2047 allows 75 characters a word; what is written has whole subjects in one.
WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?((?:[^?]|\?(?!=)){0,2000})\?=")
SPACES = re.compile(r"[ \t\r\n]+")
LINE_ENDS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


def header_text(value: str) -> str:
    """A header's value (one character a byte) as text on one line.

    Neighbouring words of one charset are decoded together: clients cut inside characters.
    """
    value = value[:LONGEST_VALUE]
    if "=?" not in value:
        return _one_line(_raw(value))
    pieces: list[str] = []
    pending: tuple[str, bytes] | None = None
    position = 0
    for word in WORD.finditer(value):
        between = value[position : word.start()]
        charset, data = word[1], _payload(word[2], word[3])
        if pending and not between.strip(" \t\r\n") and pending[0].lower() == charset.lower():
            pending = (charset, pending[1] + data)
        else:
            pieces.append(decode(pending[1], pending[0]) if pending else "")
            if not pending or between.strip(" \t\r\n"):
                pieces.append(_raw(between))
            pending = (charset, data)
        position = word.end()
    pieces.append(decode(pending[1], pending[0]) if pending else "")
    pieces.append(_raw(value[position:]))
    return _one_line("".join(pieces))


def _payload(encoding: str, text: str) -> bytes:
    data = text.encode("latin-1", "replace")
    if encoding in "bB":
        return from_base64(data)
    return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)


def _raw(value: str) -> str:
    return value if value.isascii() else decode(value.encode("latin-1", "replace"))


def _one_line(text: str) -> str:
    return SPACES.sub(" ", LINE_ENDS.sub(" ", text)).strip()
