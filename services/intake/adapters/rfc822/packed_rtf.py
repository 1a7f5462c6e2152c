"""RTF as Outlook packs it (MS-OXRTFCP): a dictionary of 4,096 bytes, and marks that point back."""

import struct

HEADER = struct.Struct("<III4x")  # size of what follows, size unpacked, kind
PACKED, PLAIN = 0x75465A4C, 0x414C454D
LARGEST = 500_000  # bytes unpacked; the whole stays in the original
MOST_MARKS = 120_000
WINDOW = 0xFFF
# What the window holds before the first byte.
COMMON = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def unpacked_rtf(data: bytes) -> bytes | None:
    """None for what is no packed RTF; what is damaged is read as far as it goes."""
    if len(data) < HEADER.size:
        return None
    _, size, kind = HEADER.unpack_from(data)
    body = data[HEADER.size :]
    if kind == PLAIN:
        return body[: min(size, LARGEST)]
    return _unpacked(body, min(size, LARGEST)) if kind == PACKED else None


def _unpacked(body: bytes, size: int) -> bytes:
    """A byte of flags, then eight times a byte, or two that say how far back and how much."""
    out = bytearray(COMMON)
    position, end = 0, len(body) - 2
    for _ in range(MOST_MARKS // 8):
        if position > end or len(out) - len(COMMON) >= size:
            break
        flags, position = body[position], position + 1
        for bit in range(8):
            if not flags >> bit & 1:
                out += body[position : position + 1]
                position += 1
            elif position > end or not _repeat(out, body[position] << 8 | body[position + 1]):
                return bytes(out[len(COMMON) : len(COMMON) + size])
            else:
                position += 2
    return bytes(out[len(COMMON) : len(COMMON) + size])


def _repeat(out: bytearray, mark: int) -> bool:
    """False at the mark that points at itself, which is the end."""
    back = (len(out) - (mark >> 4)) & WINDOW
    if back == 0 or back > len(out):
        return False
    count = (mark & 0xF) + 2
    piece = out[len(out) - back :][:count]
    out += (piece * (count // len(piece) + 1))[:count]
    return True
