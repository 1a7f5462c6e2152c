from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.domain.tally import LONGEST_MINUTES, Tally
from tests.notifier.words import MONDAY

MINUTES = st.integers(0, 2000)


@settings(deadline=None)
@given(st.lists(MINUTES, max_size=60), st.integers(1, LONGEST_MINUTES))
def test_never_counts_less_than_there_were(minutes: list[int], window: int) -> None:
    tally = Tally()
    for each in sorted(minutes):
        tally = tally.plus_one(MONDAY + timedelta(minutes=each))
    latest = max(minutes, default=0)
    truly = sum(each > latest - window for each in minutes)
    slack = sum(latest - window - 20 < each <= latest - window for each in minutes)
    assert truly <= tally.within(window, MONDAY + timedelta(minutes=latest)) <= truly + slack


@settings(deadline=None)
@given(st.lists(MINUTES, max_size=300))
def test_stays_small(minutes: list[int]) -> None:
    tally = Tally()
    for each in minutes:
        tally = tally.plus_one(MONDAY + timedelta(minutes=each))
    assert len(tally.steps) <= LONGEST_MINUTES // 10 + 1
    assert tally.steps == tuple(sorted(tally.steps))
