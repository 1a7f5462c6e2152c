"""A service's background look into its store, again and again."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from pymongo.errors import PyMongoError

from shared.kit.ports import Clock

log = structlog.get_logger("deskstream.kit")


async def keep_looking(
    look: Callable[[], Awaitable[None]], clock: Clock, every: timedelta, who: str
) -> None:
    """Until cancelled. While the database is away `who` waits: said, and tried again."""
    while True:
        await clock.sleep(every.total_seconds())
        try:
            await look()
        except PyMongoError as error:
            log.warning("waits", who=who, for_="MongoDB", error=type(error).__name__)
