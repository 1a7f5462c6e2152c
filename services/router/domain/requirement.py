"""What a ticket needs of the agent who takes it."""

from collections.abc import Sequence
from typing import NamedTuple

Need = tuple[str, int]
"""An ability and its least level. Abilities are skills, or begin with one of the words below."""

LANGUAGE, SENIORITY, WITHOUT, HOURS = "language:", "seniority:", "without:", "hours:"


class Requirement(NamedTuple):
    """Equal for tickets that the same agents can take. `teams`: one of them; empty: any.

    `effort` is the room it takes. Where its channel has a limit for each agent, both are given.
    """

    needs: tuple[Need, ...]
    teams: tuple[str, ...]
    effort: int = 1
    channel: str | None = None
    channel_limit: int = 0


def language(code: str) -> Need:
    return (LANGUAGE + code, 1)


def seniority(level: int) -> Need:
    return (SENIORITY, level)


def without(agent_id: str) -> Need:
    """Anybody but this agent."""
    return (WITHOUT + agent_id, 1)


def open_hours(queue: str) -> Need:
    """What nobody has: the queue, and all that stand in for it, are closed."""
    return (HOURS + queue, 1)


def merged(needs: Sequence[Need]) -> tuple[Need, ...]:
    """Each ability once, at its highest level, in the order in which it came."""
    levels: dict[str, int] = {}
    for ability, level in needs:
        levels[ability] = max(level, levels.get(ability, 0))
    return tuple(levels.items())


def label(need: Need) -> str:
    """The need in an operator's words: `billing 2`, `language fr`, `anybody but ana`."""
    ability, level = need
    if ability.startswith(LANGUAGE):
        return f"language {ability.removeprefix(LANGUAGE)}"
    if ability == SENIORITY:
        return f"seniority {level}"
    if ability.startswith(WITHOUT):
        return f"anybody but {ability.removeprefix(WITHOUT)}"
    if ability.startswith(HOURS):
        return f"opening hours of {ability.removeprefix(HOURS)}"
    return f"{ability} {level}"
