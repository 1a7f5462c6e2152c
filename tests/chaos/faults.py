"""Which fault strikes when and whom: drawn from a seed, so that a run can be had again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

SECOND = "#2"  # of a standby's name


class Kind(StrEnum):
    KILL_SERVICE = "kill-service"
    KILL_UNPUBLISHED = "kill-unpublished"  # after its commit, before it said what it decided
    FREEZE_SERVICE = "freeze-service"  # longer than its group waits for it
    ZOMBIE = "zombie"  # frozen with a batch in hand, woken when another has gone on with it
    STORM = "storm"  # a second process comes and goes every three seconds
    ROLLING_RESTART = "rolling-restart"  # SIGTERM, one service after the other
    LATE_TIMERS = "late-timers"  # sla is away while replies come in time, back after the deadlines
    KILL_DATABASE = "kill-database"
    FREEZE_DATABASE = "freeze-database"
    KILL_BROKER = "kill-broker"  # only one that keeps its data
    FREEZE_BROKER = "freeze-broker"
    DROP_BROKER = "drop-broker"
    DELAY_BROKER = "delay-broker"
    HALF_CLOSE_BROKER = "halfclose-broker"
    RESET_BROKER = "reset-broker"
    TEAR_BROKER = "tear-broker"
    DROP_DATABASE = "drop-database"
    DELAY_DATABASE = "delay-database"
    HALF_CLOSE_DATABASE = "halfclose-database"
    RESET_DATABASE = "reset-database"
    TEAR_DATABASE = "tear-database"
    MAIL_SLOW = "mail-slow"  # ten seconds for each mail
    MAIL_LATER = "mail-later"  # 4xx
    MAIL_REFUSED = "mail-refused"  # 5xx
    MAIL_TARPIT = "mail-tarpit"  # takes the connection and says nothing
    MAIL_AWAY = "mail-away"  # takes no connection
    MAIL_HANGUP = "mail-hangup"  # takes the mail, and never says so
    REPLAY_INPUT = "replay-input"  # all that came in, once more
    REPLAY_LOG = "replay-log"  # all that was said, once more, in another order


class Share(StrEnum):
    """No moments of their own: so much of the input, or all of the time."""

    DUPLICATES = "duplicates"
    POISON = "poison"
    MACHINES = "machines"  # auto-replies to our mails, and a storm of them
    DOORS = "doors"  # some come in by HTTP, where there is more than one intake
    SKEW = "skew"  # each process has a clock of its own, up to five minutes off


# How often each is in the deck; services die more often than databases. Others: once.
OFTEN = {Kind.KILL_SERVICE: 6, Kind.KILL_UNPUBLISHED: 2, Kind.FREEZE_SERVICE: 2}
FIRST_SECONDS = 5.0
BETWEEN_SECONDS = (5.0, 9.0)
LAST_SECONDS = 5.0
NETWORK_SECONDS, MAIL_SECONDS = 4.0, 12.0
LASTS = {
    Kind.FREEZE_SERVICE: 6.0,
    Kind.FREEZE_DATABASE: 4.0,
    Kind.FREEZE_BROKER: 4.0,
    Kind.STORM: 18.0,
}
# By how these go, not by our clock: so long at most, as far as the plan is concerned.
TAKES = {
    Kind.ZOMBIE: 15.0,
    Kind.KILL_UNPUBLISHED: 3.0,
    Kind.ROLLING_RESTART: 30.0,
    Kind.LATE_TIMERS: 45.0,
    Kind.REPLAY_INPUT: 2.0,
    Kind.REPLAY_LOG: 4.0,
}
SERVICE_KINDS = frozenset(
    {Kind.KILL_SERVICE, Kind.KILL_UNPUBLISHED, Kind.FREEZE_SERVICE, Kind.STORM}
)
SERVERS = ("broker", "database")


def lasts(kind: Kind, mail_seconds: float = MAIL_SECONDS) -> float:
    if kind.startswith("mail-"):
        return mail_seconds
    if kind.endswith(SERVERS) and not kind.startswith(("kill-", "freeze-")):
        return NETWORK_SECONDS
    return LASTS.get(kind, 0.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """`seconds` is how long it lasts by our doing; a killed process is down a little longer."""

    at: float  # seconds from the start
    kind: Kind
    victim: str
    seconds: float

    @property
    def name(self) -> str:
        """The victim is named where the kind does not say it."""
        return self.kind if self.kind.endswith(self.victim) else f"{self.kind} {self.victim}"


@dataclass(slots=True)
class Victims:
    """Everybody once before anybody twice."""

    chance: random.Random
    services: Sequence[str]
    waiting: list[str]

    @classmethod
    def of(cls, chance: random.Random, services: Sequence[str]) -> Self:
        return cls(chance, services, [])

    def of_kind(self, kind: Kind) -> str:
        if kind is Kind.ZOMBIE:
            return self.chance.choice(_with_standby(self.services))
        if kind not in SERVICE_KINDS:
            return kind.rpartition("-")[2]
        self.waiting = self.waiting or self.chance.sample(self.services, len(self.services))
        victim = self.waiting.pop()
        return victim.removesuffix(SECOND) if kind is Kind.STORM else victim


def _with_standby(services: Sequence[str]) -> list[str]:
    return [name.removesuffix(SECOND) for name in services if name.endswith(SECOND)]


def possible(kinds: Sequence[Kind], services: Sequence[str]) -> list[Kind]:
    """A zombie is one only where another takes over."""
    return [kind for kind in kinds if kind is not Kind.ZOMBIE or _with_standby(services)]


def draw(
    seconds: float,
    seed: int,
    kinds: Sequence[Kind],
    services: Sequence[str],
    mail_seconds: float = MAIL_SECONDS,
) -> list[Fault]:
    """One after the other, so that each one's recovery can be told. First, each kind once."""

    def takes(kind: Kind) -> float:
        return lasts(kind, mail_seconds) + TAKES.get(kind, 0.0)

    def fits(kind: Kind) -> bool:
        return at + takes(kind) + LAST_SECONDS <= seconds

    chance = random.Random(seed)  # noqa: S311 - a plan of faults, not a secret
    victims = Victims.of(chance, services)
    kinds = possible(kinds, services)
    # A short run has no room for one that would fill it, unless nothing else is wanted.
    kinds = [kind for kind in kinds if takes(kind) <= seconds / 2] or kinds
    faults: list[Fault] = []
    deck: list[Kind] = []
    at = FIRST_SECONDS
    while kinds:
        deck = deck or _shuffled(chance, kinds, whole=bool(faults))
        kind = deck.pop()
        if not fits(kind):
            if not any(fits(each) for each in deck):
                break
            continue
        victim = victims.of_kind(kind)
        faults.append(Fault(round(at, 2), kind, victim, lasts(kind, mail_seconds)))
        at += takes(kind) + chance.uniform(*BETWEEN_SECONDS)
    return faults


def _shuffled(chance: random.Random, kinds: Sequence[Kind], *, whole: bool) -> list[Kind]:
    """The first deck has each kind once, the later ones each as often as it is likely."""
    deck = [kind for kind in kinds for _ in range(OFTEN.get(kind, 1) if whole else 1)]
    chance.shuffle(deck)
    return deck


def kills(count: int, seconds: float, seed: int, services: Sequence[str]) -> list[Fault]:
    """So many deaths at random moments, every second one at the worst: for long runs."""
    chance = random.Random(seed)  # noqa: S311 - a plan of faults, not a secret
    victims = Victims.of(chance, services)
    step = seconds / count
    return [
        Fault(
            round(FIRST_SECONDS + (number + chance.random() * 0.5) * step, 2),
            kind := Kind.KILL_UNPUBLISHED if number % 2 else Kind.KILL_SERVICE,
            victims.of_kind(kind),
            0.0,
        )
        for number in range(count)
    ]
