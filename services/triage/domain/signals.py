"""What a text shows beside its words: that it asks, exclaims or shouts."""

from collections.abc import Iterator

ASKING, EXCLAIMING, SHOUTING = "<asking>", "<exclaiming>", "<shouting>"
SIGNALS = (ASKING, EXCLAIMING, SHOUTING)

_QUESTION_MARKS = ("?", "\uff1f", "\u061f", "\u037e")  # also full-width, Arabic and Greek
_EXCLAMATIONS = ("!!", "! !", "??", "?!", "!?", "\uff01\uff01")
_LOOKED_AT = 300
_FEWEST_LETTERS = 20  # below, capitals are an abbreviation or an order number
_SHARE_OF_CAPITALS = 0.6
_SMALL = bytes(range(ord("a"), ord("z") + 1))


def signals(text: str) -> Iterator[str]:
    asks = any(mark in text for mark in _QUESTION_MARKS)
    if asks:
        yield ASKING
    if (asks or "!" in text or "\uff01" in text) and any(marks in text for marks in _EXCLAMATIONS):
        yield EXCLAIMING
    if _shouts(text[:_LOOKED_AT]):
        yield SHOUTING


def _shouts(text: str) -> bool:
    if _small_letters(text) > (1 - _SHARE_OF_CAPITALS) * len(text):
        return False  # nearly every text, at a fraction of the cost
    capitals = sum(map(str.isupper, text))
    if capitals < _FEWEST_LETTERS * _SHARE_OF_CAPITALS:
        return False
    letters = sum(map(str.isalpha, text))
    return letters >= _FEWEST_LETTERS and capitals >= _SHARE_OF_CAPITALS * letters


def _small_letters(text: str) -> int:
    plain = text.encode("ascii", "ignore")
    return len(plain) - len(plain.translate(None, _SMALL))
