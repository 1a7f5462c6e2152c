"""When messages arrive: a plan made before the run, so that a slow system cannot thin it out."""

import random
from collections.abc import Iterator


def at_random(rate: float, seconds: float, seed: int) -> Iterator[float]:
    """Seconds from the start, independent of each other (Poisson), about `rate` a second."""
    draw = random.Random(seed)  # noqa: S311 - a load, not a secret
    at = draw.expovariate(rate)
    while at < seconds:
        yield at
        at += draw.expovariate(rate)
