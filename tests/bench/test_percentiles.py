"""Percentiles by nearest rank, and when a sample is too small for one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.percentiles import median, percentile, spread

VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=300)


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(1, 0.99, 1), (100, 0.99, 99), (101, 0.99, 100), (100, 0.5, 50), (3, 0.5, 2), (100, 1.0, 100)],
)
def test_a_percentile_is_the_value_at_its_rank(count: int, share: float, expected: int) -> None:
    assert percentile(range(1, count + 1), share) == expected


@given(VALUES, st.floats(0.01, 1))
def test_so_large_a_share_does_not_exceed_it_and_no_smaller_value_does(
    values: list[float], share: float
) -> None:
    found = percentile(sorted(values), share)
    at_most = sum(1 for value in values if value <= found)
    below = sum(1 for value in values if value < found)
    assert at_most >= share * len(values) * (1 - 1e-9)
    assert below < math.ceil(share * len(values))


def test_there_is_none_of_nothing() -> None:
    assert spread([]) is None
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_one_in_a_thousand_needs_a_thousand() -> None:
    few, enough = spread(range(999)), spread(range(1000))
    assert few is not None
    assert few.p999 is None
    assert enough is not None
    assert enough.p999 == 998


def test_a_spread_does_not_mind_the_order() -> None:
    assert spread([3.0, 1.0, 2.0]) == spread([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("values", "expected"), [([1.0], 1.0), ([3.0, 1.0], 2.0), ([5.0, 1.0, 2.0], 2.0)]
)
def test_median(values: list[float], expected: float) -> None:
    assert median(values) == expected
