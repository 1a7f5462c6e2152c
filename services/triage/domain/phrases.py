"""Which of many thousand phrases stand in a text: one pass over it, however many there are."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

import ahocorasick

from services.triage.domain.folding import fold, without_umlauts
from services.triage.domain.signals import SIGNALS, signals

LONGEST_PHRASE = 80
LONGEST_TEXT = 20_000  # what a support request has not said by then, it does not say
_SHORTEST_STEM = 3
_ANY_ENDING = "[^ ]{0,40}"  # bounded, or one endless word could keep the search busy
# Thai, Lao, Burmese, Khmer, Japanese and Chinese put no spaces between words.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def is_unspaced(letter: str) -> bool:
    return _UNSPACED.match(letter) is not None


class PhraseError(ValueError):
    """The phrase cannot be looked for; the text says why and what to write."""


@dataclass(frozen=True, slots=True)
class Part:
    """One run of words to look for. `name` is its folded spelling, for example `refund*`.

    Every spelling is a key that must be in the text and, where stars stand inside, the pattern
    that the text must then match.
    """

    name: str
    spellings: tuple[tuple[str, re.Pattern[str] | None], ...]


def parse(phrase: str) -> tuple[Part, ...]:
    """`refund*`, `charged twice`, `*rechnung`, `refund* + broken` (both, anywhere), `<asking>`."""
    if len(phrase) > LONGEST_PHRASE:
        raise PhraseError(f"is longer than {LONGEST_PHRASE} characters; take its telling words")
    return tuple(_part(piece) for piece in re.split(r"\s\+\s", phrase))


def _part(piece: str) -> Part:
    piece = piece.strip()
    if piece.startswith("<") and piece.endswith(">"):
        if piece not in SIGNALS:
            raise PhraseError(f'has no such signal "{piece}"; there are {", ".join(SIGNALS)}')
        return Part(piece, ())
    spellings = list(dict.fromkeys(_starred(way) for way in (piece, without_umlauts(piece))))
    return Part(spellings[0], tuple(_spelling(starred) for starred in spellings))


def _starred(piece: str) -> str:
    """The folded words with the stars at their ends."""
    words = piece.split()
    if not words:
        raise PhraseError("has no letter or digit")
    return " ".join(map(_starred_word, words))


def _starred_word(word: str) -> str:
    before, after = word.startswith("*"), word.endswith("*")
    folded = fold(word).strip()
    if "*" in word.strip("*"):
        raise PhraseError(f'has a star inside "{word}"; a star stands at the end of a word')
    if not folded:
        raise PhraseError(f'has no letter or digit in "{word}"')
    if (before or after) and len(folded) < _SHORTEST_STEM and not _UNSPACED.search(folded):
        raise PhraseError(f'needs {_SHORTEST_STEM} letters beside the star in "{word}"')
    return f"{'*' if before else ''}{folded}{'*' if after else ''}"


def _spelling(starred: str) -> tuple[str, re.Pattern[str] | None]:
    inner = starred.strip("*")
    opened = starred[0] == "*" or _UNSPACED.match(starred[0])
    ended = starred[-1] == "*" or _UNSPACED.match(starred[-1])
    bounded = f"{'' if opened else ' '}{inner}{'' if ended else ' '}"
    if "*" not in inner:
        return bounded, None
    pieces = bounded.split("*")
    return max(pieces, key=len), re.compile(_ANY_ENDING.join(map(re.escape, pieces)))


class Finder:
    """Looks for all parts at once."""

    def __init__(self, parts: Iterable[Part]) -> None:
        plain: defaultdict[str, set[str]] = defaultdict(set)
        patterns: defaultdict[str, dict[str, re.Pattern[str]]] = defaultdict(dict)
        self._signals: set[str] = set()
        for part in parts:
            if not part.spellings:
                self._signals.add(part.name)
            for key, pattern in part.spellings:
                if pattern is None:
                    plain[key].add(part.name)
                else:
                    patterns[key][part.name] = pattern
        self._names: list[tuple[str, ...]] = []
        self._patterns: dict[int, tuple[tuple[str, re.Pattern[str]], ...]] = {}
        self._automaton = ahocorasick.Automaton()
        for number, key in enumerate(sorted({*plain, *patterns})):
            self._automaton.add_word(key, number)
            self._names.append(tuple(sorted(plain[key])))
            if key in patterns:
                self._patterns[number] = tuple(sorted(patterns[key].items()))
        self._automaton.make_automaton()

    def find(self, text: str) -> set[str]:
        """The names of the parts that are in the text."""
        text = text[:LONGEST_TEXT]
        found = self._signals.intersection(signals(text)) if self._signals else set()
        if self._names:
            folded = fold(text)
            hits = set(map(itemgetter(1), self._automaton.iter(folded)))
            for number in hits:
                found.update(self._names[number])
            for number in hits & self._patterns.keys():
                found.update(name for name, way in self._patterns[number] if way.search(folded))
        return found
