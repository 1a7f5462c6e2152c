"""What bytes say, when the charset they claim is missing, unknown or a lie."""

import codecs
import re
from functools import lru_cache

ALIASES = {
    "ansi": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "euc-cn": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "x-windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "big5": "big5hkscs",
    "x-big5": "big5hkscs",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
}
# Browsers read Latin-1 as Windows-1252, and so do those who send it.
WESTERN = frozenset({"ascii", "iso8859-1", "cp1252", "latin-1"})
# Python's codecs that are no charsets of mail; punycode is quadratic too.
NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
CHARSET_NAME = re.compile(r"[\w.:+-]{1,40}", re.ASCII)
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff]")
JAPANESE_ESCAPE = b"\x1b$"


def decode(data: bytes, claimed: str | None = None) -> str:
    """Never fails: the claim where it fits, else UTF-8, else Windows-1252."""
    codec = codec_of(claimed)
    if data.isascii() and (codec is None or codec in WESTERN or codec == "utf-8"):
        if JAPANESE_ESCAPE in data:
            return _cleaned(data.decode("iso2022_jp_ext", "replace"))
        return _cleaned(data.decode("ascii"))
    if codec is None or codec in WESTERN:
        return _cleaned(_guessed(data))
    return _cleaned(_tried(data, codec))


def readable(text: str) -> str:
    """Text without what no store or screen takes: controls, lone surrogates."""
    return _cleaned(text)


@lru_cache(maxsize=512)
def codec_of(claimed: str | None) -> str | None:
    """Python's name of the charset; None where it is missing or nobody knows it."""
    name = (claimed or "").strip("\"' \t\r\n\\").lower()
    name = name.removeprefix("charset=").partition("*")[0].strip("\"' \t")
    name = ALIASES.get(name, name)
    if not CHARSET_NAME.fullmatch(name):
        return None
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    return None if found.name in NO_CHARSETS or not _is_text(found) else found.name


def _is_text(found: codecs.CodecInfo) -> bool:
    return bool(getattr(found, "_is_text_encoding", True))


def _tried(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        pass
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(codec, "replace")


def _guessed(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _damaged_utf8(data) or _western(data)


def _damaged_utf8(data: bytes) -> str | None:
    """UTF-8 with a few bytes cut or spoiled, if that is what it is."""
    text = data.decode("utf-8", "replace")
    spoiled = text.count("\ufffd")
    beyond_ascii = len(text) - sum(map(str.isascii, text))
    return text if beyond_ascii > spoiled * 4 else None


def _western(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _cleaned(text: str) -> str:
    return CONTROLS.sub("", text)
