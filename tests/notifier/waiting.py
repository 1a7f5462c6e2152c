"""Waiting for what must come true, with a deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


async def until(
    condition: Callable[[], Any] | Callable[[], Awaitable[Any]], seconds: float = 10
) -> Any:
    """What the condition gives once that is true."""
    async with asyncio.timeout(seconds):
        while True:
            answer = condition()
            if asyncio.iscoroutine(answer):
                answer = await answer
            if answer:
                return answer
            await asyncio.sleep(0.01)
