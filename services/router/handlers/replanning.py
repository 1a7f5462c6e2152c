"""After a change of the rules: which pools have somebody waiting who must be looked at anew."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from pymongo.asynchronous.database import AsyncDatabase

from services.router.domain.ticket import Place
from services.router.store import TICKETS
from shared.kit.looking import keep_looking
from shared.kit.ports import Clock
from shared.kit.records import Partition
from shared.kit.revisits import Revisit, Revisits
from shared.kit.unit import Document

EVERY = timedelta(seconds=0.25)
REPLAN = "replan"


class Replanning:
    """Asks for one waiting ticket of each pool whenever rules or partitions here have changed.

    With any ticket its pool is loaded, and whatever waits there is placed by the rules in force.
    """

    def __init__(
        self,
        database: AsyncDatabase[Document],
        revisits: Revisits,
        version: Callable[[], str],
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._revisits, self._version, self._clock = revisits, version, clock
        self._done: tuple[str, frozenset[Partition]] | None = None

    async def run(self) -> None:
        await keep_looking(self.look, self._clock, EVERY, "replanning")

    async def look(self) -> None:
        now = self._version(), self._revisits.partitions
        if now == self._done or not self._revisits.partitions:
            return
        self._revisits.ask([revisit async for revisit in self._first_waiting()])
        self._done = now

    async def _first_waiting(self) -> AsyncIterator[Revisit]:
        """By the index of pools and places: as cheap with a million tickets."""
        owned = {str(partition): partition for partition in self._revisits.partitions}
        tickets = self._database[TICKETS]
        for pool in await tickets.distinct("pool"):
            waits = {"pool": pool, "place": Place.WAITING.value}
            ticket = await tickets.find_one(waits, {"_kit.at": 1})
            if ticket is not None and ticket["_kit"]["at"] in owned:
                yield Revisit(REPLAN, ticket["_id"], owned[ticket["_kit"]["at"]])
