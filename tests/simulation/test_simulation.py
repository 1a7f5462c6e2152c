"""The protocol holds under chance, each piece of it is needed, and a seed says it all."""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice

import pytest
import structlog

from tests.simulation.faults import Kind
from tests.simulation.pipeline.planted import PLANTED as PLANTED_IN_WHOLE
from tests.simulation.planted import PLANTED, Planted
from tests.simulation.running import SETTINGS, SMALL, WHOLE, first_violation, run_schedule
from tests.simulation.shrinking import Shrinking, replayed, smallest

QUICKLY_FOUND = 30
DIGESTS = """
import structlog
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
from tests.simulation.running import WHOLE, run_schedule
print([run_schedule(WHOLE, seed).digest for seed in range(2)])
"""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of simulated outages are no news."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("first", range(0, 100, 50))
def test_no_schedule_violates_the_protocol(first: int) -> None:
    assert first_violation(SMALL, range(first, first + 50)) is None


@pytest.mark.parametrize("first", range(0, 6, 3))
def test_no_schedule_of_the_pipeline_violates_a_guarantee(first: int) -> None:
    assert first_violation(WHOLE, range(first, first + 3)) is None


def test_every_kind_of_fault_strikes() -> None:
    schedules = [run_schedule(SMALL, seed) for seed in range(40)]

    assert {fault.kind for each in schedules for fault in each.faults} == set(Kind)


def test_a_seed_repeats_its_schedule() -> None:
    for seed in range(200):
        once = run_schedule(SMALL, seed)
        again = run_schedule(SMALL, seed) if seed % 2 else replayed(once, SMALL)
        assert again.digest == once.digest


def test_the_pipeline_repeats_in_another_process_with_other_hashes_of_texts() -> None:
    told = {
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", DIGESTS],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.getcwd()},  # noqa: PTH109
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


@pytest.mark.parametrize(
    "planted",
    [each for each in (*PLANTED, *PLANTED_IN_WHOLE) if each.within <= QUICKLY_FOUND],
    ids=lambda planted: planted.name,
)
def test_a_piece_taken_out_is_missed(planted: Planted) -> None:
    setting = SETTINGS[planted.setting]
    assert first_violation(setting, range(planted.within), planted.parts)


def test_a_failing_seed_shrinks_to_what_matters() -> None:
    """How far depends on the seed: of several, some fail with hardly anything left."""
    planted = next(each for each in PLANTED if each.name == "a claim does not publish again")
    ran = (run_schedule(SMALL, seed, planted.parts) for seed in range(10 * planted.within))
    failing = list(islice((each for each in ran if each.violations), 4))
    shrunk = [Shrinking(SMALL, each.seed, planted.parts).shrink() for each in failing]

    found = [each for each in shrunk if each is not None]
    assert len(found) == len(failing) == 4
    best = min(found, key=lambda each: len(each.script) + len(each.schedule.faults))
    assert best.schedule.violations
    assert len(best.script) <= 2
    assert 1 <= len(best.schedule.faults) <= 4
    story = "\n".join(best.lines(planted.name))
    assert f"--world small --replay {best.schedule.seed} --with '{planted.name}'" in story
    assert str(best.script[0]) in story


def test_the_smallest_part_that_fails_has_nothing_to_leave_out() -> None:
    assert smallest(range(20), lambda part: {3, 11} <= set(part)) == [3, 11]
