"""How much of everything is measured, and which parts a command line asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

STANDARD = ("mails", "speed", "latency", "burst", "alone", "people", "stored", "instances")
QUICKLY = ("mails", "speed", "latency")
# Those that a flag of their own asks for.
SPECIAL = ("sustained", "soak", "profile", "secure", "peer")
NEEDS_SPEED = frozenset({"latency", "soak", "peer"})


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how often, how many.

    `rates` are pairs of what is offered a second and for how long; half of the maximum comes after
    them, unless its seconds are 0. `whole_chain`: the yardstick also without its store, and at the
    pipeline's rates.

    `tape` is how many tickets are recorded to play them to each service alone. `phrases` and
    `routing_rules` are added to the shipped ones. `open_tickets` are how many lie in the stores
    when their cost is measured.
    """

    rounds: int
    chain: int
    warm_up: int
    full_seconds: float
    rates: tuple[tuple[float, float], ...]
    half_seconds: float
    whole_chain: bool
    idle_seconds: float
    mails: int
    burst: int = 20_000
    tape: int = 3_000
    profile_seconds: float = 10.0
    open_tickets: tuple[int, ...] = (1_000, 100_000)
    agents: tuple[int, ...] = (10, 100, 1_000, 10_000)
    customers: tuple[int, ...] = (300, 10_000, 100_000)
    phrases: tuple[int, ...] = (5_000, 50_000)
    routing_rules: tuple[int, ...] = (100, 1_000)
    instances: tuple[int, ...] = (1, 2, 4)


FULL = Plan(
    rounds=3,
    chain=15_000,
    warm_up=300,
    full_seconds=20,
    rates=((20, 60), (500, 20)),
    half_seconds=20,
    whole_chain=True,
    idle_seconds=5,
    mails=1_000,
)
QUICK = Plan(
    rounds=1,
    chain=3_000,
    warm_up=100,
    full_seconds=10,
    rates=((20, 8),),
    half_seconds=0,
    whole_chain=False,
    idle_seconds=2,
    mails=200,
    burst=2_000,
    tape=1_000,
    profile_seconds=6,
    open_tickets=(1_000, 10_000),
    agents=(10, 1_000),
    customers=(300, 10_000),
    phrases=(5_000,),
    routing_rules=(1_000,),
    instances=(1, 2),
)
MILLION = 1_000_000


def chosen(only: Sequence[str], special: Sequence[str], *, quick: bool) -> list[str]:
    """The parts to run, in their order.

    What a flag of its own asks for runs alone, unless others are named or `quick` is. What needs
    the speed measured first brings it along.
    """
    usual = QUICKLY if quick else STANDARD
    wanted = set(only) | set(special)
    if not only and (quick or not special):
        wanted |= set(usual)
    if wanted & NEEDS_SPEED:
        wanted.add("speed")
    return [name for name in (*STANDARD, *SPECIAL) if name in wanted]
