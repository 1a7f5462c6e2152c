"""Open tickets follow changed policies in the background, while events go on being handled."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from prometheus_client import Gauge

from services.sla.handlers.clocks import RETARGET
from services.sla.store import OpenTickets, Tickets, requested_version
from shared.kit.looking import keep_looking
from shared.kit.ports import Clock
from shared.kit.records import Partition
from shared.kit.revisits import Revisit, Revisits

REMAINING = Gauge(
    "deskstream_sla_retarget_remaining",
    "Open tickets here whose clocks still follow older policies, as of the pass at work",
)
EVERY = timedelta(seconds=0.5)
STEP_SECONDS = 0.01
MOST_WAITING = 2_000
log = structlog.get_logger("deskstream.sla")


class Retargeting:
    """Looks for tickets behind whenever the policies or the partitions here have changed.

    `by_itself`: without being asked to by `deskstream sla retarget`.
    """

    def __init__(
        self,
        database: Tickets,
        revisits: Revisits,
        version: Callable[[], str],
        *,
        clock: Clock,
        by_itself: bool,
    ) -> None:
        self._database, self._tickets = database, OpenTickets(database)
        self._revisits, self._version, self._clock = revisits, version, clock
        self._by_itself = by_itself
        self._done: tuple[str, frozenset[Partition]] | None = None

    async def run(self) -> None:
        await keep_looking(self.look, self._clock, EVERY, "retargeting")

    async def look(self) -> None:
        """One pass over what is behind, if there is a reason to look."""
        version, partitions = self._version(), self._revisits.partitions
        if self._done == (version, partitions) or not partitions:
            return
        if not self._by_itself and await requested_version(self._database) != version:
            return
        if await self._pass(version, partitions):
            self._done = version, partitions

    async def _pass(self, version: str, partitions: frozenset[Partition]) -> bool:
        """Whether all that can follow does; False: look again."""
        total = await self._tickets.count(version, partitions)
        if not total:
            return True
        log.info("retargeting", tickets=total, version=version)
        REMAINING.set(total)
        async for chunk in self._tickets.keys(version, partitions):
            await self._until(lambda: self._revisits.waiting < MOST_WAITING)
            if (self._version(), self._revisits.partitions) != (version, partitions):
                return False
            self._revisits.ask(Revisit(RETARGET, key, at) for key, at in chunk)
            REMAINING.dec(len(chunk))
        await self._until(lambda: not self._revisits.waiting)
        return await self._settled(version, partitions, total)

    async def _settled(self, version: str, partitions: frozenset[Partition], total: int) -> bool:
        """The last batch may be at work still; what remains after that could not be handled."""
        left = await self._tickets.count(version, partitions)
        REMAINING.set(left)
        if left and left < total:
            return False
        level = log.error if left else log.info
        level("retargeted", tickets=total - left, left=left, version=version)
        return True

    async def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            await self._clock.sleep(STEP_SECONDS)
