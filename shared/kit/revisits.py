"""Whom a service wants to look at again though nothing happened to them: its rules changed, say."""

from collections import deque
from collections.abc import Collection, Iterable
from typing import NamedTuple

from shared.kit.records import Partition


class Revisit(NamedTuple):
    """An entity that is to be heard of as a `Due` of this name."""

    name: str
    key: str
    partition: Partition


class Revisits:
    """Asked for by a service's background task, handed to its handler by the partition's loop.

    So they come under the loop's claim and in its transaction and, like a timer, never before
    unread records. They are in memory only: whoever asks finds out from the store what is left
    after a restart or a rebalance.
    """

    def __init__(self) -> None:
        self.partitions: frozenset[Partition] = frozenset()  # those whose loops run here
        self._waiting: deque[Revisit] = deque()

    def ask(self, revisits: Iterable[Revisit]) -> None:
        self._waiting.extend(revisits)

    @property
    def waiting(self) -> int:
        """How many were asked for and not yet taken; the last that were taken may be at work."""
        return len(self._waiting)

    def own(self, partitions: Iterable[Partition]) -> None:
        """What was asked for others is another instance's."""
        now = frozenset(partitions)
        if now != self.partitions:
            self.partitions = now
            self._waiting = deque(each for each in self._waiting if each.partition in now)

    def take(self, ready: Collection[Partition], most: int) -> list[Revisit]:
        """In the order of asking; those of partitions that are not ready go on waiting."""
        taken: list[Revisit] = []
        kept: list[Revisit] = []
        while self._waiting and len(taken) < most:
            each = self._waiting.popleft()
            (taken if each.partition in ready else kept).append(each)
        self._waiting.extendleft(reversed(kept))
        return taken
