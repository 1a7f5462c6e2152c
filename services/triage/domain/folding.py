"""When two spellings are the same word: case, accents, signs and hidden characters do not count."""

import re
import unicodedata

_LONE_LETTERS = (("œ", "oe"), ("æ", "ae"), ("ø", "o"), ("ł", "l"), ("đ", "d"), ("\u0131", "i"))
_DROPPED = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_ASCII = {code: " " for code in range(128) if not chr(code).isalnum()}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def fold(text: str) -> str:
    """The words in their plainest form, one space between them and at both ends."""
    if text.isascii():
        return f" {' '.join(text.lower().translate(_ASCII).split())} "
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = unicodedata.normalize("NFC", _DROPPED.sub("", plain))
    for letter, spelt in _LONE_LETTERS:
        plain = plain.replace(letter, spelt)
    return f" {_BETWEEN_WORDS.sub(' ', plain).strip()} "


def without_umlauts(text: str) -> str:
    """As German is written where the keyboard has no umlauts."""
    return unicodedata.normalize("NFC", text).translate(_UMLAUTS)
