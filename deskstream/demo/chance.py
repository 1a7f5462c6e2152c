"""What is left to chance, all of it from one seed, so that a run can be had again."""

from random import Random


def chance(seed: float) -> Random:
    return Random(seed)  # noqa: S311 - nothing here is secret
