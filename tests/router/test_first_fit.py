"""Finding the first rule that fits must agree with trying one after the other."""

from hypothesis import given
from hypothesis import strategies as st

from services.router.domain.first_fit import FirstFit, Test, fits
from services.router.domain.ticket import Facts

VALUES = ("a", "b", "c")
FIELDS = ("channel", "brand", "category", "tags")
TESTS: st.SearchStrategy[tuple[Test, ...]] = st.dictionaries(
    st.sampled_from(FIELDS), st.frozensets(st.sampled_from(VALUES), min_size=1), max_size=3
).map(lambda given: tuple(given.items()))
FACTS = st.builds(
    Facts,
    channel=st.sampled_from(VALUES),
    brand=st.sampled_from((None, *VALUES)),
    category=st.sampled_from((None, *VALUES)),
    tags=st.lists(st.sampled_from(VALUES), max_size=2).map(tuple),
)


@given(written=st.lists(TESTS, max_size=12), facts=FACTS)
def test_the_first_is_the_first(written: list[tuple[Test, ...]], facts: Facts) -> None:
    rules = [(tests, number) for number, tests in enumerate(written)]
    expected = next((number for tests, number in rules if fits(tests, facts)), None)
    assert FirstFit(rules).find(facts) == expected
