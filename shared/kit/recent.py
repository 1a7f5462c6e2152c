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
MOST_AHEAD = 5_000


class Recent(Generic[S]):
    """What a batch left, and apart from that what was read ahead because it will be needed soon."""

    def __init__(self, most: int = MOST, most_ahead: int = MOST_AHEAD) -> None:
        self._most, self._most_ahead = most, most_ahead
        self._kept: dict[str, Entity[S]] = {}
        self._ahead: dict[str, Entity[S]] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._kept or key in self._ahead

    def take(self, keys: Collection[str]) -> dict[str, Entity[S]]:
        """Those that are here. They are the taker's to change: kept again if he commits."""
        taken = {key: self._kept.pop(key) for key in keys if key in self._kept}
        return taken | {key: self._ahead.pop(key) for key in keys if key in self._ahead}

    def keep(self, entities: Mapping[str, Entity[S]]) -> None:
        """The oldest make room."""
        self._kept.update(entities)
        _make_room(self._kept, self._most)

    def read_ahead(self, entities: Mapping[str, Entity[S]]) -> None:
        """What is here already is newer."""
        self._ahead.update({k: each for k, each in entities.items() if k not in self})
        _make_room(self._ahead, self._most_ahead)

    def forget(self) -> None:
        self._kept.clear()
        self._ahead.clear()

    @property
    def entities(self) -> Mapping[str, Entity[S]]:
        return self._kept | self._ahead


def _make_room(entities: dict[str, Entity[S]], most: int) -> None:
    for key in list(entities)[: max(len(entities) - most, 0)]:
        del entities[key]
