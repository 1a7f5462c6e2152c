"""One case: a stage dies at a point of its n-th batch, its heir goes on, nothing is violated."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from tests.simulation.faults import Fault, Kind
from tests.simulation.pipeline.composition import Composition
from tests.simulation.running import WHOLE, run

BATCHES = 4  # the first of these is always there; later ones where a schedule has so many
SEEDS_APART, TRIES = 1_000, 4
SAYS_NOTHING = ("reporting",)


class Point(StrEnum):
    BEFORE_WRITE = "before the write"
    BEFORE_COMMIT = "written, not committed"
    AFTER_COMMIT = "committed, not published"
    WITHIN_PUBLISHING = "partly published"
    AFTER_PUBLISHING = "published"


PLACES = {
    Point.BEFORE_WRITE: ("write",),
    Point.BEFORE_COMMIT: ("commit",),
    Point.AFTER_COMMIT: ("committed",),
    Point.WITHIN_PUBLISHING: ("append", "publish"),
    Point.AFTER_PUBLISHING: ("published",),
}
PUBLISHING = (Point.WITHIN_PUBLISHING, Point.AFTER_PUBLISHING)


@dataclass(slots=True)
class CrashAt:
    """Kills a process when its task of this stage comes by the point for the nth time."""

    stage: str
    point: Point
    nth: int
    struck: list[Fault] = field(default_factory=list)
    _published: dict[str, int] = field(default_factory=dict)  # by task, of its last batch

    def strike(self, task: str, nth: int, place: str) -> Fault | None:
        if not task.endswith(f"/{self.stage}"):
            return None
        met = place in PLACES[self.point] and self._is_there(task)
        if place == "append":
            self._published[task] = self._published.get(task, 0) + 1
        elif place in ("committed", "published"):
            self._published[task] = 0
        self.nth -= met
        if not met or self.nth != 0:
            return None
        fault = Fault(task, nth, Kind.CRASH, place)
        self.struck.append(fault)
        return fault

    def _is_there(self, task: str) -> bool:
        """While publishing: something of this batch must be out."""
        return self.point not in PUBLISHING or self._published.get(task, 0) > 0


@dataclass(frozen=True, slots=True)
class Case:
    stage: str
    point: Point
    seed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """`batch` is None where the stage never came by the point."""

    case: Case
    batch: int | None
    violations: tuple[str, ...]


def stages() -> Iterator[str]:
    for service in Composition().services:
        yield from (plan.stage.name for plan in service.stages)


def cases(seeds: int) -> Iterator[Case]:
    for stage in stages():
        for point in Point:
            if stage not in SAYS_NOTHING or point not in PUBLISHING:
                yield from (Case(stage, point, seed) for seed in range(seeds))


def tried(case: Case) -> Outcome:
    """At a batch that chance picks; at the first one, or of another seed, where it has no such."""
    text = f"{case.stage} {case.point} {case.seed}"
    picked = Random(text).randrange(BATCHES) + 1  # noqa: S311 - chance by seed
    for seed in range(case.seed, case.seed + SEEDS_APART * TRIES, SEEDS_APART):
        for batch in dict.fromkeys((picked, 1)):
            crash = CrashAt(case.stage, case.point, batch)
            schedule = run(WHOLE, seed, WHOLE.script(seed), crash)
            if crash.struck:
                return Outcome(case, batch, schedule.violations)
    return Outcome(case, None, ())
