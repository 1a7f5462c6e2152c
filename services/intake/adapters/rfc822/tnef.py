"""winmail.dat: what Outlook packs into one attachment (TNEF, as MS-OXTNEF describes it)."""

import struct
from dataclasses import dataclass, field

from services.intake.adapters.rfc822.charsets import decode
from services.intake.adapters.rfc822.packed_rtf import unpacked_rtf
from services.intake.adapters.rfc822.rtf import read_rtf

SIGNATURE = b"\x78\x9f\x3e\x22"
HEADER = struct.Struct("<BII")  # level, attribute, length
PROPERTY = struct.Struct("<HH")  # type, id
LENGTH = struct.Struct("<I")
START, CHECKSUM = 6, 2
OF_ATTACHMENT = 2
NEW_ATTACHMENT, TITLE, DATA, PROPERTIES = 0x69002, 0x18010, 0x6800F, 0x69005
CODE_PAGE, MESSAGE_PROPERTIES, MESSAGE_TEXT = 0x69007, 0x69003, 0x2800C
LONG_NAME, DISPLAY_NAME, CONTENT, MEDIA_TYPE = 0x3707, 0x3001, 0x3701, 0x370E
BODY, BODY_RTF, BODY_HTML = 0x1000, 0x1009, 0x1013
FIXED = {0x1: 4, 0x2: 4, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8}
CLASS_ID, TEXT, UNICODE, BINARY, OBJECT = 0x48, 0x1E, 0x1F, 0x102, 0xD
MULTIPLE, FIRST_NAMED = 0x1000, 0x8000
MOST_PROPERTIES, MOST_FILES, MOST_VALUES = 2_000, 200, 1_000
OBJECT_ID = 16  # bytes before an embedded object's own
UTF16 = b"\x00utf-16\x00"  # our mark on values that are not of the code page

Properties = dict[int, bytes]


@dataclass(slots=True)
class PackedFile:
    name: str | None = None
    content_type: str | None = None
    data: bytes = b""


@dataclass(slots=True)
class Package:
    files: list[PackedFile] = field(default_factory=list)
    text: str | None = None
    html: str | None = None


def unpacked(data: bytes) -> Package | None:
    """None for what is no TNEF; what is damaged is read as far as it goes."""
    if not data.startswith(SIGNATURE):
        return None
    package, charset = Package(), "cp1252"
    position = START
    while position + HEADER.size <= len(data) and len(package.files) < MOST_FILES:
        level, attribute, length = HEADER.unpack_from(data, position)
        position += HEADER.size
        value = data[position : position + length]
        position += length + CHECKSUM
        if attribute == CODE_PAGE:
            charset = f"cp{int.from_bytes(value[:4], 'little')}"
        elif level == OF_ATTACHMENT:
            _attachment(package, attribute, value, charset)
        elif attribute == MESSAGE_TEXT:
            package.text = _text(value, charset)
        elif attribute == MESSAGE_PROPERTIES:
            _message(package, _properties(value), charset)
    package.files = [file for file in package.files if file.data]
    return package


def _attachment(package: Package, attribute: int, value: bytes, charset: str) -> None:
    if attribute == NEW_ATTACHMENT or not package.files:
        package.files.append(PackedFile())
    file = package.files[-1]
    if attribute == TITLE:
        file.name = file.name or _text(value, charset)
    elif attribute == DATA:
        file.data = value
    elif attribute == PROPERTIES:
        properties = _properties(value)
        # The title is the short name of DOS.
        named = properties.get(LONG_NAME) or properties.get(DISPLAY_NAME)
        file.name = _text(named, charset) if named else file.name
        file.content_type = _text(properties.get(MEDIA_TYPE, b""), charset) or None
        file.data = file.data or properties.get(CONTENT, b"")


def _message(package: Package, properties: Properties, charset: str) -> None:
    if BODY in properties:
        package.text = _text(properties[BODY], charset)
    if BODY_HTML in properties:
        package.html = _text(properties[BODY_HTML], charset)
    elif BODY_RTF in properties and (rtf := unpacked_rtf(properties[BODY_RTF])):
        read = read_rtf(rtf)
        package.text, package.html = package.text or read.text, read.html


def _text(value: bytes, charset: str) -> str:
    """Unicode values carry a mark that tells them from those of the code page."""
    if value.startswith(UTF16):
        return decode(value.removeprefix(UTF16), "utf-16-le").rstrip("\x00")
    return decode(value, charset).rstrip("\x00")


def _properties(data: bytes) -> Properties:
    """By id, each one's first value; empty from where it is damaged."""
    found: Properties = {}
    try:
        count = LENGTH.unpack_from(data, 0)[0]
        position = LENGTH.size
        for _ in range(min(count, MOST_PROPERTIES)):
            position = _property(data, position, found)
    except (struct.error, ValueError):
        return found
    return found


def _property(data: bytes, position: int, found: Properties) -> int:
    """Where the next one begins."""
    kind, identity = PROPERTY.unpack_from(data, position)
    position += PROPERTY.size
    if identity >= FIRST_NAMED:
        position = _after_name(data, position)
    several = bool(kind & MULTIPLE)
    kind &= ~MULTIPLE
    if kind in FIXED or kind == CLASS_ID:
        size = FIXED.get(kind, 16)
        count = 1
        if several:
            count, position = LENGTH.unpack_from(data, position)[0], position + LENGTH.size
        return position + size * min(count, MOST_VALUES)
    if kind not in (TEXT, UNICODE, BINARY, OBJECT):
        raise ValueError(kind)
    count, position = LENGTH.unpack_from(data, position)[0], position + LENGTH.size
    for _ in range(min(count, MOST_VALUES)):
        length = LENGTH.unpack_from(data, position)[0]
        position += LENGTH.size
        value = data[position : position + length]
        position += _padded(length)
        value = value[OBJECT_ID:] if kind == OBJECT else value
        found.setdefault(identity, UTF16 + value if kind == UNICODE else value)
    return position


def _after_name(data: bytes, position: int) -> int:
    """A named property's set, and its number or name."""
    position += 16
    by_number = LENGTH.unpack_from(data, position)[0] == 0
    position += LENGTH.size
    if by_number:
        return position + LENGTH.size
    return position + LENGTH.size + _padded(LENGTH.unpack_from(data, position)[0])


def _padded(length: int) -> int:
    return (length + 3) // 4 * 4
