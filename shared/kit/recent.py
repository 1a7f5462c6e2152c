"""Entities as the last commit left them, so that they need not be read again.

Right as long as nobody else writes them, and that is what a claim promises: who claims the
partition next raises the epoch, and then nothing that was decided on memory can commit. Whenever
that is in doubt, all is forgotten.
"""

from collections.abc import Collection, Mapping
from typing import Generic, TypeVar

from pydantic import BaseModel

from shared.kit.records import Partition
from shared.kit.unit import Entity

S = TypeVar("S", bound=BaseModel)
MOST = 2_000  # a ticket is busy for a while, then hardly ever
MOST_AHEAD = 5_000


class Recent(Generic[S]):
    """What a batch left, and apart from that what was read ahead because it will be needed soon.

    And what is owed: committed, but not yet in the store. That stays until it is written.
    """

    def __init__(self, most: int = MOST, most_ahead: int = MOST_AHEAD) -> None:
        self._most, self._most_ahead = most, most_ahead
        self._kept: dict[str, Entity[S]] = {}
        self._ahead: dict[str, Entity[S]] = {}
        self._owed: dict[str, Entity[S]] = {}
        self._owing: set[Partition] = set()

    def __contains__(self, key: object) -> bool:
        return key in self._kept or key in self._ahead or key in self._owed

    def look(self, key: str) -> Entity[S] | None:
        """Not to be changed."""
        return self._owed.get(key) or self._kept.get(key) or self._ahead.get(key)

    def take(self, keys: Collection[str]) -> dict[str, Entity[S]]:
        """Those that are here. They are the taker's to change: kept again if he commits."""
        taken: dict[str, Entity[S]] = {}
        for held in (self._owed, self._kept, self._ahead):
            if held:
                taken |= {key: held.pop(key) for key in keys if key in held and key not in taken}
        return taken

    def keep(self, entities: Mapping[str, Entity[S]]) -> None:
        """The oldest make room."""
        self._kept.update(entities)
        _make_room(self._kept, self._most)

    def read_ahead(self, entities: Mapping[str, Entity[S]]) -> None:
        """What is here already is newer."""
        self._ahead.update({k: each for k, each in entities.items() if k not in self})
        _make_room(self._ahead, self._most_ahead)

    def owe(self, entities: Mapping[str, Entity[S]]) -> None:
        """Newer than all else that is here of them."""
        for key, entity in entities.items():
            self._kept.pop(key, None)
            self._ahead.pop(key, None)
            self._owed[key] = entity
            self._owing.add(entity.at)

    def knows_debts_of(self, partition: Partition) -> bool:
        """All that this partition owes is here."""
        return partition in self._owing

    def settled(self, partitions: Collection[Partition]) -> None:
        """What these owed is in the store now."""
        paid = self._owing.intersection(partitions)
        if not paid:
            return
        self._owing -= paid
        kept = {key: each for key, each in self._owed.items() if each.at in paid}
        for key in kept:
            del self._owed[key]
        self.keep(kept)

    def forget(self) -> None:
        self._kept.clear()
        self._ahead.clear()
        self._owed.clear()
        self._owing.clear()

    @property
    def entities(self) -> Mapping[str, Entity[S]]:
        return self._kept | self._ahead | self._owed


def _make_room(entities: dict[str, Entity[S]], most: int) -> None:
    for key in list(entities)[: max(len(entities) - most, 0)]:
        del entities[key]
