"""How long things took: percentiles that a sample is large enough to show."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ENOUGH_FOR_ONE_IN_A_THOUSAND = 1_000


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank: the smallest value that at least `share` of all do not exceed."""
    if not ordered:
        raise ValueError("no values, no percentile")
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


@dataclass(frozen=True, slots=True)
class Spread:
    """In milliseconds. `p999` is None where there are too few values to tell it from the worst."""

    count: int
    p50: float
    p99: float
    p999: float | None
    worst: float


def spread(values: Iterable[float]) -> Spread | None:
    ordered = sorted(values)
    if not ordered:
        return None
    enough = len(ordered) >= ENOUGH_FOR_ONE_IN_A_THOUSAND
    return Spread(
        count=len(ordered),
        p50=percentile(ordered, 0.5),
        p99=percentile(ordered, 0.99),
        p999=percentile(ordered, 0.999) if enough else None,
        worst=ordered[-1],
    )


def median(values: Iterable[float]) -> float:
    """The middle one; of two middle ones their mean."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
