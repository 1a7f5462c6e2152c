"""Every stage survives a death at every point of a batch; the program tries twenty of each."""

from collections.abc import Iterator

import pytest
import structlog

from tests.crashpoints.matrix import Case, Point, cases, stages, tried


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


def test_the_matrix_has_every_stage_and_point() -> None:
    assert len(list(cases(20))) == (8 * 5 - 2) * 20


@pytest.mark.parametrize("stage", list(stages()))
def test_a_death_between_commit_and_publishing_changes_nothing(stage: str) -> None:
    outcome = tried(Case(stage, Point.AFTER_COMMIT, 0))

    assert outcome.batch is not None
    assert outcome.violations == ()


@pytest.mark.parametrize("point", list(Point))
def test_a_death_at_any_point_changes_nothing(point: Point) -> None:
    outcome = tried(Case("intake-lifecycle", point, 1))

    assert outcome.batch is not None
    assert outcome.violations == ()
