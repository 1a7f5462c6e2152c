"""The protocol with a piece taken out, in the small world: each of these must be found."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from unittest import mock

import shared.kit.batch
import shared.kit.claims
import shared.kit.engine
import shared.kit.runs
from shared.kit.batch import Attempt
from shared.kit.engine import Engine
from shared.kit.entities import Verdict
from shared.kit.foresight import Foresight
from shared.kit.memory import CHECKPOINTS, MemoryStore, MemoryTransaction
from shared.kit.ports import Advance, BrokerAwayError, Checkpoint, FencedError, Look, Writes
from shared.kit.records import Partition, Publication, Record
from shared.kit.unit import Entity
from shared.kit.work import Input, Owned, Work
from tests.simulation.plans import Parts


@dataclass(frozen=True, slots=True)
class Planted:
    """`within`: so many schedules at most until it is found."""

    name: str
    parts: Parts
    within: int
    setting: str = "small"


# --- the fence -------------------------------------------------------------------------------


class NoEpoch(MemoryStore):
    """Whoever believes that he owns a partition may write its checkpoint."""

    async def claim(self, partitions: Collection[Partition]) -> dict[Partition, Checkpoint]:
        claimed = await super().claim(partitions)
        return {place: replace(checkpoint, epoch=1) for place, checkpoint in claimed.items()}

    def _commit(self, transaction: MemoryTransaction) -> None:
        checkpoints = transaction.changes.pop(CHECKPOINTS, {})
        super()._commit(transaction)
        self.data.replace({CHECKPOINTS: checkpoints})


def _unguarded(transaction: MemoryTransaction, advances: Sequence[Advance]) -> None:
    for advance in advances:
        to = advance.to
        transaction.changes.setdefault(CHECKPOINTS, {})[str(to.partition)] = to


def _only_commits(transaction: MemoryTransaction, advances: Sequence[Advance]) -> None:
    _guarded(transaction, advances, lambda known, to: known.commits == to.commits - 1)


def _only_epoch(transaction: MemoryTransaction, advances: Sequence[Advance]) -> None:
    _guarded(transaction, advances, lambda known, to: known.epoch == to.epoch)


def _guarded(
    transaction: MemoryTransaction,
    advances: Sequence[Advance],
    fits: Callable[[Checkpoint, Checkpoint], bool],
) -> None:
    _unguarded(transaction, advances)
    known = transaction.snapshot.get(CHECKPOINTS, {})
    wrong = [a.to.partition for a in advances if not fits(known[str(a.to.partition)], a.to)]
    if wrong:
        raise FencedError(wrong)


# --- publishing ------------------------------------------------------------------------------


class PublishBeforeCommit(Engine[Any]):
    async def _attempt(self, inputs: list[Input]) -> None:
        now = self.clock.now()
        async with self.store.transaction() as transaction:
            work = Work(transaction)
            attempt = Attempt(self.stage, self.handler, self.group, now, work, self.recent)
            await attempt.decide(inputs)
            advances = self._advances(inputs, work.published)
            await transaction.write(work.writes, [Advance(to) for _, to in advances])
            await self._publish(work.published)
        self._committed(work, advances, now)


class NoRepublish(Engine[Any]):
    async def _republish(self, stored: Sequence[Publication]) -> None:
        """Whatever the owner before did not send is lost."""


class RepublishBackwards(Engine[Any]):
    async def _republish(self, stored: Sequence[Publication]) -> None:
        await self.broker.publish(stored[::-1])


class PublishOnce(Engine[Any]):
    async def _publish(self, published: Mapping[Partition, Sequence[Publication]]) -> None:
        """A send that failed is not sent again."""
        try:
            await self.broker.publish([each for group in published.values() for each in group])
        except BrokerAwayError:
            return


# --- positions -------------------------------------------------------------------------------


class OffsetsOfFetches(Engine[Any]):
    """Where to go on is what the group has fetched, as a consumer's automatic commits have it."""

    async def turn(
        self, fetched: Mapping[Partition, Sequence[Record]], under: Mapping[Partition, int]
    ) -> None:
        for place, records in fetched.items():
            self._fetched[place] = records[-1].offset + 1
        await super().turn(fetched, under)

    def _started(self, checkpoint: Checkpoint, look: Look, count: int) -> Checkpoint:
        started = super()._started(checkpoint, look, count)
        return replace(started, position=self._fetched.get(checkpoint.partition, look.log_start))

    @property
    def _fetched(self) -> dict[Partition, int]:
        broker: Any = self.broker
        found: dict[Partition, int] = broker.cluster.__dict__.setdefault(self.group, {})
        return found


