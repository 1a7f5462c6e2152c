"""The protocol holds under chance, and each piece of it is needed."""

from collections.abc import Iterator

import pytest
import structlog

import shared.kit.batch
from shared.kit.memory import MemoryTransaction
from tests.simulation import planted
from tests.simulation.running import first_violation, run_schedule


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of simulated outages are no news."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_no_schedule_violates_the_protocol(first: int) -> None:
    assert first_violation(range(first, first + 50)) is None


def test_a_seed_repeats_its_schedule() -> None:
    once, again = run_schedule(7), run_schedule(7)

    assert once == again
    assert once.trace


def test_found_when_nothing_fences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryTransaction, "_advance", planted.GUARDED)
    assert first_violation(range(60), store_of=planted.NoEpoch)


def test_found_when_published_before_the_commit() -> None:
    assert first_violation(range(60, 400), engine_of=planted.PublishBeforeCommit)


def test_found_when_a_claim_does_not_publish_again() -> None:
    assert first_violation(range(60), engine_of=planted.NoRepublish)


def test_found_when_timers_run_past_unread_log() -> None:
    assert first_violation(range(200), engine_of=planted.TimersRunAhead)


def test_found_when_numbers_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.kit.batch, "note_number", planted.no_numbers)
    assert first_violation(range(20))
