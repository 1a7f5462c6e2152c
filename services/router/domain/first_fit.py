"""Which of many rules is the first that fits: without trying each of a thousand."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Generic, TypeVar

from services.router.domain.ticket import Facts

R = TypeVar("R")
Test = tuple[str, frozenset[Any]]


def fits(tests: Sequence[Test], facts: Facts) -> bool:
    """All that is given must fit; of several values, and of several tags, one must."""
    for name, allowed in tests:
        value = getattr(facts, name)
        fit = not allowed.isdisjoint(value) if isinstance(value, tuple) else value in allowed
        if not fit:
            return False
    return True


class FirstFit(Generic[R]):
    """Each rule is kept under the values of the field for which it allows fewest.

    So a ticket is tried against the rules that its own values lead to, in their order.
    """

    def __init__(self, rules: Sequence[tuple[tuple[Test, ...], R]]) -> None:
        self._rules = rules
        self._always: list[int] = []
        self._by_value: dict[str, dict[Any, list[int]]] = {}
        for number, (tests, _) in enumerate(rules):
            if not tests:
                self._always.append(number)
                continue
            field, allowed = min(tests, key=lambda test: len(test[1]))
            for value in allowed:
                self._by_value.setdefault(field, {}).setdefault(value, []).append(number)

    def find(self, facts: Facts) -> R | None:
        for number in sorted(set(chain(self._always, *self._led_to(facts)))):
            tests, rule = self._rules[number]
            if fits(tests, facts):
                return rule
        return None

    def _led_to(self, facts: Facts) -> Iterator[list[int]]:
        for field, by_value in self._by_value.items():
            value = getattr(facts, field)
            for each in value if isinstance(value, tuple) else (value,):
                yield by_value.get(each, [])
