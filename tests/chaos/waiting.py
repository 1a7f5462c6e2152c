"""Waits until something is so, by looking again."""

import asyncio
from collections.abc import Callable

LOOK_SECONDS = 0.05


async def until(holds: Callable[[], bool], patience: float) -> None:
    """TimeoutError when it does not hold in time."""
    async with asyncio.timeout(patience):
        while True:
            if holds():
                return
            await asyncio.sleep(LOOK_SECONDS)
