"""Small files that people attach, each a real one of its kind."""

import struct
import zlib
from random import Random

SIDE = 48


def attachment(name: str, chance: Random) -> tuple[str, bytes]:
    """Its media type and bytes."""
    makers = {"png": _picture, "pdf": _document, "log": _log, "csv": _table}
    types = {"png": "image/png", "pdf": "application/pdf", "log": "text/plain", "csv": "text/csv"}
    ending = name.rpartition(".")[2]
    return types[ending], makers[ending](chance)


def _picture(chance: Random) -> bytes:
    """A grey square with a crack through it."""
    shade, crack = chance.randrange(120, 220), chance.randrange(8, SIDE - 8)
    rows = b"".join(
        b"\0" + bytes(0 if abs(x - crack - y // 4) < 1 else shade for x in range(SIDE))
        for y in range(SIDE)
    )
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _document(chance: Random) -> bytes:
    text = f"Invoice, {chance.randrange(1, 9)} item(s), total {chance.randrange(20, 900)}.00 EUR"
    shown = f"BT /F1 14 Tf 72 760 Td ({text}) Tj ET"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources 6 0 R>>",
        f"<</Length {len(shown)}>>stream\n{shown}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        "<</Font<</F1 5 0 R>>>>",
    )
    body, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj{content}endobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R>>\n"
    return f"{body}{end}startxref\n{len(body)}\n%%EOF\n".encode()


def _log(chance: Random) -> bytes:
    lines = [
        f"10:{chance.randrange(60):02}:{second:02} INFO  calendar: {chance.randrange(40)} entries"
        for second in range(0, 60, 3)
    ]
    return "\n".join([*lines, "10:59:59 FATAL week view: index 7 out of range 0..6"]).encode()


def _table(chance: Random) -> bytes:
    rows = [f"{1000 + n};{chance.randrange(1, 29):02}.02.;{chance.random():.2f}" for n in range(30)]
    return "\n".join(["number;date;amount", *rows, "1032;29.02.;"]).encode()
