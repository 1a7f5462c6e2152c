"""Which fault strikes when and whom: drawn from a seed, so that a run can be had again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    KILL_SERVICE = "kill-service"
    FREEZE_SERVICE = "freeze-service"  # longer than its group waits for it
    KILL_DATABASE = "kill-database"
    FREEZE_DATABASE = "freeze-database"
    KILL_BROKER = "kill-broker"  # only one that keeps its data
    FREEZE_BROKER = "freeze-broker"


DUPLICATES = "duplicates"  # no moment of its own: so much of the input comes twice
# How often each is in the deck; services die more often than databases.
DECK = {
    Kind.KILL_SERVICE: 6,
    Kind.FREEZE_SERVICE: 2,
    Kind.KILL_DATABASE: 1,
    Kind.FREEZE_DATABASE: 1,
    Kind.KILL_BROKER: 1,
    Kind.FREEZE_BROKER: 1,
}
FIRST_SECONDS = 5.0
BETWEEN_SECONDS = (5.0, 9.0)
LAST_SECONDS = 5.0
FROZEN_SECONDS = {
    Kind.FREEZE_SERVICE: 6.0,
    Kind.FREEZE_DATABASE: 4.0,
    Kind.FREEZE_BROKER: 4.0,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`seconds` is how long it lasts by our doing; a killed process is down a little longer."""

    at: float  # seconds from the start
    kind: Kind
    victim: str
    seconds: float

    @property
    def name(self) -> str:
        return f"{self.kind} {self.victim}"


def draw(seconds: float, seed: int, kinds: Sequence[Kind], services: Sequence[str]) -> list[Fault]:
    """One after the other, so that each one's recovery can be told. All kinds in a short run."""
    draw = random.Random(seed)  # noqa: S311 - a plan of faults, not a secret
    faults: list[Fault] = []
    deck: list[Kind] = []
    victims: list[str] = []
    at = FIRST_SECONDS
    while kinds:
        deck = deck or _shuffled(draw, kinds, whole=bool(faults))
        kind = deck.pop()
        lasts = FROZEN_SECONDS.get(kind, 0.0)
        if at + lasts + LAST_SECONDS > seconds:
            break
        victim = kind.partition("-")[2]
        if victim == "service":
            victims = victims or draw.sample(list(services), len(services))
            victim = victims.pop()
        faults.append(Fault(round(at, 2), kind, victim, lasts))
        at += lasts + draw.uniform(*BETWEEN_SECONDS)
    return faults


def _shuffled(draw: random.Random, kinds: Sequence[Kind], *, whole: bool) -> list[Kind]:
    """The first deck has each kind once, the later ones each as often as it is likely."""
    deck = [kind for kind in kinds for _ in range(DECK[kind] if whole else 1)]
    draw.shuffle(deck)
    return deck
