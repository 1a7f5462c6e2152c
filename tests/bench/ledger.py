"""What was accepted and what became of it: nothing lost, nothing twice."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Origin = str  # the CloudEvents id that the feed gave it


@dataclass(slots=True)
class Ledger:
    """Every input, by its origin: when it was to arrive, in milliseconds of the epoch.

    What the broker never acknowledged may have arrived or not; it must not count as lost.
    """

    due: dict[Origin, float] = field(default_factory=dict)
    doubtful: set[Origin] = field(default_factory=set)

    def plan(self, origin: Origin, due_ms: float) -> None:
        self.due[origin] = due_ms
        self.doubtful.add(origin)

    def acknowledged(self, origin: Origin) -> None:
        self.doubtful.discard(origin)

    @property
    def accepted(self) -> int:
        return len(self.due) - len(self.doubtful)


@dataclass(frozen=True, slots=True)
class Balance:
    """`lost`: accepted and without any fate. `doubled`: more than one fate. `foreign`: not ours."""

    accepted: int
    settled: int
    lost: tuple[Origin, ...]
    doubled: tuple[Origin, ...]
    foreign: tuple[Origin, ...]

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.foreign)


def balance(ledger: Ledger, fates: Iterable[tuple[Origin, str]]) -> Balance:
    """`fates` are pairs of an input and what it became: a ticket's id, or that it was held."""
    by_origin: dict[Origin, set[str]] = {}
    for origin, fate in fates:
        by_origin.setdefault(origin, set()).add(fate)
    return Balance(
        accepted=ledger.accepted,
        settled=sum(1 for origin in by_origin if origin in ledger.due),
        lost=tuple(o for o in ledger.due if o not in by_origin and o not in ledger.doubtful),
        doubled=tuple(o for o, found in by_origin.items() if len(found) > 1),
        foreign=tuple(o for o in by_origin if o not in ledger.due),
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """How often each of `wanted` was found, where once is right."""

    missing: tuple[str, ...]
    repeated: tuple[str, ...]
    unwanted: tuple[str, ...]


def once_each(wanted: Iterable[str], found: Iterable[str]) -> Counted:
    asked = set(wanted)
    times: Mapping[str, int] = Counter(found)
    return Counted(
        missing=tuple(sorted(asked - times.keys())),
        repeated=tuple(sorted(each for each, n in times.items() if n > 1)),
        unwanted=tuple(sorted(times.keys() - asked)),
    )
