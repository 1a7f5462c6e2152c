"""A header's value and parameters (RFC 2045, 2231), with whatever quoting they come in."""

import re
from urllib.parse import unquote_to_bytes

from services.intake.adapters.rfc822.charsets import decode
from services.intake.adapters.rfc822.encoded_words import header_text

MOST_PARAMETERS = 50
LONGEST_VALUE = 8_000
PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))')
SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
ESCAPED = re.compile(r"\\(.)")


def value_of(header: str) -> str:
    """The value before the parameters, in lower case without comments."""
    return header.partition(";")[0].partition("(")[0].strip(" \t\"'").lower()


def parameters_of(header: str) -> dict[str, str]:
    """By lower-case name, decoded; the first of a repeated name holds."""
    value, _, _ = header.partition(";")
    if "=" in value and '"' not in value.partition("=")[0]:
        header = f";{header}"  # parameters that have no value before them
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for i, found in enumerate(PARAMETER.finditer(header[:LONGEST_VALUE])):
        if i == MOST_PARAMETERS:
            break
        value = ESCAPED.sub(r"\1", found[2]) if found[2] is not None else found[3].strip(" '\t")
        name = SECTION.fullmatch(found[1].lower())
        if name and (name[2] or name[3]):
            sections.setdefault(name[1], {})[int(name[2] or 0)] = (value, bool(name[3]))
        else:
            plain.setdefault(found[1].lower(), value)
    decoded = {name: header_text(value) for name, value in plain.items()}
    return decoded | {name: _joined(parts) for name, parts in sections.items()}


def _joined(sections: dict[int, tuple[str, bool]]) -> str:
    charset = None
    data = b""
    for i, (_, (value, encoded)) in enumerate(sorted(sections.items())):
        text = value
        if encoded and i == 0 and value.count("'") >= 2:  # noqa: PLR2004 - charset'language'text
            charset, _, text = value.split("'", 2)
        raw = text.encode("latin-1", "replace")
        data += unquote_to_bytes(raw) if encoded else raw
    text = decode(data, charset)
    return header_text(text) if charset is None and "=?" in text else text
