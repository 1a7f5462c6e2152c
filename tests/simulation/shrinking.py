"""A failing schedule made small: the fewest faults and inputs that still fail, and its story."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from tests.simulation.faults import Aim, Aimed, Fault
from tests.simulation.plans import Parts
from tests.simulation.running import Schedule, Setting, run, run_schedule

T = TypeVar("T")
MOST_RUNS = 600
CHANCES = 8
LAST_LINES = 40


@dataclass(frozen=True, slots=True)
class Shrunk:
    """`orderly`: it fails also when nobody overtakes anybody by chance."""

    schedule: Schedule
    script: Sequence[Any]
    orderly: bool
    runs: int

    def lines(self, named: str | None = None) -> Iterator[str]:
        found = self.schedule
        what = f"of {named!r}" if named else "of the protocol as it is"
        yield f"seed {found.seed} in the {found.setting} world, {what}:"
        yield from (f"    violated: {each}" for each in found.violations[:5])
        yield f"  what came in ({len(self.script)}):"
        yield from (f"    {entry}" for entry in self.script)
        yield f"  what befell ({len(found.faults)}):"
        yield from (f"    {fault}" for fault in found.faults)
        yield "  how it went on:"
        yield from (f"    {line}" for line in found.trace[-LAST_LINES:])
        wanted = f" --with {named!r}" if named else ""
        yield f'  again: make sim ARGS="--world {found.setting} --replay {found.seed}{wanted}"'


@dataclass(slots=True)
class Shrinking:
    setting: Setting
    seed: int
    parts: Parts | None
    most_runs: int = MOST_RUNS
    runs: int = 0
    kinds: frozenset[str] = frozenset()  # of what is violated, so that it stays the same failure

    def shrink(self) -> Shrunk | None:
        """None where the seed does not fail."""
        first = run_schedule(self.setting, self.seed, self.parts)
        if not first.violations:
            return None
        self.kinds = _kinds(first)
        script, faults = list(self.setting.script(self.seed)), list(first.faults)
        single = self._single(script, faults)
        if single is not None:
            script, faults = single
        size = len(script) + len(faults) + 1
        while len(script) + len(faults) < size and self.runs < self.most_runs:
            size = len(script) + len(faults)
            faults = smallest(faults, partial(self._fails, script))
            script = smallest(script, partial(self._fails_with, faults))
        orderly = self._fails(script, faults, orderly=True)
        told = self._run(script, faults, orderly=orderly, tells=True)
        return Shrunk(told, script, orderly, self.runs)

    def _single(
        self, script: Sequence[Any], struck: Sequence[Fault]
    ) -> tuple[list[Any], list[Fault]] | None:
        """One fault that does it alone, at one of its first chances, and the inputs it needs.

        What is left out shifts all that comes after it: so the fault may move.
        """
        kinds = dict.fromkeys(
            Aim(fault.task.rpartition("/")[2], fault.place, fault.kind, fault.seconds)
            for fault in struck
        )
        found = None
        for aim in kinds:
            found = found or self._aimed(aim, script)
        if found is None:
            return None
        aim, _ = found
        fewer = smallest(script, lambda part: self._aimed(aim, part) is not None)
        aimed = self._aimed(aim, fewer) or found
        return fewer, list(aimed[1])

    def _aimed(self, aim: Aim, script: Sequence[Any]) -> tuple[Aim, Sequence[Fault]] | None:
        for nth in range(1, CHANCES + 1):
            if self.runs >= self.most_runs:
                return None
            self.runs += 1
            there = aim._replace(nth=nth)
            schedule = run(self.setting, self.seed, script, Aimed(there), self.parts)
            if _kinds(schedule) & self.kinds:
                return there, schedule.faults
            if not schedule.faults:
                return None
        return None

    def _fails(self, script: Sequence[Any], faults: Sequence[Fault], **how: bool) -> bool:
        if self.runs >= self.most_runs:
            return False
        self.runs += 1
        schedule = self._run(script, faults, **how)
        return bool(_kinds(schedule) & self.kinds)

    def _fails_with(self, faults: Sequence[Fault], script: Sequence[Any]) -> bool:
        return self._fails(script, faults)

    def _run(self, script: Sequence[Any], faults: Sequence[Fault], **how: bool) -> Schedule:
        return run_schedule(
            self.setting, self.seed, self.parts, script=script, faults=faults, **how
        )


def smallest(items: Sequence[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """Leaves out halves, then quarters, and so on to single ones, while it still fails."""
    kept = list(items)
    size = max(len(kept) // 2, 1)
    while size:
        start = 0
        while start < len(kept):
            fewer = kept[:start] + kept[start + size :]
            if fails(fewer):
                kept = fewer
            else:
                start += size
        size //= 2
    return kept


def replayed(schedule: Schedule, setting: Setting, parts: Parts | None = None) -> Schedule:
    """The same once more, from the list of what befell it instead of chance."""
    return run_schedule(setting, schedule.seed, parts, faults=schedule.faults)


def _kinds(schedule: Schedule) -> frozenset[str]:
    """What the violations say, without whom and how many they concern."""
    return frozenset(
        " ".join(word for word in text.split()[1:] if word.isalpha())
        for text in schedule.violations
    )
