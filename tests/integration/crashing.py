"""The counting service as a process that kills itself at a chosen step of its n-th batch.

`python -m tests.integration.crashing POINT N` with settings in DESKSTREAM_… variables. The switch
is here, in a test's program: the product has none.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from shared.kit import kafka, service
from shared.kit.consumer import StageConsumer
from shared.kit.engine import Engine
from shared.kit.kafka import KafkaPublisher
from shared.kit.logs import configure
from shared.kit.mongo import MongoStore, MongoTransaction
from shared.kit.ports import StoreTransaction
from shared.kit.records import Publication
from shared.kit.settings import KitSettings
from tests.kit.counting import COUNTING, Counting

POINTS = (
    "before-transaction",
    "inside-transaction",
    "before-commit",
    "after-commit",
    "after-part-of-publishing",
    "after-publishing",
    "before-offset-commit",
)


class Countdown:
    """Kills the process, without any cleaning up, at the n-th time."""

    def __init__(self, times: int) -> None:
        self.left = times

    def strike(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str, times: int) -> None:
    countdown = Countdown(times)
    arms: dict[str, Callable[[Countdown], None]] = {
        "before-transaction": _before_transaction,
        "inside-transaction": _inside_transaction,
        "before-commit": _before_commit,
        "after-commit": _after_commit,
        "after-part-of-publishing": _after_part_of_publishing,
        "after-publishing": _after_publishing,
        "before-offset-commit": _before_offset_commit,
    }
    arms[point](countdown)


def _before_transaction(countdown: Countdown) -> None:
    original = Engine._attempt

    async def attempt(engine: Engine[Any], inputs: Any) -> None:
        countdown.strike()
        await original(engine, inputs)

    Engine._attempt = attempt  # type: ignore[method-assign,assignment]


def _inside_transaction(countdown: Countdown) -> None:
    original = MongoTransaction.get

    async def get(transaction: MongoTransaction, collection: str, ids: Any) -> Any:
        found = await original(transaction, collection, ids)
        countdown.strike()
        return found

    MongoTransaction.get = get  # type: ignore[method-assign,assignment]


def _before_commit(countdown: Countdown) -> None:
    original = MongoTransaction.write

    async def write(transaction: MongoTransaction, writes: Any, advances: Any) -> None:
        await original(transaction, writes, advances)
        countdown.strike()

    MongoTransaction.write = write  # type: ignore[method-assign,assignment]


def _after_commit(countdown: Countdown) -> None:
    original = MongoStore.transaction

    @asynccontextmanager
    async def transaction(store: MongoStore) -> AsyncIterator[StoreTransaction]:
        async with original(store) as opened:
            yield opened
        countdown.strike()

    MongoStore.transaction = transaction  # type: ignore[method-assign,assignment]


def _after_part_of_publishing(countdown: Countdown) -> None:
    original: Callable[..., Awaitable[None]] = kafka._send_lane

    async def send_lane(
        producer: Any, topic: str, partition: int, lane: Sequence[Any], now_ms: int
    ) -> None:
        await original(producer, topic, partition, lane[: max(len(lane) // 2, 1)], now_ms)
        countdown.strike()
        await original(producer, topic, partition, lane[max(len(lane) // 2, 1) :], now_ms)

    kafka._send_lane = send_lane


def _after_publishing(countdown: Countdown) -> None:
    original = KafkaPublisher.publish

    async def publish(publisher: KafkaPublisher, publications: Sequence[Publication]) -> None:
        await original(publisher, publications)
        if publications:
            countdown.strike()

    KafkaPublisher.publish = publish  # type: ignore[method-assign,assignment]


def _before_offset_commit(countdown: Countdown) -> None:
    async def commit(_: StageConsumer) -> None:
        countdown.strike()

    StageConsumer._commit = commit  # type: ignore[method-assign,assignment]


def counting_service(_: service.ServiceContext) -> service.Service:
    return service.Service("counting", [(COUNTING, Counting(timedelta(seconds=2)))])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        arm(sys.argv[1], int(sys.argv[2]))
    settings = KitSettings()
    configure(settings, "counting")
    sys.exit(asyncio.run(service.run("counting", counting_service, settings)))
