"""How much each phrase speaks for each category, so that the sums tell the categories apart.

Two linear classifiers, both by gradient steps on one ticket after the other, in an order that is
always the same: support vectors, which say what is worth looking at, then multinomial logistic
regression on that alone, whose weights are only relative to each other and therefore few.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from services.triage.domain.learning.vocabulary import Flags, Floats, Integers, Row

_SEED = 1
_SVM_ROUNDS, _SVM_STILL = 15, 0.01
_ROUNDS, _STEP, _FIRST_GRADIENTS = 20, 0.5, 1e-2
_FEWEST_ROUNDS, _ENOUGH_STEPS = 4, 300_000  # of many tickets each needs to be seen less often
_SHRINKING = 1e-4  # towards nought, at every step: what is rarely seen weighs little
_BALANCE = 0.6  # 0: a category counts by its tickets, 1: all categories count the same


@dataclass(frozen=True, slots=True)
class Task:
    """`answers` has each row's category, `given` what other rules say (rows x categories)."""

    rows: Sequence[Row]
    answers: Integers
    phrases: int
    categories: int
    given: Floats | None = None

    def rounds(self, most: int) -> Sequence[Iterator[int]]:
        chance = np.random.default_rng(_SEED)
        filled = [place for place, row in enumerate(self.rows) if len(row.numbers)]
        enough = max(_ENOUGH_STEPS // max(len(filled), 1), _FEWEST_ROUNDS)
        orders = [chance.permutation(len(filled)) for _ in range(min(most, enough))]
        return [(filled[place] for place in order) for order in orders]

    def narrowed(self, numbers: Integers, given: Floats | None = None) -> "Task":
        """With the phrases' new numbers, -1 for those that nobody looks at any more."""
        rows = [row.narrowed(numbers) for row in self.rows]
        return Task(rows, self.answers, int(numbers.max(initial=-1)) + 1, self.categories, given)


def typical(task: Task, most: int) -> Flags:
    """At most so many phrases: those whose tickets are most nearly those of one category."""
    numbers = np.concatenate([row.numbers for row in task.rows])
    answers = np.repeat(task.answers, [len(row.numbers) for row in task.rows])
    pairs, together = np.unique(numbers * task.categories + answers, return_counts=True)
    phrases, categories = np.divmod(pairs, task.categories)
    of_phrase = np.bincount(numbers, minlength=task.phrases)
    of_category = np.bincount(task.answers, minlength=task.categories)
    alike = together / np.sqrt(of_phrase[phrases] * of_category[categories])
    nearest = np.zeros(task.phrases)
    np.maximum.at(nearest, phrases, alike)
    kept = np.zeros(task.phrases, dtype=np.bool_)
    kept[np.argsort(-nearest, kind="stable")[:most]] = True
    return kept


def separating(task: Task) -> Floats:
    """Each category against the rest: linear support vector machines with squared hinge loss.

    By dual coordinate descent, in all categories at once.
    """
    weights = np.zeros((task.phrases, task.categories))
    alphas = np.zeros((len(task.rows), task.categories))
    signs = np.where(np.arange(task.categories) == task.answers[:, None], 1.0, -1.0)
    slack = 0.5
    for order in task.rounds(_SVM_ROUNDS):
        largest = 0.0
        for place in order:
            row, old = task.rows[place], alphas[place].copy()
            margins = row.values @ weights[row.numbers]
            gradient = signs[place] * margins - 1 + slack * old
            new = np.maximum(old - gradient / (1 + slack), 0)
            alphas[place] = new
            change = (new - old) * signs[place]
            moved = np.flatnonzero(change)
            weights[row.numbers[:, None], moved] += np.outer(row.values, change[moved])
            largest = max(largest, float(np.abs(change).max()))
        if largest < _SVM_STILL:
            break
    return weights


@dataclass(frozen=True, slots=True)
class _Allowed:
    """The pairs of phrase and category that may have a weight, numbered; and which a row has."""

    phrases: Integers
    categories: Integers
    first: Integers  # of each phrase
    number: Integers

    @classmethod
    def of(cls, may: Floats) -> "_Allowed":
        phrases, categories = np.nonzero(may)
        number = np.bincount(phrases, minlength=len(may))
        return cls(phrases, categories, np.cumsum(number) - number, number)

    def of_row(self, row: Row) -> tuple[Integers, Integers, Floats]:
        """The numbers of its pairs, their categories, and how much each counts."""
        number = self.number[row.numbers]
        before = np.cumsum(number) - number
        pairs = np.repeat(self.first[row.numbers] - before, number) + np.arange(number.sum())
        return pairs, self.categories[pairs], np.repeat(row.values, number)

    def table(self, weights: Floats, shape: tuple[int, ...]) -> Floats:
        table = np.zeros(shape)
        table[self.phrases, self.categories] = weights
        return table


def weighing(task: Task, may: Floats) -> Floats:
    """Multinomial logistic regression where `may` is 1; elsewhere the weight stays nought.

    Adaptive gradient steps; the mean over the second half of the rounds.
    """
    allowed = _Allowed.of(may)
    rows = [allowed.of_row(row) for row in task.rows]
    given = np.zeros((len(rows), task.categories)) if task.given is None else task.given
    weights = np.zeros(len(allowed.phrases))
    seen = np.full_like(weights, _FIRST_GRADIENTS)
    total = np.zeros_like(weights)
    importance = _importance(task)
    rounds = task.rounds(_ROUNDS)
    for number, order in enumerate(rounds):
        for place in order:
            (pairs, categories, values), answer = rows[place], task.answers[place]
            here = weights[pairs]
            error = np.bincount(categories, here * values, task.categories) + given[place]
            error = np.exp(error - error.max())
            error /= error.sum()
            error[answer] -= 1
            error *= importance[answer]
            gradient = values * error[categories] + _SHRINKING * here
            squares = seen[pairs] + gradient * gradient
            seen[pairs] = squares
            weights[pairs] = here - _STEP * gradient / np.sqrt(squares)
        if number >= len(rounds) // 2:
            total += weights
    return allowed.table(total / (len(rounds) - len(rounds) // 2), may.shape)


def _importance(task: Task) -> Floats:
    """A rare category's tickets count more; 1 on the average ticket."""
    tickets = np.maximum(np.bincount(task.answers, minlength=task.categories), 1)
    wanted: Floats = (len(task.answers) / task.categories / tickets) ** _BALANCE
    importance: Floats = wanted / wanted[task.answers].mean()
    return importance


def telling(weights: Floats, rows: Sequence[Row], tickets: Floats, most: int) -> Floats:
    """1 for the pairs of phrase and category that move scores the most, at most `most` of them.

    What a phrase does to all categories alike decides nothing: only the distance from its median.
    """
    usual = np.zeros(len(tickets))
    for row in rows:
        usual[row.numbers] += row.values
    usual /= np.maximum(tickets, 1)
    middle = np.mean if weights.shape[1] <= 2 else np.median  # noqa: PLR2004 - of two, none is the odd one
    distance = np.abs(weights - middle(weights, axis=1, keepdims=True))
    moved = distance * (usual * np.sqrt(tickets))[:, None]
    if moved.size <= most:
        return np.ones_like(weights)
    least = np.partition(moved.ravel(), -most)[-most]
    may: Floats = np.where((moved >= least) & (moved > 0), 1.0, 0.0)
    return may
