"""Which words and phrases of a history could be told apart by, and which of them a text has."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from services.triage.domain.folding import fold
from services.triage.domain.learning.examples import Example
from services.triage.domain.phrases import LONGEST_PHRASE, LONGEST_TEXT, is_unspaced

_STEMS = (
    4,
    6,
)  # letters: short enough for endings and typing errors, long enough to mean one thing
_FEWEST_TICKETS = 2  # what stands in one ticket alone says little of the next
_FEW_OF_EACH = 20  # tickets of a category: with fewer, its words stand in one of them only
_MOST_DIGITS = 4
_REMEMBERED = 65_536
_LETTERS = re.compile(r"\w+")

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Row:
    """The phrases of one text: their numbers in the vocabulary, and how much each counts.

    `values` has the length 1; times `length` it is what the text adds up to in the rules.
    """

    numbers: Integers
    values: Floats
    length: float

    def narrowed(self, numbers: Integers) -> "Row":
        """With the phrases' new numbers, without those whose new number is below 0."""
        new = numbers[self.numbers]
        kept = new >= 0
        return Row(new[kept], self.values[kept], self.length)


class Vocabulary:
    """Single words, two in a row, and beginnings (`refu*`) that several words share.

    These are exactly what the rules can say, so that what is learned is what will be found.
    """

    def __init__(
        self, examples: Sequence[Example], subject_weight: float, categories: int = 1
    ) -> None:
        self._fields = (subject_weight, 1.0)
        self._stems = _shared_stems(examples)
        tickets = Counter[str]()
        for example in examples:
            tickets.update(self._found(example).keys())
        replaced = _said_longer(tickets)
        few = len(examples) < _FEW_OF_EACH * categories
        self._use(
            sorted(
                phrase
                for phrase, number in tickets.items()
                if (number >= _FEWEST_TICKETS or (few and _is_word(phrase)))
                and phrase not in replaced
            )
        )
        self.tickets = np.array([tickets[phrase] for phrase in self.phrases], dtype=np.float64)
        self.rarity: Floats = 1 + np.log((len(examples) + 1) / (self.tickets + 1))

    def _use(self, phrases: Sequence[str]) -> None:
        self.phrases = list(phrases)
        self._numbers = {phrase: number for number, phrase in enumerate(phrases)}

    def narrow(self, kept: Flags) -> Integers:
        """Forgets the other phrases; each one's new number, -1 for those."""
        numbers = np.where(kept, np.cumsum(kept) - 1, -1)
        self._use([self.phrases[number] for number in np.flatnonzero(kept)])
        self.tickets, self.rarity = self.tickets[kept], self.rarity[kept]
        return numbers

    def __len__(self) -> int:
        return len(self.phrases)

    def row(self, example: Example) -> Row:
        found = self._found(example)
        known = sorted(
            (self._numbers[phrase], counts)
            for phrase, counts in found.items()
            if phrase in self._numbers
        )
        numbers = np.array([number for number, _ in known], dtype=np.int64)
        values = np.array([counts for _, counts in known], dtype=np.float64)
        values *= self.rarity[numbers]
        length = math.sqrt(float(values @ values)) or 1.0
        return Row(numbers, values / length, length)

    def _found(self, example: Example) -> dict[str, float]:
        """Phrase ▶ the weight of the field in which it counts most."""
        found: dict[str, float] = {}
        for text, weight in zip((example.subject, example.body), self._fields, strict=True):
            for phrase in self._phrases(_words(text)):
                found[phrase] = max(found.get(phrase, 0.0), weight)
        return found

    def _phrases(self, words: Sequence[str]) -> Iterator[str]:
        yield from words
        for first, second in pairwise(words):
            if _spaced(first) and _spaced(second) and len(first) + len(second) < LONGEST_PHRASE:
                yield f"{first} {second}"
        for word in words:
            for stem in _stems_of(word):
                if stem in self._stems:
                    yield f"{stem}*"


def as_written(phrases: Sequence[str], examples: Sequence[Example]) -> Mapping[str, str]:
    """Each phrase with accents and umlauts as most tickets spell them: `kundig*` as `kündig*`."""
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    plain: dict[str, str] = {}
    for example in examples:
        for word in _LETTERS.findall(f"{example.subject}\n{example.body}".lower()):
            if word not in plain:
                plain[word] = fold(word).strip()
            if not word.isascii():
                spellings[plain[word]][word] += 1
                for stem in _stems_of(plain[word]):
                    if fold(word[: len(stem)]).strip() == stem:
                        spellings[f"{stem}*"][f"{word[: len(stem)]}*"] += 1
            else:
                spellings[word][word] += 1

    def spelt(word: str) -> str:
        ways = spellings.get(word)
        return min(ways, key=lambda way: (-ways[way], way)) if ways else word

    return {phrase: " ".join(map(spelt, phrase.split())) for phrase in phrases}


def _words(text: str) -> list[str]:
    """Scripts that put no spaces between words are read in pairs of signs."""
    words = fold(text[:LONGEST_TEXT]).split()
    words = [word for word in words if len(word) < LONGEST_PHRASE and not _names_one(word)]
    return words if text.isascii() else [piece for word in words for piece in _pieces(word)]


def _names_one(word: str) -> bool:
    """An order, an account, a telephone: of no use for the next ticket, and nobody's business."""
    return sum(map(str.isdigit, word)) > _MOST_DIGITS


def _pieces(word: str) -> Iterator[str]:
    if not any(map(is_unspaced, word)):
        yield word
    for pair in pairwise(word):
        if all(map(is_unspaced, pair)):
            yield "".join(pair)


def _spaced(word: str) -> bool:
    return word.isascii() or not is_unspaced(word[0])


def _is_word(phrase: str) -> bool:
    return " " not in phrase and not phrase.endswith("*")


@lru_cache(_REMEMBERED)
def _stems_of(word: str) -> tuple[str, ...]:
    if not word.isalpha() or is_unspaced(word[0]):
        return ()
    return tuple(word[:length] for length in _STEMS if len(word) >= length)


def _said_longer(tickets: Mapping[str, int]) -> frozenset[str]:
    """Stems that a longer one replaces: it stands in just as many tickets, hence in the same."""
    short, long = _STEMS
    return frozenset(
        f"{stem[:short]}*"
        for stem, number in tickets.items()
        if len(stem) == long + 1 and stem[-1] == "*" and tickets.get(f"{stem[:short]}*") == number
    )


def _shared_stems(examples: Sequence[Example]) -> frozenset[str]:
    sharing: defaultdict[str, set[str]] = defaultdict(set)
    for example in examples:
        for word in {*_words(example.subject), *_words(example.body)}:
            for stem in _stems_of(word):
                sharing[stem].add(word)
    return frozenset(stem for stem, words in sharing.items() if len(words) > 1)
