"""A connection that closed a moment ago is a lost one to aiokafka, also where uvloop reports it."""

import asyncio
from typing import Any

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.protocol.admin import ApiVersionRequest

from shared.kit.clock import ServerClock
from shared.kit.closed_connections import opened
from shared.kit.kafka import Inspector, KafkaBroker, KafkaPublisher
from shared.kit.settings import KitSettings


async def _written_after_the_end() -> None:
    """Raises what aiokafka makes of a write on a transport that is closed already."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    connection = AIOKafkaConnection(host, port, client_id="test")
    connection._reader, connection._writer = await asyncio.open_connection(host, port)
    connection._read_task = asyncio.create_task(asyncio.sleep(0))
    connection._writer.transport.abort()
    await connection._writer.wait_closed()
    try:
        connection.send(ApiVersionRequest())
    finally:
        server.close()


def test_a_write_after_the_end_is_a_lost_connection() -> None:
    with pytest.raises(KafkaConnectionError):
        uvloop.run(_written_after_the_end())


async def test_one_that_closes_while_it_opens_is_a_lost_connection() -> None:
    async def create(host: str) -> AIOKafkaConnection:
        raise RuntimeError(f"unable to perform operation on {host}; the handler is closed")

    with pytest.raises(ConnectionError, match="the handler is closed"):
        await opened(create)("a.example")


class _Fetcher:
    def __init__(self, error: BaseException | None) -> None:
        self.error_future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if error is not None:
            self.error_future.set_exception(error)


class _Member:
    def __init__(self, error: BaseException | None) -> None:
        self._fetcher = _Fetcher(error)


async def test_fetching_that_has_ended_is_no_silence() -> None:
    settings = KitSettings()
    broker = KafkaBroker(
        settings, KafkaPublisher(settings, "test"), Inspector(settings, "test"), ServerClock()
    )
    broker.check_fetching()  # not started yet
    at_work: Any = _Member(None)
    broker.consumer = at_work
    broker.check_fetching()
    ended: Any = _Member(KafkaError("Unexpected error during data retrieval"))
    broker.consumer = ended
    with pytest.raises(KafkaError, match="Unexpected error"):
        broker.check_fetching()
