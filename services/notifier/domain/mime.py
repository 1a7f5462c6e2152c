"""How headers and parts are written (RFC 5322, 2045, 2047, 2231), in lines that every server takes.

The standard library's `EmailMessage` parses each header and folds it again: it takes ten times as
long, and breaks Message-IDs over 78 characters.
"""

import binascii
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from urllib.parse import quote

CRLF = b"\r\n"
LONGEST_LINE = 998
_ENCODED_LINE = 76
_ASCII = bytes(range(128))
_WORD_MARKS = "=?utf-8?b??="
_QUOTED_GROWTH = 6  # with a larger share of other characters base64 is the shorter one
_BREAKS = re.compile(r"[\r\n\x00]")
_SPECIAL = re.compile(r"[^\w !#$%&\'*+/=?^`{|}~-]", re.ASCII)
# RFC 2231's attribute characters that `quote` would encode.
_ATTRIBUTE = "!#$&+^`{}|~"


class HeaderInjectionError(ValueError):
    """A value for a header holds a line break or NUL: nothing is sent with it."""


def checked(value: str) -> str:
    if _BREAKS.search(value):
        raise HeaderInjectionError("a header's value holds a line break or NUL")
    if len(value) > LONGEST_LINE:
        raise HeaderInjectionError(f"a header's value is longer than {LONGEST_LINE} characters")
    return value


def words(name: str, value: str) -> bytes:
    """A header of free text."""
    return _line(name, _encoded(checked(value), len(name) + 2))


def mailbox(name: str, display: str, address: str) -> bytes:
    """A header of one address, with the name that programs show."""
    shown = checked(display)
    if not shown:
        return _line(name, checked(address))
    if not shown.isascii() or "=?" in shown:
        shown = _encoded(shown, len(name) + 2)
    elif _SPECIAL.search(shown):
        escaped = shown.replace("\\", r"\\").replace('"', r"\"")
        shown = f'"{escaped}"'
    return _line(name, f"{shown}\r\n <{checked(address)}>")


def ids(name: str, values: Sequence[str]) -> bytes:
    """A header of Message-IDs, one a line, each whole."""
    return _line(name, "\r\n ".join(map(checked, values)))


def text_part(subtype: str, text: str) -> bytes:
    """As it is where it is ASCII in short lines, else quoted or, mostly foreign, in base64."""
    data = "\r\n".join(text.split("\n")).encode()
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: "
    if data.isascii() and max(map(len, data.split(CRLF))) <= LONGEST_LINE:
        return f"{head}7bit\r\n\r\n".encode() + data
    if len(data.translate(None, _ASCII)) * _QUOTED_GROWTH < len(data):
        quoted = binascii.b2a_qp(data, istext=True)
        return f"{head}quoted-printable\r\n\r\n".encode() + quoted
    return f"{head}base64\r\n\r\n".encode() + _base64(data)


def file_part(content_type: str, filename: str, content: bytes) -> bytes:
    head = (
        f"Content-Type: {checked(content_type)}\r\n"
        f"Content-Disposition: attachment;\r\n {_filename(checked(filename))}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + _base64(content)


def multipart(subtype: str, boundary: str, parts: Iterable[bytes]) -> bytes:
    """The boundary must be one that the writers of the parts cannot guess."""
    opening = f"--{boundary}\r\n".encode()
    body = b"".join(opening + part.rstrip(CRLF) + CRLF for part in parts)
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'
    return head.encode() + body + f"--{boundary}--\r\n".encode()


def _line(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode("ascii")


def _encoded(value: str, taken: int) -> str:
    """What looks as if it were encoded is encoded, so that it is read as it was meant."""
    if not value.isascii() or "=?" in value:
        return _in_encoded_words(value, taken)
    if taken + len(value) <= _ENCODED_LINE:
        return value
    return _folded(value, taken)


def _folded(value: str, taken: int) -> str:
    """Broken before blanks; a word that is longer than a line stays whole."""
    lines, size = [""], taken
    for piece in re.findall(r"\s*\S+|\s+", value):
        if size + len(piece) > _ENCODED_LINE and piece[0] in " \t" and piece.strip():
            lines.append("")
            size = 0
        lines[-1] += piece
        size += len(piece)
    return "\r\n".join(lines)


def _in_encoded_words(value: str, taken: int) -> str:
    """RFC 2047: each word at most 75 characters long, none of them with a part of a character."""
    written: list[str] = []
    piece = b""
    room = _room(taken)
    for character in value:
        data = character.encode()
        if len(piece) + len(data) > room:
            written.append(_encoded_word(piece))
            piece, room = b"", _room(1)
        piece += data
    return "\r\n ".join([*written, _encoded_word(piece)])


def _room(taken: int) -> int:
    """The bytes that a line's encoded word has room for."""
    return max((_ENCODED_LINE - taken - len(_WORD_MARKS)) // 4 * 3, 6)


def _encoded_word(data: bytes) -> str:
    return f"=?utf-8?b?{b64encode(data).decode()}?="


def _base64(data: bytes) -> bytes:
    encoded = b64encode(data)
    size = _ENCODED_LINE
    return CRLF.join(encoded[i : i + size] for i in range(0, len(encoded), size)) + CRLF


def _filename(name: str) -> str:
    if name.isascii():
        escaped = name.replace("\\", r"\\").replace('"', r"\"")
        return f'filename="{escaped}"'
    encoded = quote(name, safe=_ATTRIBUTE)
    pieces = _pieces(encoded)
    if len(pieces) == 1:
        return f"filename*=utf-8''{encoded}"
    first, *rest = pieces
    lines = [f"filename*0*=utf-8''{first}", *(f"filename*{n}*={p}" for n, p in enumerate(rest, 1))]
    return ";\r\n ".join(lines)


def _pieces(encoded: str) -> list[str]:
    """Of twenty characters each, never cut within a %XX."""
    units = re.findall(r"%[0-9A-F]{2}|[^%]", encoded)
    return ["".join(units[i : i + 20]) for i in range(0, len(units), 20)]
