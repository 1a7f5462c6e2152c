"""The broker's port on Kafka: a look at partitions, publishing in order, fetch positions."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from shared.kit.clock import ServerClock, SystemClock
from shared.kit.closed_connections import call_them_lost
from shared.kit.ports import BrokerAwayError, Clock, Look, Watermark
from shared.kit.records import Partition, Publication, Record, partition_of
from shared.kit.settings import KitSettings

log = structlog.get_logger("deskstream.kit")
call_them_lost()

BATCH_BYTES = 900_000  # under the 1 MB that a broker takes by default, with its own overhead
LOOK_SECONDS = 15.0
ABANDON_SECONDS = 5.0
# A high watermark is a little older than the moment at which its answer was read.
WATERMARK_AGE = timedelta(milliseconds=5)
# RuntimeError: what uvloop says of a write to a connection that has just been lost.
LOST = (KafkaError, TimeoutError, OSError, RuntimeError)


def record_of(raw: Any, prefix: str) -> Record:
    """An aiokafka record, its topic by the contract's name."""
    return Record(
        topic=raw.topic.removeprefix(prefix),
        partition=raw.partition,
        offset=raw.offset,
        timestamp_ms=raw.timestamp,
        key=raw.key,
        value=raw.value,
        headers=tuple(raw.headers),
    )


