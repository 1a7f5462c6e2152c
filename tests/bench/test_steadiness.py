"""Steady rates and slopes: of known lines what is known, and nothing of too little."""

import pytest

from tests.bench.steadiness import rate_between, slope, slowest_stretch, steady_rate


def test_beginning_and_end_do_not_count() -> None:
    slow_start = [float(i) for i in range(20)]
    steady = [20 + i / 10 for i in range(60)]
    slow_end = [26.0 + i for i in range(20)]
    assert steady_rate(slow_start + steady + slow_end) == pytest.approx(10)


def test_the_order_does_not_matter() -> None:
    moments = [i / 7 for i in range(100)]
    assert steady_rate(reversed(moments)) == steady_rate(moments) == pytest.approx(7)


def test_too_few_or_all_at_once_have_no_rate() -> None:
    assert steady_rate([1.0, 2.0, 3.0]) is None
    assert steady_rate([5.0] * 100) is None


def test_looks_at_a_count_give_the_same_rate() -> None:
    ramp = [(i * 0.1, i * 1.0) for i in range(10)]
    line = [(1 + i * 0.1, 10 + i * 5.0) for i in range(100)]
    assert rate_between(ramp + line) == pytest.approx(50)
    assert rate_between([]) is None
    assert rate_between([(0.0, 0.0), (1.0, 0.0)]) is None
    assert rate_between([(0.0, 0.0), (1.0, 500.0)]) is None


def test_the_slowest_stretch_leaves_out_the_broken_last_one() -> None:
    busy = [i / 10 for i in range(100)]  # ten seconds of ten a second
    pause = [20.0 + i / 10 for i in range(15)]
    assert slowest_stretch(busy, 5) == 10
    assert slowest_stretch(busy + pause, 5) == 0
    assert slowest_stretch([1.0], 5) is None
    assert slowest_stretch([], 5) is None


def test_a_line_has_its_slope_and_a_point_has_none() -> None:
    assert slope([(t, 3.0 + 0.5 * t) for t in range(10)]) == pytest.approx(0.5)
    assert slope([(t, 7.0) for t in range(10)]) == pytest.approx(0)
    assert slope([(1.0, 2.0), (1.0, 4.0)]) is None
