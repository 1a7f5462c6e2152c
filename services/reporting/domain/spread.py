"""How durations are counted so that medians can be told from sums, and how far off these are."""

import math
from bisect import bisect_left
from collections.abc import Mapping
from datetime import timedelta

STEPS_PER_DOUBLING = 16
LONGEST_DOUBLINGS = 27  # over four years; what is longer counts as that long
STEPS = LONGEST_DOUBLINGS * STEPS_PER_DOUBLING
BOUNDS = tuple(math.pow(2, step / STEPS_PER_DOUBLING) for step in range(STEPS + 1))
"""Upper bounds of the buckets in seconds: 1 s, then 4.4 % more each."""

ERROR = math.pow(2, 0.5 / STEPS_PER_DOUBLING) - 1
"""A percentile told is at most this share (2.2 %) off the true one, from one second on."""


def bucket_of(seconds: float) -> int:
    return min(bisect_left(BOUNDS, seconds), len(BOUNDS) - 1)


def measured(name: str, duration: timedelta) -> dict[str, int]:
    """The increments that count one duration under `name`. Sums are whole milliseconds."""
    seconds = max(duration.total_seconds(), 0.0)
    return {
        f"{name}.count": 1,
        f"{name}.sum_ms": round(seconds * 1000),
        f"{name}.buckets.{bucket_of(seconds)}": 1,
    }


def percentile(buckets: Mapping[str, float], share: float) -> float | None:
    """The duration in seconds that `share` of those counted don't exceed; None: none counted.

    The nearest-rank one; what is told is the geometric middle of its bucket.
    """
    counted = sorted((int(name), count) for name, count in buckets.items() if count > 0)
    rank = share * sum(count for _, count in counted)
    seen = 0.0
    for bucket, count in counted:
        seen += count
        if seen >= rank:
            return _middle(bucket)
    return None


def _middle(bucket: int) -> float:
    if bucket == 0:
        return BOUNDS[0]
    return math.sqrt(BOUNDS[bucket] * BOUNDS[bucket - 1])
