"""aiokafka on uvloop: a write to a connection that has just been closed is a lost connection.

asyncio's own transports take such a write and say nothing, uvloop's raise RuntimeError. aiokafka
expects OSError alone, so its tasks for fetching, for the group and for sending end at it for good:
nothing is fetched any more, and nobody is told (https://github.com/aio-libs/aiokafka/issues/1038).
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from aiokafka import client
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError


def call_them_lost() -> None:
    """For all connections of this process."""
    for name in ("send", "_send_sasl_token"):
        setattr(AIOKafkaConnection, name, written(getattr(AIOKafkaConnection, name)))
    client.create_conn = opened(client.create_conn)  # type: ignore[attr-defined]


def written(write: Callable[..., Any]) -> Callable[..., Any]:
    """Writes, and closes its side of what was closed."""

    @wraps(write)
    def guarded(connection: AIOKafkaConnection, *args: Any, **kwargs: Any) -> Any:
        try:
            return write(connection, *args, **kwargs)
        except RuntimeError as error:
            connection.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"the connection was closed before: {error}") from error

    return guarded


def opened(create: Callable[..., Awaitable[AIOKafkaConnection]]) -> Callable[..., Any]:
    """The same of one that closes while it opens; whoever opens one expects OSError."""

    @wraps(create)
    async def guarded(*args: Any, **kwargs: Any) -> AIOKafkaConnection:
        try:
            return await create(*args, **kwargs)
        except RuntimeError as error:
            raise ConnectionError(f"closed while it was opened: {error}") from error

    return guarded
