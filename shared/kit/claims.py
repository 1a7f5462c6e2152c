"""Which partitions a stage owns, and when it may handle them: claims, doubts, fences."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog
from pydantic import BaseModel

from shared.contracts.topics import BY_NAME
from shared.kit.foresight import Foresight
from shared.kit.health import Health
from shared.kit.meters import Meters
from shared.kit.ports import (
    Broker,
    Checkpoint,
    Clock,
    ConflictError,
    FencedError,
    Look,
    OutageError,
    Store,
)
from shared.kit.recent import Recent
from shared.kit.records import Partition, Publication, Record
from shared.kit.refusal import refusal
from shared.kit.timers import Timers
from shared.kit.unit import Handler, Stage
from shared.kit.work import Owned

S = TypeVar("S", bound=BaseModel)
log = structlog.get_logger("deskstream.kit")

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 15.0
REFUSED_PAUSE = 10.0


class Claims(Generic[S]):
    """The partitions of one stage in this process.

    `assigned` and `revoked` may come between any two awaits; all else comes from one task.
    """

    def __init__(
        self,
        stage: Stage[S],
        handler: Handler[S],
        *,
        broker: Broker,
        store: Store,
        clock: Clock,
        health: Health,
        meters: Meters,
    ) -> None:
        self.stage = stage
        self.handler = handler
        self.broker = broker
        self.store = store
        self.clock = clock
        self.health = health
        self.meters = meters
        self.timers = Timers(stage, store)
        self.recent: Recent[S] = Recent()
        self.foresight: Foresight[S] = Foresight(stage, handler)
        self.stopped: str | None = None
        self.busy_since: datetime | None = None
        self._owned: dict[Partition, Owned] = {}
        self._counts: dict[str, int] = {}
        self._tables_ready = not stage.tables

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """Waiting for the broker, the store or the handler; a part within counts for itself."""
        outer, self.busy_since = self.busy_since, self.clock.now()
        try:
            yield
        finally:
            self.busy_since = self.clock.now() if outer is not None else None

    # --- ownership ---------------------------------------------------------------------------

    def assigned(self, partitions: Sequence[Partition]) -> None:
        for partition in partitions:
            self._owned[partition] = Owned(partition)
        self._forget()

    def revoked(self, partitions: Sequence[Partition]) -> None:
        for partition in partitions:
            self._owned.pop(partition, None)
            self.health.not_ready(f"{self.stage.name} {partition}", None)
        self.timers.forget(partitions)
        self._forget()

    def _forget(self) -> None:
        """What memory holds may not be what the store holds."""
        self.handler.forget()
        self.recent.forget()
        self.foresight.forget()
        self.timers.doubt()

    @property
    def owned(self) -> Mapping[Partition, Owned]:
        return self._owned

    def positions(self) -> dict[Partition, int]:
        """The next offset of each partition that is being handled, as the database knows it.

        Never beyond it goes what is committed to Kafka; skipped records may have been passed since.
        """
        return {
            partition: owned.stored_position
            for partition, owned in self._owned.items()
            if owned.live and owned.stored_position is not None
        }

    def epochs(self) -> dict[Partition, int]:
        """Under which claim each partition is being handled."""
        return {
            partition: owned.checkpoint.epoch
            for partition, owned in self._owned.items()
            if owned.live and owned.checkpoint is not None
        }

    def _live(self) -> list[Owned]:
        return [owned for owned in self._owned.values() if owned.live]

    # --- claim -------------------------------------------------------------------------------

    async def claim(self) -> None:
        """Claims what is owned and not yet being handled. Outages and refusals are tried again."""
        waiting = await self._claimable()
        if not waiting or self.stopped:
            return
        try:
            with self._busy():
                await self._claim(waiting)
            self._well("outage")
        except (OutageError, ConflictError) as error:
            self.meters.count("outages")
            self._unwell("outage", f"waits for {error}")
            for owned in waiting:
                self._retry_later(owned)

    async def _claimable(self) -> list[Owned]:
        now = self.clock.now()
        tables = {topic.name for topic in self.stage.tables}
        waiting = [
            owned
            for owned in self._owned.values()
            if not owned.live and (owned.retry_at is None or owned.retry_at <= now)
        ]
        if waiting and not self._tables_ready:
            self._tables_ready = await self._tables_caught_up()
            if not self._tables_ready:
                waiting = [owned for owned in waiting if owned.partition.topic in tables]
        return waiting

    async def _tables_caught_up(self) -> bool:
        try:
            wanted = [
                Partition(topic.name, number)
                for topic in self.stage.tables
                for number in range(await self.broker.partitions(topic.name))
            ]
            return await self.store.caught_up(wanted)
        except OutageError:
            return False

    async def _claim(self, waiting: list[Owned]) -> None:
        for topic in {owned.partition.topic for owned in waiting}:
            self._counts[topic] = await self.broker.partitions(topic)
        partitions = [owned.partition for owned in waiting]
        self.timers.forget(partitions)
        self._forget()
        checkpoints = await self.store.claim(partitions)
        looks = await self.broker.look({p: c.last_offset for p, c in checkpoints.items()})
        republished: list[Publication] = []
        good: list[tuple[Owned, Checkpoint]] = []
        for owned in waiting:
            checkpoint, look = checkpoints[owned.partition], looks[owned.partition]
            count = self._counts[owned.partition.topic]
            reason = refusal(checkpoint, look, count, self.stage.name)
            if reason is None:
                good.append((owned, self._started(checkpoint, look, count)))
                republished.extend(checkpoint.said)
            else:
                self._refuse(owned, reason)
        await self._republish(republished)
        for owned, checkpoint in good:
            if self._owned.get(owned.partition) is owned:
                self._take_up(owned, checkpoint)

    async def _republish(self, stored: Sequence[Publication]) -> None:
        """Always: the owner before may have died between its commit and its last send."""
        await self.broker.publish(stored)

    def _started(self, checkpoint: Checkpoint, look: Look, count: int) -> Checkpoint:
        """Where nothing was handled yet, the partition's first offset is the position."""
        position = look.log_start if checkpoint.position is None else checkpoint.position
        position = max(position, look.log_start)  # compacted, or an accepted reset
        return replace(checkpoint, position=position, partition_count=count)

    def _refuse(self, owned: Owned, reason: str) -> None:
        if owned.refused != reason:
            log.error("partition refused", stage=self.stage.name, reason=reason)
        owned.refused = reason
        owned.retry_at = self.clock.now() + timedelta(seconds=REFUSED_PAUSE)
        self.meters.count("refused")
        self.health.not_ready(f"{self.stage.name} {owned.partition}", reason)

    def _take_up(self, owned: Owned, checkpoint: Checkpoint) -> None:
        owned.checkpoint = checkpoint
        owned.stored_position, owned.passed_since = checkpoint.position, None
        owned.claimed_at = self.clock.now()
        owned.ends.clear()
        owned.claimed_position = checkpoint.position
        owned.refused = None
        owned.retry_at = None
        self.health.not_ready(f"{self.stage.name} {owned.partition}", None)
        self.broker.seek(owned.partition, checkpoint.position or 0)
        self.meters.count("claimed")
        log.info(
            "partition claimed",
            stage=self.stage.name,
            partition=str(owned.partition),
            epoch=checkpoint.epoch,
            position=checkpoint.position,
        )

    def _retry_later(self, owned: Owned) -> None:
        owned.pause = min(max(owned.pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        owned.retry_at = self.clock.now() + timedelta(seconds=owned.pause)

    # --- doubt -------------------------------------------------------------------------------

    def _is_doubtful(self, owned: Owned, record: Record, expected: int) -> bool:
        """Not the record that must come next: the topic is another, or retention cut into it.

        A single offset is passed over: there a transaction of the sender's ended. So is a gap at
        the position that was just claimed, as the claim has looked at the log's start.
        """
        if record.offset < expected:
            self.meters.count("refetched")
            return True
        gap = record.offset - expected
        if not gap or BY_NAME[record.topic].compacted:
            return False
        self.meters.count("jumps")
        return gap > 1 and expected != owned.claimed_position

    def _doubt_logs_that_end_early(self) -> None:
        """Before the position: another topic lies under the name since the claim."""
        for owned in self._live():
            watermark = self.broker.watermark(owned.partition)
            position = owned.checkpoint.position if owned.checkpoint else None
            if watermark is None or position is None or owned.claimed_at is None:
                continue
            if watermark.end < position and watermark.fetched_at > owned.claimed_at:
                self._claim_anew(owned)

    def _claim_anew(self, owned: Owned) -> None:
        """The claim compares the checkpoint with the log: it refuses, or seeks."""
        if owned.live:
            log.warning("doubtful log", stage=self.stage.name, partition=str(owned.partition))
            self._forget()
            self.timers.forget([owned.partition])
            owned.checkpoint = None

    def _note_ends(self) -> None:
        """Where the partitions end as of now, so that it is known when that has been handled."""
        for owned in self._live():
            watermark = self.broker.watermark(owned.partition)
            if watermark is not None:
                owned.saw(watermark)

    def _safe_until(self, owned: Owned, positions: Mapping[Partition, int]) -> datetime | None:
        """A timer due by then has no unread record before it, once `positions` are handled.

        Records that were accepted since may be unread: under load there always are some.
        """
        if owned.checkpoint is None or owned.checkpoint.position is None:
            return None
        reached = owned.reached(positions.get(owned.partition, owned.checkpoint.position))
        return None if reached is None else reached.fetched_at

    def _at_the_end(self, owned: Owned) -> datetime | None:
        """When the partition ended where it is handled to; None: there is more."""
        watermark = self.broker.watermark(owned.partition)
        if watermark is None or owned.checkpoint is None:
            return None
        position = owned.checkpoint.position
        return watermark.fetched_at if position is not None and position >= watermark.end else None

    def _fenced(self, fenced: FencedError) -> None:
        """Another owner has claimed, or our own commit's answer was lost: read it all anew."""
        self._forget()
        self.meters.count("fenced", len(fenced.partitions))
        log.warning("fenced", stage=self.stage.name, partitions=sorted(map(str, fenced.partitions)))
        self.timers.forget(list(fenced.partitions))
        for partition in fenced.partitions:
            owned = self._owned.get(partition)
            if owned is not None:
                owned.checkpoint = None
                self._retry_later(owned)

    def _unwell(self, name: str, reason: str) -> None:
        log.warning("outage", stage=self.stage.name, reason=reason)
        self.health.not_ready(f"{self.stage.name} {name}", reason)

    def _well(self, name: str) -> None:
        self.health.not_ready(f"{self.stage.name} {name}", None)
