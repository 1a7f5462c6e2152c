"""When two spellings are the same word: case, accents, signs and hidden characters do not count."""

import re
import unicodedata
from functools import lru_cache

_LONE_LETTERS = (("œ", "oe"), ("æ", "ae"), ("ø", "o"), ("ł", "l"), ("đ", "d"), ("\u0131", "i"))
_DROPPED = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_ASCII = {code: " " for code in range(128) if not chr(code).isalnum()}
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_REMEMBERED = 8_192  # runs of letters; a language has few hundred that are usual
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def fold(text: str) -> str:
    """The words in their plainest form, one space between them and at both ends."""
    plain = text if text.isascii() else _FOREIGN.sub(_run, text)
    if plain.isascii():
        return f" {' '.join(plain.lower().translate(_ASCII).split())} "
    return f" {_BETWEEN_WORDS.sub(' ', plain.lower()).strip()} "


def _run(found: re.Match[str]) -> str:
    return _folded(found.group())


@lru_cache(_REMEMBERED)
def _folded(run: str) -> str:
    """Letters beyond ASCII, without looking at what stands around them."""
    plain = unicodedata.normalize("NFKD", run).casefold()
    plain = unicodedata.normalize("NFC", _DROPPED.sub("", plain))
    for letter, spelt in _LONE_LETTERS:
        plain = plain.replace(letter, spelt)
    return plain


def without_umlauts(text: str) -> str:
    """As German is written where the keyboard has no umlauts."""
    return unicodedata.normalize("NFC", text).translate(_UMLAUTS)