class NoSeek(Engine[Any]):
    def _take_up(self, owned: Owned, checkpoint: Checkpoint) -> None:
        """As if the consumer stood already where the checkpoint says."""
        known: Any = self.broker
        before = known._positions.get(owned.partition)
        super()._take_up(owned, checkpoint)
        if before is not None:
            self.broker.seek(owned.partition, before)


class HandlesWhatWasInHand(Engine[Any]):
    async def turn(
        self, fetched: Mapping[Partition, Sequence[Record]], _: Mapping[Partition, int]
    ) -> None:
        """Also under a claim that came after the fetch."""
        await self.claim()
        await self.process(fetched)


# --- timers ----------------------------------------------------------------------------------


class TimersRunAhead(Engine[Any]):
    def _safe_until(self, owned: Owned, positions: Mapping[Partition, int]) -> datetime | None:  # noqa: ARG002 - it ought to look
        return self.clock.now()


class StaleWatermark(Engine[Any]):
    def _safe_until(
        self,
        owned: Owned,
        positions: Mapping[Partition, int],  # noqa: ARG002 - it ought to look
    ) -> datetime | None:
        """The moment of the fetch, however far behind it the partition is."""
        watermark = self.broker.watermark(owned.partition)
        return None if watermark is None else watermark.fetched_at


class TimersStay(Attempt[Any]):
    def _take_timers(self, item: Input) -> None:
        """A timer is deleted by whoever commits next, not by the batch that fires it."""
        entity = self.entities[item.key or ""]
        before = dict(entity.timers)
        Attempt._take_timers(self, item)
        if item.owned.checkpoint is not None and item.owned.checkpoint.commits % 3 == 0:
            entity.timers = before


# --- timers that are decided before they are due ---------------------------------------------


class OwesUnguarded(MemoryStore):
    async def owe(self, advances: Sequence[Advance]) -> frozenset[Partition]:
        """Whoever foresaw it may say it."""
        known = self.data.collections.get(CHECKPOINTS, {})
        return await super().owe(
            [
                replace(each, to=replace(each.to, epoch=at.epoch, commits=at.commits + 1))
                for each in advances
                for at in [known[str(each.to.partition)]]
            ]
        )


class ForeseesForGood(Foresight[Any]):
    def drop(self, keys: Collection[str]) -> None:
        """Whatever happens, it stays what was foreseen."""


class LeavesDebtsBehind(Engine[Any]):
    def _owed_of(self, _: Sequence[Input]) -> Iterator[Writes]:
        """The next batch does not write what is owed, and owes nothing."""
        return iter(())


class PassesOverDebts(Engine[Any]):
    def _pass_over(self, inputs: list[Input]) -> bool:
        passed = super()._pass_over(inputs)
        for each in inputs if passed else ():
            if each.owned.checkpoint is not None:
                each.owned.checkpoint = replace(each.owned.checkpoint, owed=())
        return passed


def _nothing_concerns_it(_: Sequence[Input]) -> set[str]:
    return set()


def _only_stored(checkpoint: Checkpoint) -> tuple[Publication, ...]:
    return checkpoint.stored


# --- what was met before, and what is remembered ---------------------------------------------


def _no_numbers(_: Entity[Any], __: str, ___: int) -> tuple[Verdict, int]:
    return Verdict.NEW, 0


class NoFollowing(Attempt[Any]):
    def _take_good(self, item: Input, good: Any) -> None:
        """Later records of a ticket overtake its dead letter."""
        key = self._key(item)
        letters = self.entities[key].letters if key is not None else []
        kept, letters[:] = list(letters), []
        Attempt._take_good(self, item, good)
        letters[:0] = [each for each in kept if each != good.letter_id]


