"""Rates and slopes of a run without its beginning and its end."""

from collections.abc import Iterable, Sequence

FEWEST = 20
FROM, TO = 0.2, 0.8


def steady_rate(moments: Iterable[float]) -> float | None:
    """A second, between the first fifth and the last fifth of all; None: too few to say.

    `moments` are in seconds. What a pipeline needs to fill and to empty does not count.
    """
    ordered = sorted(moments)
    if len(ordered) < FEWEST:
        return None
    first, last = int(len(ordered) * FROM), int(len(ordered) * TO)
    taken = ordered[last] - ordered[first]
    return (last - first) / taken if taken > 0 else None


def rate_between(samples: Sequence[tuple[float, float]]) -> float | None:
    """The same from looks at a growing count: pairs of seconds and how many there were."""
    if not samples or samples[-1][1] <= 0:
        return None
    total = samples[-1][1]
    inner = [(at, count) for at, count in samples if FROM * total <= count <= TO * total]
    if len(inner) < 2 or inner[-1][0] <= inner[0][0]:
        return None
    return (inner[-1][1] - inner[0][1]) / (inner[-1][0] - inner[0][0])


def slowest_stretch(moments: Iterable[float], seconds: float) -> float | None:
    """The lowest rate of all whole stretches of so many seconds; None: there is none."""
    ordered = sorted(moments)
    if not ordered:
        return None
    counts = [0] * int((ordered[-1] - ordered[0]) // seconds)
    for moment in ordered:
        place = int((moment - ordered[0]) // seconds)
        if place < len(counts):
            counts[place] += 1
    return min(counts) / seconds if counts else None


def slope(samples: Sequence[tuple[float, float]]) -> float | None:
    """By least squares, in the value's unit for each second; None: fewer than two moments."""
    if len({at for at, _ in samples}) < 2:
        return None
    middle_at = sum(at for at, _ in samples) / len(samples)
    middle = sum(value for _, value in samples) / len(samples)
    above = sum((at - middle_at) * (value - middle) for at, value in samples)
    return above / sum((at - middle_at) ** 2 for at, _ in samples)
