"""Bytes as they were before their transfer encoding; what is damaged is read as far as it goes."""

import binascii
import re

NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)
UU_BLOCK = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n(.*?)^end[ \t]*\r?$", re.MULTILINE | re.DOTALL
)
LONGEST_UU_LINE = 62


def transfer_decoded(data: bytes, encoding: str) -> bytes:
    match encoding:
        case "base64":
            return from_base64(data)
        case "quoted-printable":
            return binascii.a2b_qp(data)
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            block = UU_BLOCK.search(data)
            return from_uuencoded(block[2]) if block else data
        case _:
            return data


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


def uuencoded_files(data: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The text without its uuencoded blocks, and their files by name."""
    if b"begin " not in data:
        return data, []
    files = [
        (block[1].decode("utf-8", "replace"), from_uuencoded(block[2]))
        for block in UU_BLOCK.finditer(data)
    ]
    return (UU_BLOCK.sub(b"", data) if files else data), files
