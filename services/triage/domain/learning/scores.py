"""How well rules agree with the categories that people gave."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.triage.domain.ruleset import GENERAL


@dataclass(frozen=True, slots=True)
class ClassScores:
    """Of what the rules call so, and of what is so, the share that is right; 0 of nothing.

    `f1` is the harmonic mean of the two.
    """

    precision: float
    recall: float
    f1: float
    tickets: int


@dataclass(frozen=True, slots=True)
class Scores:
    """`macro_f1` is the mean over the categories that occur among the labels.

    `confusions` are label, decision and number, the most frequent first.
    """

    tickets: int
    accuracy: float
    macro_f1: float
    undecided: int  # the rules found nothing: `general`
    classes: Mapping[str, ClassScores]
    confusions: Sequence[tuple[str, str, int]]


def score(labels: Sequence[str], decided: Sequence[str]) -> Scores:
    pairs = Counter(zip(labels, decided, strict=True))
    given, said = Counter(labels), Counter(decided)
    classes = {
        label: _of_class(pairs[label, label], given[label], said[label]) for label in sorted(given)
    }
    right = sum(pairs[label, label] for label in given)
    wrong = [(*pair, number) for pair, number in pairs.items() if pair[0] != pair[1]]
    wrong.sort(key=lambda item: (-item[2], item))
    return Scores(
        tickets=len(labels),
        accuracy=_share(right, len(labels)),
        macro_f1=_share(sum(item.f1 for item in classes.values()), len(classes)),
        undecided=said[GENERAL],
        classes=classes,
        confusions=wrong,
    )


def _of_class(right: int, given: int, said: int) -> ClassScores:
    return ClassScores(
        precision=_share(right, said),
        recall=_share(right, given),
        f1=_share(2 * right, given + said),
        tickets=given,
    )


def _share(part: float, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
