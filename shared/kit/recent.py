"""Entities as the last commit left them, so that they need not be read again.

Right as long as nobody else writes them, and that is what a claim promises: who claims the
partition next raises the epoch, and then nothing that was decided on memory can commit. Whenever
that is in doubt, all is forgotten.
"""

from collections.abc import Collection, Mapping
from typing import Generic, TypeVar

from pydantic import BaseModel

from shared.kit.unit import Entity

S = TypeVar("S", bound=BaseModel)
MOST = 2_000  # a ticket is busy for a while, then hardly ever


class Recent(Generic[S]):
    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._entities: dict[str, Entity[S]] = {}

    def take(self, keys: Collection[str]) -> dict[str, Entity[S]]:
        """Those that are here. They are the taker's to change: kept again if he commits."""
        return {key: self._entities.pop(key) for key in keys if key in self._entities}

    def keep(self, entities: Mapping[str, Entity[S]]) -> None:
        """The oldest make room."""
        self._entities.update(entities)
        for key in list(self._entities)[: max(len(self._entities) - self._most, 0)]:
            del self._entities[key]

    def forget(self) -> None:
        self._entities.clear()

    @property
    def entities(self) -> Mapping[str, Entity[S]]:
        return self._entities
