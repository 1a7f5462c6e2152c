"""The protocol with a piece taken out: each of these must be found."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.kit.batch import Attempt
from shared.kit.engine import Engine
from shared.kit.entities import Verdict
from shared.kit.memory import CHECKPOINTS, MemoryStore, MemoryTransaction
from shared.kit.ports import Advance, Checkpoint
from shared.kit.records import Partition, Publication
from shared.kit.unit import Entity
from shared.kit.work import Input, Owned, Work


class NoEpoch(MemoryStore):
    """Whoever believes that he owns a partition may write its checkpoint."""

    async def claim(self, partitions: Collection[Partition]) -> dict[Partition, Checkpoint]:
        claimed = await super().claim(partitions)
        return {place: replace(checkpoint, epoch=1) for place, checkpoint in claimed.items()}

    def _commit(self, transaction: MemoryTransaction) -> None:
        checkpoints = transaction.changes.pop(CHECKPOINTS, {})
        super()._commit(transaction)
        self.data.replace({CHECKPOINTS: checkpoints})

    def transaction(self) -> Any:
        MemoryTransaction._advance = _unguarded  # type: ignore[method-assign,assignment]
        return super().transaction()


GUARDED = MemoryTransaction._advance


def _unguarded(transaction: MemoryTransaction, advances: Sequence[Advance]) -> None:
    for advance in advances:
        to = advance.to
        transaction.changes.setdefault(CHECKPOINTS, {})[str(to.partition)] = to


class PublishBeforeCommit(Engine[Any]):
    async def _attempt(self, inputs: list[Input]) -> None:
        now = self.clock.now()
        async with self.store.transaction() as transaction:
            work = Work(transaction)
            await Attempt(self.stage, self.handler, self.group, now, work).decide(inputs)
            advances = self._advances(inputs, work)
            await transaction.write(work.writes, advances)
            await self._publish(work.published)
        self._committed(work, advances, now)


class NoRepublish(Engine[Any]):
    async def _republish(self, stored: Sequence[Publication]) -> None:
        """Whatever the owner before did not send is lost."""


class TimersRunAhead(Engine[Any]):
    def _safe_until(self, owned: Owned) -> datetime | None:  # noqa: ARG002 - it ought to look
        return self.clock.now()


def no_numbers(_: Entity[Any], __: str, ___: int) -> tuple[Verdict, int]:
    return Verdict.NEW, 0
