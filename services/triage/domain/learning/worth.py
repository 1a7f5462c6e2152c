"""What each learned word is worth on tickets that it was not learned from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.triage.domain.learning.examples import Example
from services.triage.domain.triage import Triage


@dataclass(frozen=True, slots=True)
class Worth:
    """`tickets` have the phrase; `precision` of them are of its category.

    That is `recall` of the category's tickets.
    """

    phrase: str
    weight: float
    tickets: int
    precision: float
    recall: float


def worth_of(
    words: Mapping[str, Mapping[str, float]],
    triage: Triage,
    held: Sequence[Example],
    categories: Sequence[str],
) -> dict[str, list[Worth]]:
    """By category, in the order of the words."""
    of_category = Counter(categories)
    having, right = Counter[str](), Counter[tuple[str, str]]()
    for example, category in zip(held, categories, strict=True):
        found = triage.reader.phrases_in(f"{example.subject}\n{example.body}")
        having.update(found)
        right.update((category, phrase) for phrase in found)
    return {
        category: [
            Worth(
                phrase,
                weight,
                having[phrase],
                _share(right[category, phrase], having[phrase]),
                _share(right[category, phrase], of_category[category]),
            )
            for phrase, weight in phrases.items()
        ]
        for category, phrases in words.items()
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0
