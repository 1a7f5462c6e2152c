"""Runs one schedule by its seed, and says what it violated."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulation.counting import SmallWorld, words
from tests.simulation.faults import Drawn, Fault, Faults, Listed
from tests.simulation.pipeline.scenario import Pipeline
from tests.simulation.pipeline.script import entries
from tests.simulation.plans import Parts, Scenario
from tests.simulation.scheduler import StuckError
from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Setting:
    """A kind of world: what comes in by a seed, and what runs on that."""

    name: str
    script: Callable[[int], Sequence[Any]]
    scenario: Callable[[Sequence[Any]], Scenario]
    most_steps: int = 60_000


SMALL = Setting("small", words, SmallWorld)
WHOLE = Setting("whole", entries, Pipeline, most_steps=100_000)
SETTINGS = {setting.name: setting for setting in (SMALL, WHOLE)}


@dataclass(frozen=True, slots=True)
class Schedule:
    """`digest` is of every step and its moment, and of all that was noted."""

    setting: str
    seed: int
    steps: int
    digest: str
    violations: tuple[str, ...]
    faults: tuple[Fault, ...]
    trace: tuple[str, ...]
    repeated_mails: int


def run_schedule(
    setting: Setting,
    seed: int,
    parts: Parts | None = None,
    *,
    script: Sequence[Any] | None = None,
    faults: Sequence[Fault] | None = None,
    orderly: bool = False,
    tells: bool = False,
) -> Schedule:
    """Everything by the seed; `script` and `faults` instead of those that it would draw."""
    chosen = setting.script(seed) if script is None else script
    return run(setting, seed, chosen, _faults(seed, faults), parts, orderly=orderly, tells=tells)


def run(
    setting: Setting,
    seed: int,
    script: Sequence[Any],
    faults: Faults,
    parts: Parts | None = None,
    *,
    orderly: bool = False,
    tells: bool = False,
) -> Schedule:
    """`tells`: the trace has every step that leaves something behind, not only the faults."""
    scenario = setting.scenario(script)
    world = World(seed, scenario, faults, parts, orderly=orderly, most_steps=setting.most_steps)
    world.tells = tells
    try:
        world.run()
        found = [*scenario.violations(world), *world.misremembered()]
    except StuckError as error:
        found = [str(error)]
    scheduler = world.scheduler
    return Schedule(
        setting.name,
        seed,
        scheduler.steps,
        scheduler.digest(),
        tuple(found),
        tuple(faults.struck),
        tuple(scheduler.trace),
        scenario.repeated_mails,
    )


def first_violation(
    setting: Setting, seeds: Iterable[int], parts: Parts | None = None
) -> Schedule | None:
    for seed in seeds:
        schedule = run_schedule(setting, seed, parts)
        if schedule.violations:
            return schedule
    return None


def _faults(seed: int, given: Sequence[Fault] | None) -> Faults:
    return Drawn(seed) if given is None else Listed(given)
