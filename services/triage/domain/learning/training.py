"""How much each phrase speaks for each category, so that the sums tell the categories apart.

Two linear classifiers, both by gradient steps on one ticket after the other, in an order that is
always the same: support vectors, which say what is worth looking at, then multinomial logistic
regression on that alone, whose weights are only relative to each other and therefore few.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from services.triage.domain.learning.vocabulary import Floats, Integers, Row

_SEED = 1
_SVM_ROUNDS, _SVM_STILL = 15, 0.01
_ROUNDS, _STEP, _FIRST_GRADIENTS = 20, 0.5, 1e-2
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

    def rounds(self, number: int) -> Iterator[Iterator[int]]:
        chance = np.random.default_rng(_SEED)
        filled = [place for place, row in enumerate(self.rows) if len(row.numbers)]
        for _ in range(number):
            yield (filled[place] for place in chance.permutation(len(filled)))


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
            weights[row.numbers] += np.outer(row.values, change)
            largest = max(largest, float(np.abs(change).max()))
        if largest < _SVM_STILL:
            break
    return weights


def weighing(task: Task, may: Floats) -> Floats:
    """Multinomial logistic regression where `may` is 1; elsewhere the weight stays nought.

    Adaptive gradient steps; the mean over the second half of the rounds.
    """
    weights = np.zeros((task.phrases, task.categories))
    seen = np.full_like(weights, _FIRST_GRADIENTS)
    total = np.zeros_like(weights)
    importance = _importance(task)
    for number, order in enumerate(task.rounds(_ROUNDS)):
        for place in order:
            row, answer = task.rows[place], task.answers[place]
            here = weights[row.numbers]
            scores = row.values @ here
            if task.given is not None:
                scores += task.given[place]
            error = np.exp(scores - scores.max())
            error /= error.sum()
            error[answer] -= 1
            gradient = np.outer(row.values, error * importance[answer]) + _SHRINKING * here
            gradient *= may[row.numbers]
            squares = seen[row.numbers] + gradient * gradient
            seen[row.numbers] = squares
            weights[row.numbers] = here - _STEP * gradient / np.sqrt(squares)
        if number >= _ROUNDS // 2:
            total += weights
    mean: Floats = total / (_ROUNDS - _ROUNDS // 2)
    return mean


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
