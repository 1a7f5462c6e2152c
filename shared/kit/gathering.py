"""Many small writes as few: what comes while one is under way goes together with the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Gathering(Generic[T, R]):
    """Everybody waits for his own; nobody waits for a clock, unless a pause is asked for.

    So a process that dies has as many unwritten as there are waiting, and no more.
    """

    def __init__(
        self, write: Callable[[Sequence[T]], Awaitable[Sequence[R]]], pause_seconds: float = 0
    ) -> None:
        """`write` answers for each in order. The first of several waits so long for the others."""
        self._write = write
        self._pause_seconds = pause_seconds
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._arrived = asyncio.Event()

    def begin(self, item: T) -> "asyncio.Future[R]":
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        self._arrived.set()
        return answer

    async def settled(self, item: T) -> R:
        return await self.begin(item)

    async def run(self) -> None:
        """Until cancelled; what is being written then is written to its end."""
        while True:
            await self._arrived.wait()
            if self._pause_seconds:
                await asyncio.sleep(self._pause_seconds)
            self._arrived.clear()
            taken, self._waiting = self._waiting, []
            await asyncio.shield(asyncio.ensure_future(self._write_all(taken)))

    async def _write_all(self, taken: Sequence[tuple[T, "asyncio.Future[R]"]]) -> None:
        try:
            answers = await self._write([item for item, _ in taken])
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait
            for _, future in taken:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(taken, answers, strict=True):
            if not future.done():
                future.set_result(answer)
