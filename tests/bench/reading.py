"""Everything that lies on a topic, read from the outside: with no code of the kit's."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer

from tests.bench.story import Line, Log

DEADLINE = 900


async def records(client: Mapping[str, Any], topic: str) -> AsyncIterator[Any]:
    """Each partition's in order, up to its high watermark. `client` says how to connect."""
    consumer = AIOKafkaConsumer(
        topic,
        **client,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=20,
        max_partition_fetch_bytes=8 * 1024 * 1024,
    )
    await consumer.start()
    try:
        async with asyncio.timeout(DEADLINE):
            while not await _at_end(consumer):
                for raws in (await consumer.getmany(timeout_ms=100)).values():
                    for raw in raws:
                        yield raw
    finally:
        await consumer.stop()


async def _at_end(consumer: AIOKafkaConsumer) -> bool:
    for tp in consumer.assignment():
        end = consumer.highwater(tp)
        if end is None or await consumer.position(tp) < end:
            return False
    return bool(consumer.assignment())


async def read_log(client: Mapping[str, Any], topic: str) -> Log:
    log = Log()
    async for raw in records(client, topic):
        log.add(line_of(raw), raw.value)
    return log


def line_of(raw: Any) -> Line:
    headers = {name: value.decode() for name, value in raw.headers}
    return Line(
        at_ms=raw.timestamp,
        subject=headers["ce_subject"],
        kind=headers["ce_type"].split(".")[1],
        event_id=headers["ce_id"],
        causation=headers.get("ce_causationid"),
        writer=headers["ce_writer"],
        number=int(headers["ce_number"]),
        digest=hashlib.blake2b(raw.value, digest_size=8).digest(),
    )
