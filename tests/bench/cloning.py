"""Stored tickets made of real ones: copies of their documents under other ids.

The ids are changed in the encoded documents, where a text of the same length can stand in for
another: a million tickets are some twenty million documents.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

UUID = re.compile(rb"[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
NUMBER = re.compile(rb"TKT-\d{4}(?!\d)")
# What the origins of the originals begin with: the zeros are the copy's place.
ORIGIN = "original00000000"
_ORIGIN = re.compile(rb"(?<=original)0{8}")


@dataclass(frozen=True, slots=True)
class Template:
    """An encoded document, cut at what must differ: UUIDs, numbers of tickets, origins."""

    pieces: Sequence[bytes]
    uuids: Sequence[tuple[int, int]]  # place among the pieces, first 32 bits
    numbers: Sequence[tuple[int, int]]
    origins: Sequence[int]

    @property
    def varies(self) -> bool:
        return bool(self.uuids or self.numbers or self.origins)

    def copy(self, number: int) -> bytes:
        """The same for the same number everywhere, and different for each."""
        made = list(self.pieces)
        for place, head in self.uuids:
            made[place] = b"%08x" % (head ^ number)
        for place, original in self.numbers:
            made[place] = b"%s%05x" % (_letters(original), number)
        for place in self.origins:
            made[place] = b"%08x" % number
        return b"".join(made)


def template(encoded: bytes) -> Template:
    pieces: list[bytes] = []
    uuids, numbers, origins = [], [], []
    done = 0
    for start, end, kind in _marks(encoded):
        pieces.append(encoded[done:start])
        text = encoded[start:end]
        if kind is UUID:
            uuids.append((len(pieces), int(text, 16)))
        elif kind is NUMBER:
            numbers.append((len(pieces), int(text[4:])))
        else:
            origins.append(len(pieces))
        pieces.append(text)
        done = end
    pieces.append(encoded[done:])
    return Template(pieces, uuids, numbers, origins)


def _marks(encoded: bytes) -> Iterable[tuple[int, int, "re.Pattern[bytes]"]]:
    found = [
        (*match.span(), kind)
        for kind in (UUID, NUMBER, _ORIGIN)
        for match in kind.finditer(encoded)
    ]
    return sorted(found, key=lambda mark: mark[0])


def _letters(number: int) -> bytes:
    """Three letters for each of the numbers from TKT-1000 on."""
    made = bytearray()
    for _ in range(3):
        number, letter = divmod(number, 26)
        made.append(ord("A") + letter)
    return bytes(made)


def copies(templates: Sequence[Template], first: int, last: int) -> Iterator[bytes]:
    """Of all of them, for each number of the range."""
    for number in range(first, last):
        for each in templates:
            yield each.copy(number)
