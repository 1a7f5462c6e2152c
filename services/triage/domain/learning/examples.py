"""What is learned from: tickets of the past with the category that people gave them."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.triage.domain.folding import fold
from services.triage.domain.ruleset import GENERAL, TriageRules

_PARTS_OF_A_WHOLE = 1_000
_LONGEST_NAME = 63


class Example(NamedTuple):
    subject: str
    body: str
    label: str


def is_held_out(example: Example, share: float) -> bool:
    """By the folded text alone: the same text is never both learned from and tested on."""
    text = f"{fold(example.subject)}\n{fold(example.body)}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
    return number % _PARTS_OF_A_WHOLE < share * _PARTS_OF_A_WHOLE


class Names:
    """Which category each label of a history means, with names for those that are new."""

    def __init__(self, rules: TriageRules | None = None, *, none: Iterable[str] = ()) -> None:
        """`none` are labels that mean: of no category."""
        self._known = dict.fromkeys((GENERAL, *none), GENERAL)
        for name, category in (rules.categories if rules else {}).items():
            self._known.update({name: name} | dict.fromkeys(category.labels, name))
        self._taken = set(self._known.values())

    def of(self, label: str) -> str | None:
        """None: no category is called so. `Refund - Late` finds the category `refund_late`."""
        if label in self._known:
            return self._known[label]
        plain = _plain(label)
        return self._known.get(plain)

    def give(self, labels: Sequence[str], key: str) -> dict[str, str]:
        """A name for each label, in their order; `key` leads where a label is only a number."""
        return {label: self.of(label) or self._new(label, key) for label in dict.fromkeys(labels)}

    def _new(self, label: str, key: str) -> str:
        plain = _plain(label)
        if not plain[:1].isascii() or not plain[:1].isalpha():
            plain = f"{_plain(key) or 'category'}_{plain}".rstrip("_")
        plain = plain[:_LONGEST_NAME].rstrip("_")
        name, number = plain, 2
        while name in self._taken:
            name, number = f"{plain[: _LONGEST_NAME - 4]}_{number}", number + 1
        self._taken.add(name)
        self._known[label] = name
        return name


def _plain(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", fold(label)).strip("_")
