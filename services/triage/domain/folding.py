"""When two spellings are the same word: case, accents, signs and hidden characters do not count."""

import re
import unicodedata

_LONE_LETTERS = (("œ", "oe"), ("æ", "ae"), ("ø", "o"), ("ł", "l"), ("đ", "d"), ("\u0131", "i"))
_DROPPED = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_ASCII = {code: " " for code in range(128) if not chr(code).isalnum()}
_REMEMBERED, _LONGEST_REMEMBERED = 32_768, 40  # words and their letters: some megabytes
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def fold(text: str) -> str:
    """The words in their plainest form, one space between them and at both ends."""
    if text.isascii():
        return f" {_plain_ascii(text)} "
    return f" {' '.join(filter(None, map(_FOLDED.__getitem__, text.split())))} "


def _plain_ascii(text: str) -> str:
    return " ".join(text.lower().translate(_ASCII).split())


def _plain(text: str) -> str:
    if text.isascii():
        return _plain_ascii(text)
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = unicodedata.normalize("NFC", _DROPPED.sub("", plain))
    for letter, spelt in _LONE_LETTERS:
        plain = plain.replace(letter, spelt)
    return _BETWEEN_WORDS.sub(" ", plain).strip()


class _Folded(dict[str, str]):
    """Words that were met lately. A mapping, as that costs a third of a call for each word."""

    def __missing__(self, written: str) -> str:
        plain = _plain(written)
        if len(written) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED:
                self.clear()  # rarely: what is used is soon here again
            self[written] = plain
        return plain


_FOLDED = _Folded()


def without_umlauts(text: str) -> str:
    """As German is written where the keyboard has no umlauts."""
    return unicodedata.normalize("NFC", text).translate(_UMLAUTS)
