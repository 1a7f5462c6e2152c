"""How a service runs: what it is built from, and its life from start to graceful stop."""

import asyncio
import gc
import logging
import signal
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from faststream.kafka import KafkaBroker as FastStreamBroker
from faststream.kafka.prometheus import KafkaPrometheusMiddleware
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512
from prometheus_client import REGISTRY
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError
from starlette.applications import Starlette

from shared.kit.blobs import Blobs, GridFsBlobs
from shared.kit.clock import ServerClock
from shared.kit.consumer import StageConsumer
from shared.kit.engine import Engine
from shared.kit.health import Health
from shared.kit.http import served, with_health
from shared.kit.kafka import Inspector, KafkaBroker, KafkaPublisher
from shared.kit.letters import LetterLimit
from shared.kit.meters import Metrics
from shared.kit.mongo import MongoStore, ensure
from shared.kit.ports import Clock, Publisher
from shared.kit.revisits import Revisits
from shared.kit.settings import KitSettings
from shared.kit.tracing import telemetry_middlewares
from shared.kit.unit import Document, Handler, Stage

log = structlog.get_logger("deskstream.kit")
STORE_PAUSE, LONGEST_STORE_PAUSE = 0.5, 10.0
TIMES_ASKED, TIME_PATIENCE_SECONDS = 3, 1.0
TIME_SECONDS = 5.0
GARBAGE_THRESHOLDS = 200_000, 20, 50


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """What the edge gives a service to be built from."""

    settings: KitSettings
    database: AsyncDatabase[Document]
    publisher: Publisher
    clock: Clock
    blobs: Blobs
    health: Health
    wake: Callable[[], None] = lambda: None  # a delivery was finished in this process
    revisits: Mapping[str, Revisits] = field(  # by stage
        default_factory=lambda: defaultdict(Revisits)
    )


@dataclass(frozen=True, slots=True)
class Service:
    """`background` runs until cancelled; an error that leaves it ends the process."""

    name: str
    stages: Sequence[tuple[Stage[Any], Handler[Any]]]
    background: Sequence[Callable[[], Awaitable[None]]] = ()
    api: Starlette | None = None
    indexes: Mapping[str, Sequence[Sequence[tuple[str, int]]]] = field(default_factory=dict)
    prepare: Callable[[], Awaitable[None]] | None = None  # once, when the database answers


Create = Callable[[ServiceContext], Service]


