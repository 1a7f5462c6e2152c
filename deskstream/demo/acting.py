"""What the played people do later: each act after a pause, none of them failing unheard."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any


class Stage:
    """Runs the acts. `done`: nothing is to come; `failed` waits for what goes wrong first."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def done(self) -> bool:
        return not self._tasks

    async def failed(self) -> None:
        """Raises it; else never returns."""
        await asyncio.shield(self._failure)

    def later(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        self._start(_after(seconds, act))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not self._failure.done():
            self._failure.set_exception(error)

    async def clear(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._failure.done():
            self._failure.exception()
        self._failure.cancel()


async def _after(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(seconds)
    await act()
