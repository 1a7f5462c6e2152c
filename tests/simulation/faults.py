"""What may befall a process at any await of its ports: by chance, by list, or at one point."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import NamedTuple, Protocol


class Kind(StrEnum):
    CRASH = "crash"
    FREEZE = "freeze"  # the whole process stands still; its partitions move on
    SLOW = "slow"  # this one answer takes its time
    AWAY = "away"  # the call fails; what it did may have happened
    CUT = "cut"  # so do all calls to that side for a while
    CONFLICT = "conflict"  # another transaction was first
    TWICE = "twice"  # the broker has it twice: a resent batch
    REBALANCE = "rebalance"


class Fault(NamedTuple):
    """Strikes a task at the `nth` place that it comes by. `seconds`: for how long."""

    task: str
    nth: int
    kind: Kind
    place: str
    seconds: float = 0.0

    def __str__(self) -> str:
        length = f" for {self.seconds:.2f} s" if self.seconds else ""
        return f"{self.task}: {self.kind} at {self.place}{length} (its {self.nth}. place)"


class Faults(Protocol):
    struck: list[Fault]

    def strike(self, task: str, nth: int, place: str) -> Fault | None: ...


REST, TICK = "rest", "rebalance"
BROKER = ("partitions", "look", "publish", "append", "published")
STORE = (
    *("claim", "claimed", "begin", "get", "find", "write", "written", "commit", "committed"),
    *("due", "outcomes", "caught_up", "numbers"),
)
SENDING = ("deliveries", "settled", "open", "send", "sent")
PLACES = (REST, *BROKER, *STORE, *SENDING)
HOT = ("write", "written", "commit", "committed", "publish", "append", "published", "claimed")
HOT_SENDING = ("deliveries", "settled", "send", "sent")

ANYWHERE = (Kind.CRASH, Kind.FREEZE, Kind.SLOW)
FAILING = (Kind.AWAY, Kind.CUT)


def kinds_at(place: str) -> tuple[Kind, ...]:
    if place == REST:
        return ANYWHERE
    if place == TICK:
        return (Kind.REBALANCE,)
    if place in ("write", "commit"):
        return (*ANYWHERE, *FAILING, Kind.CONFLICT)
    if place == "publish":
        return (*ANYWHERE, *FAILING, Kind.TWICE)
    return (*ANYWHERE, *FAILING)


@dataclass(slots=True)
class Drawn:
    """By chance. Each seed has a temper of its own: how many, of which kinds, mostly where."""

    seed: int
    struck: list[Fault] = field(default_factory=list)
    _rng: Random = field(init=False)
    _left: int = field(init=False)
    _chances: dict[str, tuple[float, list[Kind], list[float]]] = field(init=False)

    def __post_init__(self) -> None:
        rng = self._rng = Random(f"faults {self.seed}")  # noqa: S311 - chance by seed
        self._left = rng.choice((2, 5, 10, 20, 40))
        rate = rng.choice((0.002, 0.005, 0.01, 0.02))
        weights = {kind: rng.choice((0.0, 1.0, 1.0, 4.0)) for kind in Kind}
        hot = rng.sample(HOT, 2) + rng.sample(HOT_SENDING, 1) if rng.random() < 0.7 else []
        self._chances = {}
        for place in (*PLACES, TICK):
            kinds = kinds_at(place)
            mine = [weights[kind] for kind in kinds]
            if any(mine):
                chance = 0.15 if place == TICK else rate * (12 if place in hot else 1)
                self._chances[place] = (chance, list(kinds), mine)

    def strike(self, task: str, nth: int, place: str) -> Fault | None:
        known = self._chances.get(place)
        if known is None or not self._left or self._rng.random() >= known[0]:
            return None
        self._left -= 1
        [kind] = self._rng.choices(known[1], known[2])
        fault = Fault(task, nth, kind, place, self._seconds(kind))
        self.struck.append(fault)
        return fault

    def _seconds(self, kind: Kind) -> float:
        longest = {Kind.FREEZE: 4.0, Kind.SLOW: 0.5, Kind.CUT: 2.0}.get(kind, 0.0)
        return round(self._rng.random() * longest, 3)


class Listed:
    """These and no others: a schedule once more, or a part of its faults."""

    def __init__(self, faults: Collection[Fault]) -> None:
        self._faults: Mapping[tuple[str, int], Fault] = {(f.task, f.nth): f for f in faults}
        self.struck: list[Fault] = []

    def strike(self, task: str, nth: int, place: str) -> Fault | None:
        fault = self._faults.get((task, nth))
        if fault is None or fault.kind not in kinds_at(place):
            return None
        self.struck.append(fault)
        return fault


class Aim(NamedTuple):
    """A fault for whichever task of the stage comes by the place as the `nth`."""

    stage: str
    place: str
    kind: Kind
    seconds: float
    nth: int = 1


@dataclass(slots=True)
class Aimed:
    """One fault that strikes wherever it fits, also when the schedule before it has changed."""

    aim: Aim
    struck: list[Fault] = field(default_factory=list)
    _met: int = 0

    def strike(self, task: str, nth: int, place: str) -> Fault | None:
        if place != self.aim.place or not task.endswith(f"/{self.aim.stage}"):
            return None
        self._met += 1
        if self._met != self.aim.nth:
            return None
        fault = Fault(task, nth, self.aim.kind, place, self.aim.seconds)
        self.struck.append(fault)
        return fault