class ServiceRun:
    """One service in this process, from `start` to `stop`."""

    def __init__(self, name: str, create: Create, settings: KitSettings) -> None:
        self.name = name
        self.settings = settings
        self.health = Health()
        self.address = ""
        self._create = create
        self._clock = ServerClock()
        self._closing = AsyncExitStack()
        self._consumers: list[StageConsumer] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.failed = asyncio.Event()

    async def start(self) -> None:
        """Connects, serves HTTP within a second, and starts consuming when the database answers."""
        settings = self.settings
        self.health.not_ready("starting", "is starting: MongoDB and Kafka have not answered yet")
        client: AsyncMongoClient[Document] = AsyncMongoClient(
            settings.mongo_url, **settings.mongo_client()
        )
        self._closing.push_async_callback(client.close)
        publisher = KafkaPublisher(settings, f"deskstream-{self.name}", self._clock)
        self._closing.push_async_callback(publisher.stop)
        inspector = Inspector(settings, f"deskstream-{self.name}")
        self._closing.push_async_callback(inspector.stop)
        context = ServiceContext(
            settings=settings,
            database=client[settings.database(self.name)],
            publisher=publisher,
            clock=self._clock,
            blobs=GridFsBlobs(client[settings.database("blobs")]),
            health=self.health,
            wake=self._wake,
        )
        service = self._create(context)
        app = with_health(service.api, self.health, REGISTRY)
        await self._ask_time_first(context.database)
        self.address = await self._closing.enter_async_context(served(app, settings))
        log.info("serving", address=self.address)
        await self._ensure(service, context)
        metrics = Metrics(REGISTRY)
        metrics.ready.set_function(lambda: float(self.health.ready))
        faststream = self._faststream()
        for defined, handler in service.stages:
            most = min(defined.max_records, settings.max_records)
            stage = replace(defined, max_records=most)
            broker = KafkaBroker(settings, publisher, inspector, self._clock)
            meters = metrics.of(stage.name)
            store = MongoStore(client, context.database, stage.name)
            self._closing.push_async_callback(store.close)
            engine = Engine(
                stage,
                handler,
                broker=broker,
                store=store,
                clock=self._clock,
                health=self.health,
                meters=meters,
                group=settings.group(stage.name),
                revisits=context.revisits[stage.name],
                letter_limit=LetterLimit(
                    run=settings.dead_letter_run, share=settings.dead_letter_share
                ),
            )
            consumer = StageConsumer(
                engine, broker, settings, clock=self._clock, health=self.health, meters=meters
            )
            consumer.subscribe(faststream)
            self._consumers.append(consumer)
        self.health.not_ready("starting", None)
        self._run(*(consumer.run for consumer in self._consumers), *service.background)
        self._run(*(consumer.watch for consumer in self._consumers))
        self._run(lambda: self._consume(faststream), lambda: self._keep_time(context.database))

    async def _consume(self, faststream: FastStreamBroker) -> None:
        """Until cancelled. Connecting is tried again for as long as it takes."""
        pause = STORE_PAUSE
        try:
            while True:
                try:
                    await faststream.start()
                except Exception as error:  # noqa: BLE001 - whatever a client library raises
                    self._away("Kafka", error)
                    await faststream.stop()
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_STORE_PAUSE)
                else:
                    self.health.not_ready("Kafka", None)
                    await asyncio.Event().wait()
        finally:
            await faststream.stop()

    async def _ensure(self, service: Service, context: ServiceContext) -> None:
        stages = [stage for stage, _ in service.stages]
        pause = STORE_PAUSE
        while True:
            try:
                await self._ask_time(context.database)
                await ensure(context.database, stages, service.indexes)
                if service.prepare is not None:
                    await service.prepare()
            except PyMongoError as error:
                self._away("MongoDB", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_STORE_PAUSE)
            else:
                self.health.not_ready("MongoDB", None)
                return

    async def _ask_time_first(self, database: AsyncDatabase[Document]) -> None:
        """Doors stamp what they take; but they open also while the database is away."""
        with suppress(PyMongoError, TimeoutError):
            async with asyncio.timeout(TIME_PATIENCE_SECONDS):
                for _ in range(TIMES_ASKED):  # the first answer waits for the connection
                    await self._ask_time(database)

    async def _ask_time(self, database: AsyncDatabase[Document]) -> None:
        asked = self._clock.own()
        answer = await database.command("hello", codec_options=database.codec_options)
        self._clock.heard(answer["localTime"], asked=asked, answered=self._clock.own())

    async def _keep_time(self, database: AsyncDatabase[Document]) -> None:
        """Until cancelled: a clock may also jump, or begin to drift."""
        while True:
            await asyncio.sleep(TIME_SECONDS)
            with suppress(PyMongoError):
                await self._ask_time(database)

    def _away(self, what: str, error: Exception) -> None:
        log.warning("waits", for_=what, error=type(error).__name__)
        self.health.not_ready(what, f"waits for {what} ({type(error).__name__})")

    def _faststream(self) -> FastStreamBroker:
        settings = self.settings
        return FastStreamBroker(
            settings.kafka_servers.split(","),
            client_id=f"deskstream-{self.name}",
            security=_security(settings),
            apply_types=False,
            allow_auto_create_topics=False,
            graceful_timeout=settings.drain_seconds,
            logger=logging.getLogger("faststream"),
            log_level=logging.DEBUG,
            middlewares=[
                KafkaPrometheusMiddleware(registry=REGISTRY, app_name=self.name),
                *telemetry_middlewares(self.name),
            ],
        )

    def _run(self, *works: Callable[[], Awaitable[None]]) -> None:
        for work in works:
            task = asyncio.ensure_future(work())
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.critical("a task ended", exc_info=error)
            self.failed.set()

    def _wake(self) -> None:
        for consumer in self._consumers:
            consumer.wake()

    async def stop(self) -> None:
        """Finishes the batches at hand, leaves the groups, closes the clients."""
        self.health.not_ready("stopping", "is stopping")
        for consumer in self._consumers:
            await consumer.stop()
        while running := [task for task in self._tasks if not task.done()]:
            for task in running:
                task.cancel()  # again: a wait_for within may have swallowed the first
            await asyncio.wait(running, timeout=1)
        await self._closing.aclose()
        log.info("stopped")


async def run(name: str, create: Create, settings: KitSettings) -> int:
    """Runs until SIGTERM or SIGINT; the exit code is 0 then, 1 after a failure inside."""
    _collect_garbage_rarely()
    service = ServiceRun(name, create, settings)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    starting = asyncio.create_task(service.start())
    waits = [asyncio.create_task(stopped.wait()), asyncio.create_task(service.failed.wait())]
    await asyncio.wait([starting, waits[0]], return_when=asyncio.FIRST_COMPLETED)
    try:
        if starting.done():
            await starting
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        starting.cancel()
        await service.stop()
        for wait in waits:
            wait.cancel()
    return 1 if service.failed.is_set() else 0


def _collect_garbage_rarely() -> None:
    """A batch makes many objects and drops them all, seldom in cycles.

    With Python's defaults a third of a service's time went into looking through them, and through
    the rules and the libraries, again and again.
    """
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


def _security(settings: KitSettings) -> BaseSecurity | None:
    options = settings.kafka_client()
    context, protocol = options["ssl_context"], settings.kafka_protocol
    if protocol == "PLAINTEXT":
        return None
    if protocol == "SSL":
        return BaseSecurity(ssl_context=context, use_ssl=True)
    kinds = {
        "PLAIN": SASLPlaintext,
        "SCRAM-SHA-256": SASLScram256,
        "SCRAM-SHA-512": SASLScram512,
    }
    return kinds[settings.kafka_mechanism](
        username=settings.kafka_user,
        password=settings.kafka_password.get_secret_value(),
        ssl_context=context,
        use_ssl=protocol == "SASL_SSL",
    )
