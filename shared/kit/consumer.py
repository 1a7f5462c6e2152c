"""FastStream's batches brought to the engine, and the engine's loop in real time."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaBroker as FastStreamBroker
from faststream.kafka.message import KafkaAckableMessage

from shared.kit.engine import Engine
from shared.kit.fetching import Fetching
from shared.kit.health import Health
from shared.kit.kafka import LOST, KafkaBroker, record_of
from shared.kit.meters import Meters
from shared.kit.ports import Clock
from shared.kit.records import Partition, Record
from shared.kit.settings import KitSettings

log = structlog.get_logger("deskstream.kit")

IDLE_SECONDS, TIMER_SECONDS, EAGER_SECONDS = 0.25, 0.1, 0.005
COMMIT_EVERY = timedelta(seconds=1)
COMMIT_SECONDS = 5.0
REJOIN_SECONDS = 60
WATCH_SECONDS = 0.5


@dataclass(slots=True)
class Parcel:
    """Records on their way from FastStream's task to the engine's."""

    fetched: dict[Partition, list[Record]]
    under: Mapping[Partition, int]
    done: asyncio.Event = field(default_factory=asyncio.Event)


class StageConsumer(ConsumerRebalanceListener):
    """One stage in this process: a member of its group, and the task that runs its engine."""

    def __init__(
        self,
        engine: Engine[Any],
        broker: KafkaBroker,
        settings: KitSettings,
        *,
        clock: Clock,
        health: Health,
        meters: Meters,
    ) -> None:
        self.engine = engine
        self._broker = broker
        self._settings = settings
        self._clock = clock
        self._health = health
        self._meters = meters
        self._parcel: Parcel | None = None
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._committed: dict[Partition, int] = {}
        self._next_commit = clock.now()
        self._moved_at: dict[Partition, tuple[int, datetime]] = {}
        self._joined = False
        wait_ms = settings.kafka_fetch_wait_ms
        self._fetching = Fetching(engine, clock, settings.prefix, wait_ms)
        self._free_since = clock.now()

    # --- FastStream's side -------------------------------------------------------------------

    def subscribe(self, broker: FastStreamBroker) -> None:
        """The light batch path: raw records, manual commits, our own assignment hooks."""
        settings, stage = self._settings, self.engine.stage
        self._health.not_ready(f"{stage.name} group", "has not joined its consumer group yet")
        subscriber = broker.subscriber(
            *(settings.topic(topic.name) for topic in stage.inputs),
            group_id=self.engine.group,
            batch=True,
            fetch_max_wait_ms=settings.kafka_fetch_wait_ms,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            parser=self._as_one_message,
            decoder=_records_alone,
            no_reply=True,
            listener=self,
            session_timeout_ms=settings.kafka_session_timeout_ms,
            group_instance_id=settings.kafka_instance or None,
            heartbeat_interval_ms=max(settings.kafka_session_timeout_ms // 3, 100),
            rebalance_timeout_ms=REJOIN_SECONDS * 1000,
            max_poll_interval_ms=24 * 60 * 60 * 1000,
            partition_assignment_strategy=(StickyPartitionAssignor,),
            title=stage.name,
        )
        subscriber(self._hand_over)
        # FastStream's own sleeps after each empty poll, as long as the poll was: too late for the
        # first record after a silence.
        subscriber.get_msg = self._fetched  # type: ignore[method-assign]
        self._subscriber = subscriber

    async def _fetched(self, consumer: AIOKafkaConsumer) -> tuple[Any, ...]:
        return await self._fetching.fetch(consumer)

    async def _as_one_message(self, raws: Sequence[Any]) -> KafkaAckableMessage:
        self._attach()
        return KafkaAckableMessage(
            body=b"", raw_message=tuple(raws), consumer=self._subscriber.consumer
        )

    def _attach(self) -> None:
        if self._subscriber.consumer is not None:
            self._broker.consumer = self._subscriber.consumer

    async def _hand_over(self, raws: Sequence[Any]) -> None:
        """Waits until the engine has dealt with these, so that no more are fetched meanwhile."""
        if self._stopping:
            return
        fetched: dict[Partition, list[Record]] = {}
        for raw in raws:
            record = record_of(raw, self._settings.prefix)
            fetched.setdefault(record.at, []).append(record)
        parcel = Parcel(self._broker.arrived(fetched), self._fetching.under)
        self._parcel = parcel
        self._broker.in_handler = True
        self._arrived.set()
        try:
            await parcel.done.wait()
        finally:
            self._broker.in_handler = False
            self._fetching.breathe(len(raws))

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self._attach()
        self._joined = True
        partitions = [self._partition(tp) for tp in assigned]
        self._broker.pause(partitions)
        self.engine.assigned(partitions)
        self._meters.assigned(len(partitions))
        log.info("assigned", stage=self.engine.stage.name, partitions=len(partitions))

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Drains: the batch at hand is finished, so that the next owner need not fence us."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_seconds):
                await self._idle.wait()
        await self._commit()
        partitions = [self._partition(tp) for tp in revoked]
        self.engine.revoked(partitions)
        for partition in partitions:
            self._meters.no_lag(partition.topic, partition.number)
            self._moved_at.pop(partition, None)
            self._committed.pop(partition, None)

    def _partition(self, tp: TopicPartition) -> Partition:
        return Partition(tp.topic.removeprefix(self._settings.prefix), tp.partition)

    # --- the engine's side -------------------------------------------------------------------

    async def run(self) -> None:
        """Until `stop`. An exception here is a bug and ends the process."""
        name = self.engine.stage.name
        while not self._stopping:
            self._idle.clear()
            try:
                await self._step()
            finally:
                self._idle.set()
            if self._joined:
                self._health.not_ready(f"{name} group", None)
            self._broker.wait_for_records(self._fetching.wait_ms)
            await self._now_and_then()
            await self._rest()

    async def _step(self) -> None:
        self._arrived.clear()
        parcel, self._parcel = self._parcel, None
        if parcel is None:
            await self.engine.turn({}, {})
        else:
            try:
                await self.engine.turn(parcel.fetched, parcel.under)
            finally:
                parcel.done.set()
                self._free_since = self._clock.now()
            self._observe(parcel.fetched)
        if self._joined:
            await self.engine.tick()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause()):
                await self._arrived.wait()

    def _pause(self) -> float:
        if any(not owned.live for owned in self.engine.owned.values()):
            return TIMER_SECONDS
        if self.engine.stage.entities is None:
            return IDLE_SECONDS
        if self.engine.revisits.waiting or self.engine.timers.expects:
            return EAGER_SECONDS
        due = self.engine.timers.next_due()
        if due is None:
            return TIMER_SECONDS
        return min(max((due - self._clock.now()).total_seconds(), EAGER_SECONDS), TIMER_SECONDS)

    def wake(self) -> None:
        """A delivery was finished: its outcome is handed over with the loop's next step.

        That is soon enough (TIMER_SECONDS), and several are handed over together.
        """
        self.engine.outcomes_ready()

    async def watch(self) -> None:
        """Beside `run`, which stands still while a server keeps it waiting.

        Raises, and so ends the process, where fetching has ended: it would not begin again.
        """
        name, settings = self.engine.stage.name, self._settings
        while not self._stopping:
            self._broker.check_fetching()
            waits, silence = self._seconds_since(self.engine.busy_since), self._silence()
            slow = waits > settings.mongo_timeout_ms / 1000
            text = f"has waited {waits:.0f} s for an answer of MongoDB or Kafka"
            self._health.not_ready(f"{name} answer", text if slow else None)
            silent = silence > settings.kafka_request_timeout_ms / 1000
            text = f"waits for Kafka (no answer to a fetch for {silence:.0f} s)"
            self._health.not_ready(f"{name} fetch", text if silent else None)
            await asyncio.sleep(WATCH_SECONDS)

    def _silence(self) -> float:
        """How long no fetch was answered, though nothing kept us from fetching."""
        marks = [self._broker.watermark(partition) for partition in self.engine.positions()]
        answered = [mark.fetched_at for mark in marks if mark is not None]
        if not answered or self._parcel is not None or self.engine.busy_since is not None:
            return 0.0
        return self._seconds_since(max(*answered, self._free_since))

    def _seconds_since(self, moment: datetime | None) -> float:
        return (self._clock.now() - moment).total_seconds() if moment is not None else 0.0

    async def stop(self) -> None:
        self._stopping = True
        self._arrived.set()
        if self._parcel is not None:
            self._parcel.done.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_seconds):
                await self._idle.wait()
                await self.engine.leave()
        await self._commit()

    # --- what others see ---------------------------------------------------------------------

    def _observe(self, fetched: dict[Partition, list[Record]]) -> None:
        if not fetched:
            return
        newest = max(records[-1].timestamp_ms for records in fetched.values())
        self._meters.age(max(self._clock.now().timestamp() - newest / 1000, 0))

    async def _now_and_then(self) -> None:
        now = self._clock.now()
        if now < self._next_commit:
            return
        self._next_commit = now + COMMIT_EVERY
        for partition, position in self.engine.positions().items():
            watermark = self._broker.watermark(partition)
            if watermark is not None:
                lag = max(watermark.end - position, 0)
                self._meters.lag(partition.topic, partition.number, lag)
        self._watch()
        await self._commit()

    async def _commit(self) -> None:
        """For lag tools only: nothing depends on it, so an error is no event."""
        consumer = self._broker.consumer
        positions = self.engine.positions()
        changed = {p: o for p, o in positions.items() if self._committed.get(p) != o}
        if consumer is None or not changed:
            return
        offsets = {
            TopicPartition(self._settings.topic(p.topic), p.number): offset
            for p, offset in changed.items()
        }
        offsets = {tp: offset for tp, offset in offsets.items() if tp in consumer.assignment()}
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await consumer.commit(offsets)
            self._committed.update(changed)
        except (*LOST, ValueError) as error:
            log.debug("offsets not committed", error=type(error).__name__)

    def _watch(self) -> None:
        """Not live: records wait and nothing moves, though no outage or refusal explains it."""
        now = self._clock.now()
        stuck = None
        for partition, position in self.engine.positions().items():
            watermark = self._broker.watermark(partition)
            moved = self._moved_at.get(partition)
            behind = watermark is not None and watermark.end > position
            if moved is None or moved[0] != position or not behind:
                self._moved_at[partition] = (position, now)
            elif now - moved[1] > timedelta(seconds=self._settings.stall_seconds):
                stuck = f"{partition} stands still at {position} since {moved[1].isoformat()}"
        stuck = None if self.engine.stopped or not self._health.ready else stuck
        self._health.not_live(f"{self.engine.stage.name} progress", stuck)


async def _records_alone(message: KafkaAckableMessage) -> Any:
    """Not the message: it keeps what is decoded, and would be a circle with all records in it.

    Those wait for the garbage collector, which stops the process for a fifth of a second.
    """
    return message.raw_message
