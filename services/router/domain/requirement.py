"""What a ticket needs of the agent who takes it."""

from collections.abc import Sequence
from typing import NamedTuple

Need = tuple[str, int]
"""An ability and its least level. Abilities are skills, `language:…`, `seniority:`, `without:…`."""

LANGUAGE, SENIORITY, WITHOUT = "language:", "seniority:", "without:"


class Requirement(NamedTuple):
    """Equal for tickets that the same agents can take. `teams`: one of them; empty: any."""

    needs: tuple[Need, ...]
    teams: tuple[str, ...]


def language(code: str) -> Need:
    return (LANGUAGE + code, 1)


def seniority(level: int) -> Need:
    return (SENIORITY, level)


def without(agent_id: str) -> Need:
    """Anybody but this agent."""
    return (WITHOUT + agent_id, 1)


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
    return f"{ability} {level}"
