"""Percentiles from buckets are as close to the true ones as they claim."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.measures import spread, summed
from services.reporting.domain.spread import BOUNDS, ERROR, bucket_of, measured, percentile

DURATIONS = st.lists(st.integers(1_000, int(BOUNDS[-1] * 1000)), min_size=1, max_size=200)


def counted(durations_ms: list[int]) -> dict[str, float]:
    buckets: dict[str, float] = {}
    for duration in durations_ms:
        name = str(bucket_of(duration / 1000))
        buckets[name] = buckets.get(name, 0) + 1
    return buckets


@given(DURATIONS, st.sampled_from([0.5, 0.9, 0.99]))
def test_a_percentile_is_at_most_the_error_off_the_nearest_rank(
    durations: list[int], share: float
) -> None:
    rank = next(i for i in range(len(durations)) if i + 1 >= share * len(durations))
    true = sorted(durations)[rank] / 1000

    told = percentile(counted(durations), share)

    assert told is not None
    assert abs(told / true - 1) <= ERROR * 1.0001


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0, 0), (0.4, 0), (1, 0), (1.001, 1), (2, 16), (1e12, len(BOUNDS) - 1)]
)
def test_the_bucket_of(seconds: float, bucket: int) -> None:
    assert bucket_of(seconds) == bucket


def test_nothing_counted_has_no_percentile() -> None:
    assert percentile({}, 0.5) is None
    assert percentile({"3": 0}, 0.5) is None


def test_what_is_taken_back_is_as_if_it_never_was() -> None:
    ninety = measured("wait", timedelta(seconds=90))
    taken_back = {name: -amount for name, amount in measured("wait", timedelta(hours=9)).items()}
    nine_hours = measured("wait", timedelta(hours=9))

    sums = summed([nested(ninety), nested(nine_hours), nested(taken_back)])

    assert spread(sums["wait"]) == spread(nested(ninety)["wait"])
    assert spread(sums["wait"])["mean_seconds"] == 90


def nested(amounts: dict[str, int]) -> dict[str, dict[str, object]]:
    tree: dict[str, dict[str, object]] = {}
    for path, amount in amounts.items():
        *parents, leaf = path.split(".")
        inner: dict[str, object] = tree  # type: ignore[assignment]  # a tree of its own kind
        for parent in parents:
            inner = inner.setdefault(parent, {})  # type: ignore[assignment]  # as above
        inner[leaf] = amount
    return tree
