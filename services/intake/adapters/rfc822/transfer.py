"""Bytes as they were before their transfer encoding; what is damaged is read as far as it goes."""

import binascii
import re

NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)
UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n", re.MULTILINE)
UU_END = re.compile(rb"^end[ \t]*\r?$", re.MULTILINE)
YENC_BEGIN = re.compile(
    rb"^=ybegin [^\r\n]{0,200}?name=([^\r\n]{1,200})\r?\n(?:=ypart [^\r\n]{0,200}\r?\n)?",
    re.MULTILINE,
)
YENC_END = re.compile(rb"^=yend[^\r\n]{0,200}\r?$", re.MULTILINE)
YENC_ESCAPED = re.compile(rb"=(.)", re.DOTALL)
YENC_SHIFTED = bytes((value - 42) & 255 for value in range(256))
SOFT_BREAK = re.compile(rb"=[ \t]{1,80}(?=\r?\n)")
Files = list[tuple[str, bytes]]
PROBED = 4_000
LONGEST_UU_LINE = 62


def transfer_decoded(source: bytes, start: int, end: int, encoding: str) -> bytes:
    """Of what lies there; large files are not copied on the way."""
    if encoding == "base64" and not _is_prose(source[start : min(end, start + PROBED)]):
        regular = _regular_base64(source, start, end)
        return from_base64(source[start:end]) if regular is None else regular
    data = source[start:end]
    match encoding:
        case "quoted-printable":
            return binascii.a2b_qp(SOFT_BREAK.sub(b"=", data) if b"= " in data else data)
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            _, blocks = _cut(data, UU_BEGIN, UU_END)
            return from_uuencoded(blocks[0][1]) if blocks else data
        case _:
            return data


def _is_prose(data: bytes) -> bool:
    """Words have spaces between them: some senders claim base64 and write plain text."""
    return data.count(b" ") * 20 > len(data)


def _regular_base64(source: bytes, start: int, end: int) -> bytes | None:
    """None where it is padded anywhere but at its end, or is of no whole length."""
    padded = source.find(b"=", start, end)
    if padded >= 0 and source[padded : min(end, padded + PROBED)].strip(b"=\r\n\t "):
        return None
    try:
        return binascii.a2b_base64(memoryview(source)[start:end])
    except binascii.Error:
        return None


def from_base64(data: bytes) -> bytes:
    letters = data.translate(None, NOT_BASE64)
    whole = len(letters) // 4 * 4
    rest = letters[whole:]
    tail = binascii.a2b_base64(rest + b"=" * (4 - len(rest))) if len(rest) > 1 else b""
    return binascii.a2b_base64(letters[:whole]) + tail


def from_uuencoded(block: bytes) -> bytes:
    decoded = []
    for line in block.splitlines():
        if len(line) > LONGEST_UU_LINE or not line:
            continue
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders pad their lines: the length byte says what counts.
            count = ((line[0] - 32) & 63) * 4 // 3 + 5
            try:
                decoded.append(binascii.a2b_uu(line[:count]))
            except binascii.Error:
                continue
    return b"".join(decoded)


def from_yencoded(block: bytes) -> bytes:
    lines = block.replace(b"\r", b"").replace(b"\n", b"")
    unescaped = YENC_ESCAPED.sub(lambda pair: bytes([(pair[1][0] - 64) & 255]), lines)
    return unescaped.translate(YENC_SHIFTED)


def files_in_text(data: bytes) -> tuple[bytes, Files]:
    """The text without its uuencoded and yEnc blocks, and their files by name."""
    files: Files = []
    if b"begin " in data:
        data, blocks = _cut(data, UU_BEGIN, UU_END)
        files += [(name, from_uuencoded(block)) for name, block in blocks]
        data, blocks = _cut(data, YENC_BEGIN, YENC_END)
        files += [(name, from_yencoded(block)) for name, block in blocks]
    return data, files


def _cut(data: bytes, begin: re.Pattern[bytes], end: re.Pattern[bytes]) -> tuple[bytes, Files]:
    """Where the last block has no end it is text: looked for once, not from each beginning."""
    kept: list[bytes] = []
    blocks: Files = []
    position = 0
    while opened := begin.search(data, position):
        closed = end.search(data, opened.end())
        if closed is None:
            break
        kept.append(data[position : opened.start()])
        name = opened[1].decode("utf-8", "replace").strip()
        blocks.append((name, data[opened.end() : closed.start()]))
        position = closed.end()
    kept.append(data[position:])
    return b"".join(kept), blocks