class KeepsMemoryAfterFailures(Engine[Any]):
    async def _run_until_done(self, inputs: list[Input]) -> None:
        """What a batch changed in memory stays, though the batch did not commit."""
        with mock.patch.object(self.handler, "forget"):
            await super()._run_until_done(inputs)


class KeepsMemoryAtFences(Engine[Any]):
    async def claim(self) -> None:
        with mock.patch.object(self.handler, "forget"):
            await super().claim()

    def assigned(self, partitions: Sequence[Partition]) -> None:
        with mock.patch.object(self.handler, "forget"):
            super().assigned(partitions)

    def revoked(self, partitions: Sequence[Partition]) -> None:
        with mock.patch.object(self.handler, "forget"):
            super().revoked(partitions)

    def _fenced(self, fenced: FencedError) -> None:
        with mock.patch.object(self.handler, "forget"):
            super()._fenced(fenced)


class RemembersEntitiesAtFences(Engine[Any]):
    def _forget(self) -> None:
        """What others made of them meanwhile is not asked for."""
        self.handler.forget()


def _patched(target: Any, name: str, value: Any) -> Callable[[], AbstractContextManager[Any]]:
    return partial(mock.patch.object, target, name, value)


def _attempt(broken: type[Attempt[Any]]) -> Callable[[], AbstractContextManager[Any]]:
    return _patched(shared.kit.runs, "Attempt", broken)


GUARD = (MemoryTransaction, "advance")
PLANTED = (
    Planted("nothing fences", Parts(store=NoEpoch, plant=_patched(*GUARD, _unguarded)), 60),
    Planted("the epoch is not compared", Parts(plant=_patched(*GUARD, _only_commits)), 150),
    Planted("commits are not counted", Parts(plant=_patched(*GUARD, _only_epoch)), 150),
    Planted("published before the commit", Parts(engine=PublishBeforeCommit), 300),
    Planted("a claim does not publish again", Parts(engine=NoRepublish), 20),
    Planted("a claim publishes backwards", Parts(engine=RepublishBackwards), 300),
    Planted("a failed send is not repeated", Parts(engine=PublishOnce), 200),
    Planted("offsets are committed on fetching", Parts(engine=OffsetsOfFetches), 20),
    Planted("a claim does not seek", Parts(engine=NoSeek), 100),
    Planted("what was in hand is handled", Parts(engine=HandlesWhatWasInHand), 400),
    Planted("timers run past unread log", Parts(engine=TimersRunAhead), 30),
    Planted("timers trust a stale watermark", Parts(engine=StaleWatermark), 60),
    Planted("fired timers stay", Parts(plant=_attempt(TimersStay)), 10),
    Planted("whoever foresaw it says it", Parts(store=OwesUnguarded), 500, "whole"),
    Planted(
        "what was foreseen is never in doubt",
        Parts(plant=_patched(shared.kit.claims, "Foresight", ForeseesForGood)),
        500,
    ),
    Planted(
        "records at hand do not count for timers",
        Parts(plant=_patched(shared.kit.engine, "_concerned", _nothing_concerns_it)),
        500,
    ),
    Planted("debts are left behind", Parts(engine=LeavesDebtsBehind), 500),
    Planted("debts are passed over", Parts(engine=PassesOverDebts), 300, "whole"),
    Planted(
        "a claim does not say again what is owed",
        Parts(plant=_patched(Checkpoint, "said", property(_only_stored))),
        500,
    ),
    Planted(
        "numbers are not looked at",
        Parts(plant=_patched(shared.kit.batch, "note_number", _no_numbers)),
        20,
    ),
    Planted("letters lose their followers", Parts(plant=_attempt(NoFollowing)), 10),
    Planted("memory survives a failed batch", Parts(engine=KeepsMemoryAfterFailures), 30),
    Planted("memory survives a fence", Parts(engine=KeepsMemoryAtFences), 400),
    Planted("entities are remembered at a fence", Parts(engine=RemembersEntitiesAtFences), 30),
)
