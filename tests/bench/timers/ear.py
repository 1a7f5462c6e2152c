"""What sla said, as it arrives over Kafka, and how long after its instant."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer

from shared.contracts.envelope import parse_time
from shared.contracts.sla import SlaBreached, SlaRetargeted
from shared.kit.settings import KitSettings
from tests.bench.timers.policies import TOPIC

BREACHED = SlaBreached.type_name().encode()
RETARGETED = SlaRetargeted.type_name().encode()


@dataclass(slots=True)
class Heard:
    """Arrivals by event id: the first counts; what came again is counted too."""

    late_ms: dict[str, float] = field(default_factory=dict)  # breaches: arrival less due
    at: dict[str, float] = field(default_factory=dict)
    subjects: Counter[str] = field(default_factory=Counter)  # breaches by ticket, by event id
    again: int = 0
    retargeted: dict[str, float] = field(default_factory=dict)

    @property
    def early(self) -> int:
        return sum(late < 0 for late in self.late_ms.values())

    @property
    def doubled(self) -> int:
        """Tickets with two breaches of different ids; a repeated record has the same id."""
        return sum(count > 1 for count in self.subjects.values())


@dataclass(slots=True)
class Ear:
    consumer: AIOKafkaConsumer
    heard: Heard = field(default_factory=Heard)

    async def listen(self) -> None:
        while True:
            batches = await self.consumer.getmany(timeout_ms=20)
            now = time.time()
            for raw in (raw for raws in batches.values() for raw in raws):
                headers = dict(raw.headers)
                kind, event_id = headers.get("ce_type"), headers.get("ce_id", b"").decode()
                if kind == RETARGETED:
                    self.heard.retargeted.setdefault(event_id, now)
                elif kind == BREACHED:
                    self._breach(event_id, headers, now)

    def _breach(self, event_id: str, headers: dict[str, bytes], now: float) -> None:
        if event_id in self.heard.at:
            self.heard.again += 1
            return
        due = parse_time(headers["ce_time"].decode()).timestamp()
        self.heard.at[event_id] = now
        self.heard.late_ms[event_id] = (now - due) * 1_000
        self.heard.subjects[headers["ce_subject"].decode()] += 1

    def anew(self) -> Heard:
        self.heard = Heard()
        return self.heard

    async def until_breaches(self, count: int, within: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while len(self.heard.at) < count:  # noqa: ASYNC110 - the other side has no event
                    await asyncio.sleep(0.02)

    async def until_retargeted(self, count: int, within: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while len(self.heard.retargeted) < count:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)


@asynccontextmanager
async def listening(settings: KitSettings) -> AsyncIterator[Ear]:
    """From the topic's end as it is now."""
    consumer = AIOKafkaConsumer(
        settings.topic(TOPIC),
        **settings.kafka_client(),
        auto_offset_reset="latest",
        enable_auto_commit=False,
        fetch_max_wait_ms=5,  # the embedded broker looks once more when half of it is up
    )
    await consumer.start()
    await consumer.seek_to_end()
    ear = Ear(consumer)
    task = asyncio.create_task(ear.listen())
    try:
        yield ear
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await consumer.stop()
