"""A deployment of its own for each test: a prefix for topics, groups and databases."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from prometheus_client import REGISTRY
from pydantic import SecretStr
from pymongo import AsyncMongoClient

from deskstream.stack import Stack
from shared.contracts.envelope import Envelope, deterministic_id, header_text
from shared.contracts.message import Message, encode
from shared.contracts.topics import BY_NAME, Dedupe
from shared.kit.clock import SystemClock
from shared.kit.kafka import KafkaPublisher, record_of
from shared.kit.provision import provision
from shared.kit.records import Publication, Record
from shared.kit.service import Create, ServiceRun
from shared.kit.settings import KitSettings
from shared.kit.unit import Document

DEADLINE = 40.0


async def until(condition: Callable[[], Awaitable[Any]], deadline: float = DEADLINE) -> Any:
    """Waits for a condition; its value, or a failure that shows the last one."""
    value: Any = None
    try:
        async with asyncio.timeout(deadline):
            while not (value := await condition()):  # noqa: ASYNC110 - the other side has no event
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {deadline} s, last seen: {value!r}") from None
    return value


class Deployment:
    """Settings, and the ends of the pipe that a test holds in its hands."""

    def __init__(self, settings: KitSettings) -> None:
        self.settings = settings
        self.publisher = KafkaPublisher(settings, "test")
        self.client: AsyncMongoClient[Document] = AsyncMongoClient(
            settings.mongo_url, **settings.mongo_client()
        )
        self._numbers: dict[tuple[str, str], int] = {}
        self._ids = 0

    def database(self, service: str) -> Any:
        return self.client[self.settings.database(service)]

    def publication(self, message: Message, subject: str) -> Publication:
        self._ids += 1
        writer = message.writer or "test"
        numbered = BY_NAME[message.topic].dedupe is Dedupe.NUMBERS
        number = self._numbers.get((writer, subject), 0) + 1
        if numbered:
            self._numbers[writer, subject] = number
        envelope = Envelope(
            id=deterministic_id("test", self.settings.prefix, self._ids),
            type=message.type_name(),
            source=f"/deskstream/{writer}",
            time=SystemClock().now(),
            subject=subject,
            writer=writer if numbered else None,
            number=number if numbered else None,
        )
        headers = tuple(envelope.to_headers())
        return Publication(message.topic, subject.encode(), encode(message), headers)

    async def publish(self, message: Message, subject: str) -> Publication:
        publication = self.publication(message, subject)
        await self.publisher.publish([publication])
        return publication

    async def read(self, topic: str) -> list[Record]:
        """All that lies on the topic now."""
        consumer = AIOKafkaConsumer(
            self.settings.topic(topic),
            **self.settings.kafka_client(),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=20,
        )
        await consumer.start()
        records: list[Record] = []
        try:
            async with asyncio.timeout(DEADLINE):
                while not await self._at_end(consumer):
                    for raws in (await consumer.getmany(timeout_ms=50)).values():
                        records += [record_of(raw, self.settings.prefix) for raw in raws]
        finally:
            await consumer.stop()
        return sorted(records, key=lambda record: (record.partition, record.offset))

    async def _at_end(self, consumer: AIOKafkaConsumer) -> bool:
        for tp in consumer.assignment():
            end = consumer.highwater(tp)
            if end is None or await consumer.position(tp) < end:
                return False
        return bool(consumer.assignment())

    async def of_type(self, topic: str, kind: type[Message]) -> list[Record]:
        wanted = kind.type_name()
        records = await self.read(topic)
        return [r for r in records if header_text(r.headers).get("ce_type") == wanted]

    @asynccontextmanager
    async def running(self, name: str, create: Create, **changes: Any) -> AsyncIterator[ServiceRun]:
        settings = self.settings.model_copy(update=changes)
        forget_metrics()
        run = ServiceRun(name, create, settings)
        try:
            async with asyncio.timeout(DEADLINE):
                await run.start()
            yield run
        finally:
            await run.stop()

    async def close(self, *, drop: bool) -> None:
        """Databases that go away with their server are left: a drop waits for killed clients."""
        await self.publisher.stop()
        for name in await self.client.list_database_names() if drop else ():
            if name.startswith(self.settings.database("")):
                await self.client.drop_database(name)
        await self.client.close()


def forget_metrics() -> None:
    """Services are one to a process; tests run several after one another."""
    for collector in list(REGISTRY._collector_to_names):
        names = REGISTRY._collector_to_names[collector]
        if any(name.startswith("deskstream_kit_rules") for name in names):
            continue  # the module's own, once a process
        if any(name.startswith(("deskstream_kit", "faststream")) for name in names):
            REGISTRY.unregister(collector)


def settings_for(stack: Stack, prefix: str, **changes: Any) -> KitSettings:
    return KitSettings(
        kafka_servers=stack.kafka_servers,
        mongo_url=stack.mongo_url,
        kafka_idempotence=stack.idempotence,
        kafka_session_timeout_ms=1_000,
        kafka_request_timeout_ms=5_000,
        mongo_timeout_ms=2_000,
        mongo_answer_ms=5_000,
        mail_secret=SecretStr("a secret of the tests"),
        prefix=prefix,
        http_port=0,
        **changes,
    )


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a developer's shell says must not reach the tests."""
    for name in list(os.environ):
        if name.startswith("DESKSTREAM_") and name != "DESKSTREAM_CACHE":
            monkeypatch.delenv(name)
    return iter([None])


@pytest.fixture
async def deployment(stack: Stack) -> AsyncIterator[Deployment]:
    settings = settings_for(stack, f"t{uuid.uuid4().hex[:10]}.")
    made = await provision(settings, partitions=3)
    assert not [each.error for each in made if each.error]
    deployment = Deployment(settings)
    try:
        yield deployment
    finally:
        await deployment.close(drop=stack.kind == "external")