class KafkaPublisher:
    """Publishes batches, one outstanding for each partition, so that order holds by itself.

    After a failure the producer is thrown away: the next attempt has a fresh one. Records are
    stamped by `clock`, for brokers that keep a producer's stamps although told to set their own.
    """

    def __init__(self, settings: KitSettings, client_id: str, clock: Clock | None = None) -> None:
        self._settings = settings
        self._client_id = client_id
        self._clock = clock or SystemClock()
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def publish(self, publications: Sequence[Publication]) -> None:
        if not publications:
            return
        timeout = self._settings.kafka_request_timeout_ms / 1000
        try:
            async with asyncio.timeout(timeout):
                producer = await self._started()
                await self._send(producer, publications)
        except LOST as error:
            await self._throw_away()
            raise BrokerAwayError(f"Kafka ({type(error).__name__})") from error

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                compression = self._settings.kafka_compression
                producer = AIOKafkaProducer(
                    **self._settings.kafka_client(),
                    client_id=self._client_id,
                    acks="all",
                    enable_idempotence=self._settings.kafka_idempotence,
                    max_batch_size=BATCH_BYTES,
                    max_request_size=8 * 1024 * 1024,
                    compression_type=None if compression == "none" else compression,
                    request_timeout_ms=self._settings.kafka_request_timeout_ms,
                    linger_ms=0,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def _send(self, producer: AIOKafkaProducer, publications: Sequence[Publication]) -> None:
        lanes: dict[tuple[str, int], list[Publication]] = {}
        counts: dict[str, int] = {}
        for publication in publications:
            topic = self._settings.topic(publication.topic)
            if topic not in counts:
                counts[topic] = len(await producer.partitions_for(topic))
            key = publication.key
            number = partition_of(key, counts[topic]) if key is not None else 0
            lanes.setdefault((topic, number), []).append(publication)
        now_ms = int(self._clock.now().timestamp() * 1000)
        sends = (_send_lane(producer, topic, n, lane, now_ms) for (topic, n), lane in lanes.items())
        for failed in await asyncio.gather(*sends, return_exceptions=True):
            if failed is not None:
                raise failed

    async def _throw_away(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _abandon(producer)

    async def stop(self) -> None:
        await self._throw_away()


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Without a flush: `stop` would wait for the broker, and what is unsent is sent again anyway.

    Nothing is left behind that could send it later still.
    """
    producer._closed = True  # noqa: SLF001 - else it warns of not being stopped
    sender: asyncio.Task[None] | None = producer._sender.sender_task  # noqa: SLF001 - no other way
    try:
        async with asyncio.timeout(ABANDON_SECONDS):
            while sender is not None and not sender.done():
                sender.cancel()  # the first makes it wait for what is on its way, the next end that
                await producer.client.close()
                await asyncio.wait([sender], timeout=0.1)
            await producer.client.close()
    except LOST as error:
        log.warning("producer left behind", error=type(error).__name__)


async def _send_lane(
    producer: AIOKafkaProducer,
    topic: str,
    partition: int,
    lane: Sequence[Publication],
    now_ms: int,
) -> None:
    """Batch after batch: the next is sent when the one before is acknowledged."""
    waiting = list(lane)
    while waiting:
        batch = producer.create_batch()
        taken = 0
        for publication in waiting:
            appended = batch.append(
                timestamp=now_ms,
                key=publication.key,
                value=publication.value,
                headers=list(publication.headers),
            )
            if appended is None:
                break
            taken += 1
        batch.close()
        acknowledged = await producer.send_batch(batch, topic, partition=partition)
        await acknowledged
        waiting = waiting[taken:]


class Inspector:
    """Looks at partitions with a consumer of its own, outside any group."""

    def __init__(self, settings: KitSettings, client_id: str) -> None:
        self._settings = settings
        self._client_id = client_id
        self._turn = asyncio.Lock()
        self._consumer: AIOKafkaConsumer | None = None

    async def look(
        self,
        offsets: Mapping[Partition, int | None],
        committed: Mapping[Partition, int | None],
    ) -> dict[Partition, Look]:
        try:
            async with asyncio.timeout(LOOK_SECONDS), self._turn:
                return await self._look(offsets, committed)
        except LOST as error:
            await self.stop()
            raise BrokerAwayError(f"Kafka ({type(error).__name__})") from error

    async def partitions(self, topic: str) -> int:
        try:
            async with asyncio.timeout(LOOK_SECONDS), self._turn:
                consumer = await self._started()
                name = self._settings.topic(topic)
                await consumer._client._wait_on_metadata(name)  # noqa: SLF001 - no public way waits for it
                numbers = consumer.partitions_for_topic(name)
        except LOST as error:
            await self.stop()
            raise BrokerAwayError(f"Kafka ({type(error).__name__}, topic {topic})") from error
        if not numbers:
            raise BrokerAwayError(
                f"topic {name}, which is not there: `deskstream topics provision`"
            )
        return len(numbers)

    async def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer = AIOKafkaConsumer(
                **self._settings.kafka_client(),
                client_id=f"{self._client_id}-look",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=20,
                max_partition_fetch_bytes=65_536,
            )
            try:
                await consumer.start()
            except BaseException:
                await consumer.stop()
                raise
            self._consumer = consumer
        return self._consumer

    async def _look(
        self,
        offsets: Mapping[Partition, int | None],
        committed: Mapping[Partition, int | None],
    ) -> dict[Partition, Look]:
        consumer = await self._started()
        names = {TopicPartition(self._settings.topic(p.topic), p.number): p for p in offsets}
        consumer.assign(list(names))
        starts = await consumer.beginning_offsets(list(names))
        for tp, partition in names.items():
            offset = offsets[partition]
            consumer.seek(tp, starts[tp] if offset is None else max(offset, starts[tp]))
        found: dict[TopicPartition, Record] = {}
        # A fetch may tell a partition's end and bring its records only with the next answer.
        while not all(
            _is_seen(consumer, tp, offsets[names[tp]], starts[tp], found) for tp in names
        ):
            for tp, raws in (await consumer.getmany(timeout_ms=20)).items():
                found.setdefault(tp, record_of(raws[0], self._settings.prefix))
        looks = {}
        for tp, partition in names.items():
            record = found.get(tp)
            wanted = record is not None and record.offset == offsets[partition]
            looks[partition] = Look(
                log_start=starts[tp],
                end=consumer.highwater(tp),
                record=record if wanted else None,
                committed=committed[partition],
            )
        consumer.unsubscribe()
        return looks

    async def stop(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            try:
                async with asyncio.timeout(2):
                    await consumer.stop()
            except LOST as error:
                log.debug("inspector thrown away", error=type(error).__name__)


def _is_seen(
    consumer: AIOKafkaConsumer,
    tp: TopicPartition,
    offset: int | None,
    start: int,
    found: Mapping[TopicPartition, Record],
) -> bool:
    """Its end is known, and so is the record at the offset or the first one after it."""
    end = consumer.highwater(tp)
    if end is None or tp in found or offset is None:
        return end is not None
    return not start <= offset < end


class KafkaBroker:
    """The port of one stage: the group member's consumer for fetching, shared clients else."""

    def __init__(
        self,
        settings: KitSettings,
        publisher: KafkaPublisher,
        inspector: Inspector,
        clock: ServerClock,
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._inspector = inspector
        self._clock = clock
        self.consumer: AIOKafkaConsumer | None = None
        self.in_handler = False
        self._seeks: dict[Partition, int] = {}
        self._names: dict[Partition, TopicPartition] = {}

    def _name(self, partition: Partition) -> TopicPartition:
        name = self._names.get(partition)
        if name is None:
            topic = self._settings.topic(partition.topic)
            name = self._names[partition] = TopicPartition(topic, partition.number)
        return name

    def _member(self) -> AIOKafkaConsumer:
        if self.consumer is None:
            raise BrokerAwayError("Kafka (the consumer is not started)")
        return self.consumer

    async def partitions(self, topic: str) -> int:
        return await self._inspector.partitions(topic)

    async def look(self, offsets: Mapping[Partition, int | None]) -> dict[Partition, Look]:
        committed: dict[Partition, int | None] = {}
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                for partition in offsets:
                    committed[partition] = await self._member().committed(self._name(partition))
        except LOST as error:
            raise BrokerAwayError(f"Kafka ({type(error).__name__})") from error
        return await self._inspector.look(offsets, committed)

    async def publish(self, publications: Sequence[Publication]) -> None:
        await self._publisher.publish(publications)

    def seek(self, partition: Partition, offset: int) -> None:
        """Outside the handler a fetch may be on its way; `arrived` makes sure of the seek."""
        name = self._name(partition)
        member = self._member()
        if name not in member.assignment():
            return
        member.seek(name, offset)
        member.resume(name)
        if not self.in_handler:
            self._seeks[partition] = offset

    def arrived(self, fetched: dict[Partition, list[Record]]) -> dict[Partition, list[Record]]:
        """Drops what was fetched before a seek took effect, and seeks once more."""
        for partition in list(fetched):
            wanted = self._seeks.pop(partition, None)
            if wanted is None or fetched[partition][0].offset == wanted:
                continue
            del fetched[partition]
            name = self._name(partition)
            if name in self._member().assignment():
                self._member().seek(name, wanted)
        return fetched

    def pause(self, partitions: Sequence[Partition]) -> None:
        """Nothing is fetched until the claim's seek."""
        member = self._member()
        names = [self._name(partition) for partition in partitions]
        member.pause(*(name for name in names if name in member.assignment()))

    def wait_for_records(self, wait_ms: int) -> None:
        """From the next fetch on the broker keeps one that finds nothing no longer than this."""
        fetcher = getattr(self.consumer, "_fetcher", None)
        if fetcher is not None:
            fetcher._fetch_max_wait_ms = wait_ms  # noqa: SLF001 - there is no public way

    def check_fetching(self) -> None:
        """Raises what ended the member's fetching. aiokafka keeps it for whoever stops it."""
        fetcher = getattr(self.consumer, "_fetcher", None)
        if fetcher is not None and fetcher.error_future.done():
            fetcher.error_future.result()

    def watermark(self, partition: Partition) -> Watermark | None:
        name, member = self._name(partition), self._member()
        if name not in member.assignment():
            return None
        end, polled = member.highwater(name), member.last_poll_timestamp(name)
        if end is None or not polled:
            return None
        fetched_at = datetime.fromtimestamp(polled / 1000, UTC) - WATERMARK_AGE
        return Watermark(end, fetched_at + self._clock.off)
