"""Weighted words for the rules, fitted to a history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from services.triage.domain.learning.examples import Example
from services.triage.domain.learning.scores import score
from services.triage.domain.learning.training import Task, separating, telling, weighing
from services.triage.domain.learning.vocabulary import Floats, Vocabulary, as_written
from services.triage.domain.ruleset import GENERAL

_CLEAR, _OFTEN = 3.0, 90  # so weighs a word that speaks more clearly than 90 % of them
_SCALES = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
_LEAST_SCORES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
_FULLY_SHOWN = 3.0
HARMLESS = 0.002

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
        vocabulary = Vocabulary(examples, subject_weight)
        names = sorted(set(categories))
        rows = [vocabulary.row(example) for example in examples]
        numbers = {name: number for number, name in enumerate(names)}
        answers = np.array([numbers[name] for name in categories], dtype=np.int64)
        task = Task(rows, answers, len(vocabulary), len(names))
        may = telling(separating(task), rows, vocabulary.tickets, most)
        if GENERAL in numbers:
            may[:, numbers[GENERAL]] = 0
        given = None
        if written is not None:
            may *= _not_written(written, vocabulary, names)
            lengths = np.array([[row.length] for row in rows])
            given = _scores(written, names) / (lengths * scale)
        weights = weighing(Task(rows, answers, len(vocabulary), len(names), given), may)
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

    def honest_scale(self, held: Sequence[Example], categories: Sequence[str]) -> float:
        """The scale at which the confidence is, on the average, how often the category is right."""
        usual = self.usual_scale()
        sums = [self._sums(example) for example in held]
        if not sums:
            return usual
        right = sum(
            self.categories[int(np.argmax(scores))] == category
            for scores, category in zip(sums, categories, strict=True)
        )

        def dishonesty(factor: float) -> float:
            sure = sum(_confidence(scores * usual * factor) for scores in sums)
            return abs(sure - right)

        return usual * min(_SCALES, key=dishonesty)

    def least_score(
        self, held: Sequence[Example], categories: Sequence[str], scale: float
    ) -> float:
        """The highest threshold that costs at most HARMLESS of the macro-F1."""
        tops = [self._sums(example) * scale for example in held]
        bests = [int(np.argmax(sums)) for sums in tops]

        def macro_f1(least: float) -> float:
            said = [
                self.categories[best] if sums[best] >= least else GENERAL
                for best, sums in zip(bests, tops, strict=True)
            ]
            return score(categories, said).macro_f1

        enough = macro_f1(_LEAST_SCORES[0]) * (1 - HARMLESS)
        return max(least for least in _LEAST_SCORES if macro_f1(least) >= enough)

    def _sums(self, example: Example) -> Floats:
        row = self.vocabulary.row(example)
        counts = row.values * row.length / self.vocabulary.rarity[row.numbers]
        sums: Floats = counts @ self.weights[row.numbers]
        return sums


def _confidence(scores: Floats) -> float:
    """As `Reader` has it."""
    top, second = sorted((*scores.tolist(), 0.0, 0.0), reverse=True)[:2]
    share = top / (top + second) if top > 0 else 0.0
    return float(share * (1 - np.exp(-top / _FULLY_SHOWN)))


def _scores(written: Written, names: Sequence[str]) -> Floats:
    return np.array([[scores.get(name, 0.0) for name in names] for scores in written.scores])


def _not_written(written: Written, vocabulary: Vocabulary, names: Sequence[str]) -> Floats:
    return np.array(
        [
            [0.0 if (name, phrase) in written.phrases else 1.0 for name in names]
            for phrase in vocabulary.phrases
        ]
    )
