"""Two owners of the timers, one killed with -9 while they come due: each fires once."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deskstream.stack import Stack
from tests.bench.timers.ear import listening
from tests.bench.timers.post import Post, post

TIMERS = 200
PATIENCE = 120.0


async def test_each_timer_fires_once_though_an_owner_is_killed_among_them(
    stack: Stack, tmp_path: Path
) -> None:
    async with post(stack, "kills.", tmp_path, 2) as here:
        await here.begin()
        async with listening(here.settings) as ear:
            first = datetime.now(UTC) + timedelta(seconds=2)
            dues = [first + timedelta(milliseconds=10 * number) for number in range(TIMERS)]
            await here.fill(here.stock.timed(dues, "t"))
            await ear.until_breaches(TIMERS // 4, PATIENCE)
            await asyncio.to_thread(here.fleet.kill, "sla")
            await here.begin("sla")  # comes back while the other takes over
            await ear.until_breaches(TIMERS, PATIENCE)
            heard = ear.heard
        await until_written(here)
    assert len(heard.subjects) == TIMERS
    assert (heard.early, heard.doubled) == (0, 0)


async def until_written(here: Post) -> None:
    """A fire is committed before its ticket is written."""
    unwritten = {"clocks.first_response.breached_at": None}
    async with asyncio.timeout(PATIENCE):
        while await here.tickets.count_documents(unwritten):  # noqa: ASYNC110 - no event for it
            await asyncio.sleep(0.05)
