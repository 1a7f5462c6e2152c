from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.domain.retry import pause_after

FIRST, LONGEST = timedelta(seconds=15), timedelta(minutes=30)


def pause(attempts: int, name: str) -> timedelta:
    return pause_after(attempts, name, first=FIRST, longest=LONGEST)


@settings(deadline=None)
@given(st.integers(1, 10_000), st.text())
def test_it_doubles_up_to_the_longest(attempts: int, name: str) -> None:
    whole = min(FIRST.total_seconds() * 2.0 ** min(attempts - 1, 50), LONGEST.total_seconds())
    seconds = pause(attempts, name).total_seconds()
    assert 0.75 * whole - 0.001 <= seconds <= whole
    assert pause(attempts, name) == pause(attempts, name)


def test_a_crowd_spreads_out() -> None:
    assert len({pause(3, f"d{number}") for number in range(500)}) > 100
