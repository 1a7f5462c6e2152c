"""Runs schedules by seed and says what they violated."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.simulation.checks import violations
from tests.simulation.scheduler import StuckError
from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Schedule:
    seed: int
    steps: int
    violations: tuple[str, ...]
    trace: tuple[str, ...]


def run_schedule(seed: int, **parts: Any) -> Schedule:
    """The same seed gives the same steps, faults and outcome."""
    world = World(seed, **parts)
    try:
        world.run()
        found = violations(world)
    except StuckError as error:
        found = [str(error)]
    return Schedule(seed, world.scheduler.steps, tuple(found), tuple(world.scheduler.trace))


def first_violation(seeds: Iterable[int], **parts: Any) -> Schedule | None:
    for seed in seeds:
        schedule = run_schedule(seed, **parts)
        if schedule.violations:
            return schedule
    return None
