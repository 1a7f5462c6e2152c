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
    "x-mac-ce": "mac-latin2",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-japanese": "cp932",
    "x-mac-chinesesimp": "gb18030",
    "x-euc-jp": "euc-jp",
    "x-euc-kr": "cp949",
    "x-euc-cn": "gb18030",
    "x-euc-tw": "big5hkscs",
    "ms_kanji": "cp932",
    "ms949": "cp949",
    "cn-gb": "gb18030",
    "cn-big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "iso-ir-58": "gb18030",
    "iso-ir-149": "cp949",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "csiso2022jp": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp51932": "euc-jp",
    "cp51949": "cp949",
    "x-unicode-2-0-utf-8": "utf-8",
    "x-utf-8": "utf-8",
    "unicode": "utf-16",
    "ucs-2": "utf-16",
    "iso-10646-ucs-2": "utf-16",
    "unicode-1-1": "utf-16",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-6-e": "iso-8859-6",
    "iso-8859-12": "iso-8859-1",
    "iso-8859-17": "iso-8859-1",
    "x-ansi": "cp1252",
    "default_charset": "utf-8",
    "x-roman8": "hp-roman8",
}
# `cp-850`, `x-cp1252`, `win-1251`, `ibm_866` and `windows1250` are code pages all the same.
CODE_PAGE = re.compile(r"(?:x-)?(?:cp|win|windows|ibm|dos|oem|ms-?cp|ansi)[-_ ]?(\d{3,5})")
# Browsers read Latin-1 as Windows-1252, and so do those who send it.
WESTERN = frozenset({"ascii", "iso8859-1", "cp1252", "latin-1"})
# Python's codecs that are no charsets of mail; punycode is quadratic too.
NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
PROBED, LAST_OF_ASCII = 1_000, 127
# What Microsoft added is written more often than what Hong Kong did.
VARIANTS = {"big5hkscs": ("cp950", "big5", "big5hkscs")}
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
    if page := CODE_PAGE.fullmatch(name):
        name = ALIASES.get(f"cp{page[1]}", f"cp{page[1]}")
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
    for each in VARIANTS.get(codec, (codec,)):
        try:
            return data.decode(each)
        except (UnicodeError, ValueError):
            continue
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        beyond_ascii = sum(byte > LAST_OF_ASCII for byte in data[:PROBED])
        if codec == "utf-8" and beyond_ascii * 3 < len(data[:PROBED]):
            return _guessed(data)
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
