"""Weighted words for the rules, fitted to a history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from services.triage.domain.learning.examples import Example
from services.triage.domain.learning.scores import score
from services.triage.domain.learning.training import Task, separating, telling, typical, weighing
from services.triage.domain.learning.vocabulary import Flags, Floats, Vocabulary, as_written
from services.triage.domain.ruleset import GENERAL

_CLEAR, _OFTEN = 3.0, 90  # so weighs a word that speaks more clearly than 90 % of them
_SCALES = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
_LEAST_SCORES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
_FULLY_SHOWN = 3.0
HARMLESS = 0.002
_SELDOM = 0.02
_MOST_PAIRS = 20_000_000  # of phrase and category: 160 MB for each table of them

Words = Mapping[str, Mapping[str, float]]
"""Category ▶ phrase ▶ weight."""


@dataclass(frozen=True, slots=True)
class Written:
    """What hand-written rules say already: their scores, and what they weigh themselves."""

    scores: Sequence[Mapping[str, float]]
    phrases: frozenset[tuple[str, str]]  # category, phrase


@dataclass(frozen=True, slots=True)
class Fitted:
    """`weights` are in the classifier's own measure; `words` brings them to the rules'."""

    vocabulary: Vocabulary
    categories: Sequence[str]
    weights: Floats
    spelt: Mapping[str, str]

    @classmethod
    def to(
        cls,
        examples: Sequence[Example],
        categories: Sequence[str],
        *,
        subject_weight: float,
        most: int,
        written: Written | None = None,
        scale: float = 1.0,
    ) -> Self:
        """`categories` of the examples, in their order; `most` weights in all."""
        names = sorted(set(categories))
        numbers = {name: number for number, name in enumerate(names)}
        answers = np.array([numbers[name] for name in categories], dtype=np.int64)
        vocabulary = Vocabulary(examples, subject_weight, len(names))
        task = Task(
            [vocabulary.row(example) for example in examples],
            answers,
            len(vocabulary),
            len(names),
        )
        if len(vocabulary) * len(names) > _MOST_PAIRS:
            task = task.narrowed(vocabulary.narrow(typical(task, _MOST_PAIRS // len(names))))
        may = telling(separating(task), task.rows, vocabulary.tickets, most)
        if GENERAL in numbers:
            may[:, numbers[GENERAL]] = 0
        given = None
        if written is not None:
            _leave_to(written, may, vocabulary, numbers)
            lengths = np.array([[row.length] for row in task.rows])
            given = _scores(written, names) / (lengths * scale)
        used: Flags = np.max(may, axis=1) > 0
        task = task.narrowed(vocabulary.narrow(used), given)
        weights = weighing(task, may[used])
        weights *= vocabulary.rarity[:, None]
        return cls(vocabulary, names, weights, as_written(vocabulary.phrases, examples))

    def words(self, scale: float) -> Words:
        """Rounded to a tenth, the clearest first; what rounds to nought is left out."""
        rounded = np.round(self.weights * scale, 1)
        words: dict[str, dict[str, float]] = {}
        for column, category in enumerate(self.categories):
            if category == GENERAL:
                continue
            kept = [int(number) for number in np.flatnonzero(rounded[:, column])]
            kept.sort(key=lambda number: (-rounded[number, column], number))
            words[category] = {
                self.spelt[self.vocabulary.phrases[number]]: float(rounded[number, column])
                for number in kept
            }
        return words

    def usual_scale(self) -> float:
        """Makes a clear word weigh as much as people write for one."""
        clear = self.weights[self.weights > 0]
        return _CLEAR / float(np.percentile(clear, _OFTEN)) if len(clear) else 1.0

    def sums(self, held: Sequence[Example]) -> Floats:
        """What each ticket adds up to in each category."""
        return np.array([self._sums(example) for example in held]).reshape(
            len(held), len(self.categories)
        )

    def _sums(self, example: Example) -> Floats:
        row = self.vocabulary.row(example)
        counts = row.values * row.length / self.vocabulary.rarity[row.numbers]
        sums: Floats = counts @ self.weights[row.numbers]
        return sums


@dataclass(frozen=True, slots=True)
class Measure:
    """Brings the classifier's sums on tickets that were held out to those of the rules."""

    names: Sequence[str]  # of the columns
    sums: Floats
    right: Sequence[str]
    usual: float

    def honest_scale(self) -> float:
        """The scale at which the confidence is, on the average, how often the category is right."""
        if not len(self.sums):
            return self.usual
        right: int = sum(
            self.names[best] == category
            for best, category in zip(self.sums.argmax(axis=1), self.right, strict=True)
        )

        def dishonesty(factor: float) -> float:
            sure = sum(_confidence(scores) for scores in self.sums * self.usual * factor)
            return abs(sure - right)

        return self.usual * min(_SCALES, key=dishonesty)

    def scale_for(self, least: float) -> float:
        """The smallest scale, from the usual one on, at which the threshold does no harm."""
        for factor in _SCALES[_SCALES.index(1.0) :]:
            if self._harmless(least, self.usual * factor):
                return self.usual * factor
        return self.usual

    def least_score(self, scale: float) -> float:
        """The highest threshold that does no harm."""
        harmless = [least for least in _LEAST_SCORES if self._harmless(least, scale)]
        return max(harmless, default=_LEAST_SCORES[0])

    def _harmless(self, least: float, scale: float) -> bool:
        """It costs hardly any macro-F1, and leaves hardly any ticket undecided.

        The latter as well, for a small part that was held out shows little of what it costs.
        """
        before, after = (self._decided(each / scale) for each in (_LEAST_SCORES[0], least))
        lost = sum(
            was != now != right for was, now, right in zip(before, after, self.right, strict=True)
        )
        enough = score(self.right, before).macro_f1 * (1 - HARMLESS)
        return lost <= _SELDOM * len(after) and score(self.right, after).macro_f1 >= enough

    def _decided(self, least: float) -> list[str]:
        return (
            [
                self.names[best] if sums[best] >= least else GENERAL
                for best, sums in zip(self.sums.argmax(axis=1), self.sums, strict=True)
            ]
            if len(self.sums)
            else []
        )


def _confidence(scores: Floats) -> float:
    """As `Reader` has it."""
    top, second = sorted((*scores.tolist(), 0.0, 0.0), reverse=True)[:2]
    share = top / (top + second) if top > 0 else 0.0
    return float(share * (1 - np.exp(-top / _FULLY_SHOWN)))


def _scores(written: Written, names: Sequence[str]) -> Floats:
    return np.array([[scores.get(name, 0.0) for name in names] for scores in written.scores])


def _leave_to(
    written: Written, may: Floats, vocabulary: Vocabulary, names: Mapping[str, int]
) -> None:
    """A phrase that people weigh themselves is not learned for the same category."""
    numbers = {phrase: number for number, phrase in enumerate(vocabulary.phrases)}
    for name, phrase in written.phrases:
        if name in names and phrase in numbers:
            may[numbers[phrase], names[name]] = 0
