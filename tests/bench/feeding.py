"""Puts input on its topic: all at once, or each when the plan says, whatever the system does."""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any, Self, cast

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from shared.contracts.envelope import Envelope, deterministic_id
from shared.contracts.message import Message, encode
from shared.kit.clock import SystemClock
from shared.kit.kafka import LOST
from shared.kit.records import Publication
from shared.kit.settings import KitSettings
from tests.bench.ledger import Ledger
from tests.bench.requests import Request

UNSENT = 2_000  # so many may wait for their acknowledgement
TRIES, RETRY_SECONDS = 60, 0.5
END_SECONDS = 10.0


class Feed:
    """A producer of its own, outside the kit; with Kafka's own partitioner."""

    def __init__(self, settings: KitSettings, ledger: Ledger) -> None:
        self._settings = settings
        self._ledger = ledger
        self._producer = self._made()
        self._renewing = asyncio.Lock()
        self._room = asyncio.Semaphore(UNSENT)
        self._waiting: set[asyncio.Future[Any]] = set()

    def _made(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._settings.kafka_client(),
            acks="all",
            linger_ms=2,
            max_batch_size=256 * 1024,
            request_timeout_ms=self._settings.kafka_request_timeout_ms,
        )

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.settle()
        await _end(self._producer)

    async def all_at_once(self, requests: Iterable[Request]) -> None:
        await self.now(requests)
        await self.settle()

    async def now(self, requests: Iterable[Request]) -> None:
        """Without waiting for their acknowledgements."""
        for request in requests:
            self._ledger.plan(request.origin, time.time() * 1000)
            await self.send(request)

    async def as_planned(
        self, requests: Iterable[Request], arrivals: Iterable[float], began: float
    ) -> None:
        """`arrivals` are seconds after `began` (of the epoch); what is late counts from there."""
        for request, arrival in zip(requests, arrivals, strict=True):
            due = began + arrival
            pause = due - time.time()
            if pause > 0:
                await asyncio.sleep(pause)
            if request.origin not in self._ledger.due:
                self._ledger.plan(request.origin, due * 1000)
            await self.send(request)
        await self.settle()

    async def send(self, request: Request) -> None:
        await self._room.acquire()
        self._watch(request, await self._append(request.publication), TRIES)

    async def _append(self, made: Publication) -> "asyncio.Future[Any]":
        topic = self._settings.topic(made.topic)
        headers = list(made.headers)
        for remaining in reversed(range(TRIES)):
            producer = self._producer
            try:
                sent = await producer.send(topic, made.value, made.key, headers=headers)
            except LOST as error:
                # It was not taken: there is no room while the broker stands still, or it is dead.
                if not remaining:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
                if not isinstance(error, KafkaTimeoutError):
                    await self._renew(producer)
            else:
                break
        return cast("asyncio.Future[Any]", sent)

    async def _renew(self, dead: AIOKafkaProducer) -> None:
        """A connection that is cut at the wrong moment ends a producer's own task for good."""
        async with self._renewing:
            if self._producer is not dead:
                return
            fresh = self._made()
            try:
                await fresh.start()
            except LOST:
                await _end(fresh)
                return
            self._producer = fresh
        await _end(dead)

    def _watch(self, request: Request, sent: "asyncio.Future[Any]", tries: int) -> None:
        self._waiting.add(sent)
        sent.add_done_callback(partial(self._settled, request, tries))

    def _settled(self, request: Request, tries: int, sent: "asyncio.Future[Any]") -> None:
        """As upstreams do: what was not acknowledged is sent again, under the same id."""
        self._waiting.discard(sent)
        failed = sent.cancelled() or sent.exception() is not None
        if failed and tries:
            self._watch(request, asyncio.ensure_future(self._again(request)), tries - 1)
            return
        if not failed:
            self._ledger.acknowledged(request.origin)
        self._room.release()

    async def _again(self, request: Request) -> None:
        await asyncio.sleep(RETRY_SECONDS)
        await (await self._append(request.publication))

    async def settle(self) -> None:
        """Until all is acknowledged, or given up: that stays doubtful in the ledger."""
        while self._waiting:
            await asyncio.wait(self._waiting)


async def _end(producer: AIOKafkaProducer) -> None:
    with suppress(*LOST):
        async with asyncio.timeout(END_SECONDS):
            await producer.stop()


def record_of(message: Message, subject: str) -> Publication:
    """A word of the workforce tool or the CRM."""
    envelope = Envelope(
        id=deterministic_id("bench", message.topic, subject),
        type=message.type_name(),
        source="/bench/people",
        time=SystemClock().now(),
        subject=subject,
    )
    headers = tuple(envelope.to_headers())
    return Publication(message.topic, subject.encode(), encode(message), headers)
