"""The machine's own time, and the database server's."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

log = structlog.get_logger("deskstream.kit")
SLOW_ANSWER = timedelta(seconds=1)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ServerClock(SystemClock):
    """Goes by one server's time, so that no deadline depends on whose clock is off."""

    def __init__(self) -> None:
        self.off = timedelta(0)  # what the machine's own clock lacks
        self._took = timedelta(0)  # the wait of the answer that told so; half of it is its error

    def own(self) -> datetime:
        return super().now()

    def now(self) -> datetime:
        return self.own() + self.off

    def heard(self, server: datetime, *, asked: datetime, answered: datetime) -> None:
        """Its time, between two moments of our own; what the wait may explain is no news.

        An answer that came much sooner than the one that is gone by tells the same more exactly.
        """
        took = answered - asked
        off = server - (asked + took / 2)
        news = abs(off - self.off) > took
        if took > SLOW_ANSWER or not (news or took < self._took / 2):
            return
        self.off, self._took = off, took
        if news:
            seconds = round(off.total_seconds(), 3)
            log.warning("the clock is off, goes by MongoDB's", seconds=seconds)
