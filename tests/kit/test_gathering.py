"""What comes while a write is under way goes together with the next."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.kit.gathering import Gathering


async def test_those_that_wait_are_written_together() -> None:
    written: list[Sequence[int]] = []
    begun, gate = asyncio.Event(), asyncio.Event()

    async def write(items: Sequence[int]) -> Sequence[str]:
        written.append(items)
        begun.set()
        await gate.wait()
        return [str(item) for item in items]

    gathering = Gathering(write)
    running = asyncio.create_task(gathering.run())
    first = asyncio.create_task(gathering.settled(1))
    async with asyncio.timeout(5):
        await begun.wait()
        others = [asyncio.create_task(gathering.settled(number)) for number in (2, 3, 4)]
        await asyncio.sleep(0)
        gate.set()
        assert await asyncio.gather(first, *others) == ["1", "2", "3", "4"]
    assert written == [[1], [2, 3, 4]]
    running.cancel()


async def test_an_error_is_theirs_who_wait_and_the_next_are_written() -> None:
    failures = [OSError("away")]

    async def write(items: Sequence[int]) -> Sequence[int]:
        if failures:
            raise failures.pop()
        return items

    gathering = Gathering(write)
    running = asyncio.create_task(gathering.run())
    async with asyncio.timeout(5):
        with pytest.raises(OSError, match="away"):
            await gathering.settled(1)
        assert await gathering.settled(2) == 2
    running.cancel()
