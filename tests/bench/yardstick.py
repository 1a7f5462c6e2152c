"""What plain stages do on the same stack: a chain of them with a store, and one without."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deskstream.stack import Stack
from tests.bench.arrivals import at_random
from tests.bench.percentiles import Spread, spread
from tests.bench.processes import CpuMeter, start_python, tail
from tests.bench.skeleton import sample

STAGES = 5
PARTITIONS = 4
READY_SECONDS = 60.0
PATIENCE_SECONDS = 30.0
WARM_UP = 500


@dataclass(frozen=True, slots=True)
class Chain:
    """`rate` is a second; `cpu_ms` is for a message, by process."""

    messages: int
    seconds: float
    cpu_ms: dict[str, float]
    wait: Spread | None = None

    @property
    def rate(self) -> float:
        return self.messages / self.seconds


@dataclass(slots=True)
class Yardstick:
    """A running chain; it may be fed several times."""

    pids: dict[str, int]
    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer
    first: str
    sent: int = 0

    async def warm_up(self) -> None:
        await self._send_all(WARM_UP)
        await self._collect(WARM_UP)

    async def at_full_speed(self, count: int) -> Chain:
        """As fast as it takes them."""
        meter, began = CpuMeter(self.pids), time.perf_counter()
        sending = asyncio.create_task(self._send_all(count))
        await self._collect(count)
        seconds = time.perf_counter() - began
        await sending
        return Chain(count, seconds, _for_each(meter, count))

    async def at_rate(self, rate: float, seconds: float, seed: int) -> Chain:
        """Open loop: a wait counts from when the message was to be sent."""
        arrivals = list(at_random(rate, seconds, seed))
        meter, began = CpuMeter(self.pids), time.time()
        sending = asyncio.create_task(self._send_planned(arrivals, began))
        waits = await self._collect(len(arrivals))
        taken = time.time() - began
        await sending
        return Chain(len(arrivals), taken, _for_each(meter, len(arrivals)), spread(waits))

    async def _send_all(self, count: int) -> None:
        await asyncio.gather(*[await self._send(time.time()) for _ in range(count)])

    async def _send_planned(self, arrivals: Sequence[float], began: float) -> None:
        sends = []
        for arrival in arrivals:
            pause = began + arrival - time.time()
            if pause > 0:
                await asyncio.sleep(pause)
            sends.append(await self._send(began + arrival))
        await asyncio.gather(*sends)

    async def _send(self, due: float) -> Any:
        self.sent += 1
        step = sample(self.sent, due * 1000)
        value = orjson.dumps(step.model_dump())
        return await self.producer.send(self.first, key=step.ticket.encode(), value=value)

    async def _collect(self, count: int) -> list[float]:
        """How long each of the next `count` different messages took, in milliseconds."""
        waits: dict[str, float] = {}
        moved = time.monotonic()
        while len(waits) < count:
            fetched = await self.consumer.getmany(timeout_ms=100)
            for raws in fetched.values():
                for raw in raws:
                    told = orjson.loads(raw.value or b"")
                    waits.setdefault(told["ticket"], raw.timestamp - told["accepted_ms"])
            if fetched:
                moved = time.monotonic()
            elif time.monotonic() - moved > PATIENCE_SECONDS:
                raise TimeoutError(f"the skeleton stands still at {len(waits)} of {count}")
        return list(waits.values())


def _for_each(meter: CpuMeter, count: int) -> dict[str, float]:
    return {name: used / count * 1000 for name, used in meter.used().items()}


@asynccontextmanager
async def chain(stack: Stack, folder: Path, *, store: bool) -> AsyncIterator[Yardstick]:
    """Five processes, one after the other, and warm."""
    name = uuid.uuid4().hex[:8]
    topics = [f"skeleton.{name}.{i}" for i in range(STAGES + 1)]
    await _make(stack.kafka_servers, topics)
    logs = [folder / f"skeleton-{name}-{i}.log" for i in range(STAGES)]
    url = stack.mongo_url if store else "-"
    stages = [
        start_python(["-m", "tests.bench.skeleton", stack.kafka_servers, url, *pair], log)
        for pair, log in zip(pairwise(topics), logs, strict=True)
    ]
    producer = AIOKafkaProducer(
        bootstrap_servers=stack.kafka_servers, acks="all", linger_ms=2, max_batch_size=256 * 1024
    )
    consumer = AIOKafkaConsumer(
        topics[-1],
        bootstrap_servers=stack.kafka_servers,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=100,
    )
    try:
        await _wait_until_ready(stages, logs)
        await producer.start()
        await consumer.start()
        pids = {f"stage {i + 1}": stage.pid for i, stage in enumerate(stages)}
        pids |= {name: pid for name, pid in server_pids(stack).items() if store or name != "mongod"}
        running = Yardstick(pids, producer, consumer, topics[0])
        await running.warm_up()
        yield running
    finally:
        await producer.stop()
        await consumer.stop()
        for stage in stages:
            stage.kill()
            stage.wait()


def server_pids(stack: Stack) -> dict[str, int]:
    """Of those that are ours to look at."""
    nodes = {"broker": stack.broker, "mongod": stack.database}
    return {name: node.pid for name, node in nodes.items() if node and node.pid is not None}


async def _make(servers: str, topics: Sequence[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in topics])
    finally:
        await admin.close()


async def _wait_until_ready(stages: Sequence[Any], logs: Sequence[Path]) -> None:
    async with asyncio.timeout(READY_SECONDS):
        for stage, log in zip(stages, logs, strict=True):
            while "ready" not in tail(log):
                if stage.poll() is not None:
                    raise RuntimeError(f"a stage of the skeleton ended:\n{tail(log)}")
                await asyncio.sleep(0.05)
