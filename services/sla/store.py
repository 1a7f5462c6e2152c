"""The tickets that sla keeps, asked for as a whole: which of them follow older policies."""

from collections import Counter
from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.sla.domain.ticket_state import SlaState
from shared.kit.entities import from_document
from shared.kit.mongo import TIMER_INDEX
from shared.kit.records import Partition
from shared.kit.unit import Document

TICKETS = "tickets"
TALLY = "tally"
REQUESTS = "requests"
RETARGET = "retarget"
CHUNK = 1_000

Tickets = AsyncDatabase[Document]


class OpenTickets:
    """Those with a timer; each has one that was promised something and is not resolved yet."""

    def __init__(self, database: Tickets) -> None:
        self._database = database

    def _behind(self, version: str, partitions: Collection[Partition] | None) -> dict[str, Any]:
        where: dict[str, Any] = {
            "_kit.due": {"$exists": True},
            "policy_version": {"$ne": version},
        }
        if partitions is not None:
            where["_kit.at"] = {"$in": [str(partition) for partition in partitions]}
        return where

    async def count(self, version: str, partitions: Collection[Partition] | None = None) -> int:
        """How many do not follow this version of the policies yet; None: of all partitions."""
        return await self._database[TICKETS].count_documents(
            self._behind(version, partitions), hint=TIMER_INDEX
        )

    async def keys(
        self, version: str, partitions: Collection[Partition]
    ) -> AsyncIterator[list[tuple[str, Partition]]]:
        """The tickets of `count`, in chunks.

        One that moves in the index meanwhile was handled, and has been given the version by that.
        """
        owned = {str(partition): partition for partition in partitions}
        cursor = self._database[TICKETS].find(
            self._behind(version, partitions), {"_kit.at": 1}, hint=TIMER_INDEX, batch_size=CHUNK
        )
        chunk: list[tuple[str, Partition]] = []
        async for row in cursor:
            chunk.append((row["_id"], owned[row["_kit"]["at"]]))
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    async def states(self, version: str) -> AsyncIterator[SlaState]:
        where = self._behind(version, None)
        async for document in self._database[TICKETS].find(where, hint=TIMER_INDEX):
            state = from_document(document, SlaState).state
            if state is not None:
                yield state


async def tally(database: Tickets, partitions: Collection[Partition]) -> Counter[tuple[str, str]]:
    """How many promises stand how, by metric and standing."""
    where = {"_id": {"$in": [str(partition) for partition in partitions]}}
    counts: Counter[tuple[str, str]] = Counter()
    async for document in database[TALLY].find(where, {"_id": False}):
        for metric, standings in document.items():
            counts.update({(metric, each): int(count) for each, count in standings.items()})
    return counts


async def next_due(database: Tickets, partitions: Collection[Partition]) -> datetime | None:
    """The first timer of any ticket: a glance at the head of the index for each partition."""
    firsts = [
        await database[TICKETS].find_one(
            {"_kit.at": str(partition), "_kit.due": {"$exists": True}},
            {"_kit.due": 1},
            sort=TIMER_INDEX,
            hint=TIMER_INDEX,
        )
        for partition in partitions
    ]
    return min((first["_kit"]["due"] for first in firsts if first is not None), default=None)


async def request_retarget(database: Tickets, version: str) -> None:
    """Whoever runs this version is to move the open tickets over."""
    await database[REQUESTS].update_one(
        {"_id": RETARGET}, {"$set": {"version": version}}, upsert=True
    )


async def requested_version(database: Tickets) -> str | None:
    document = await database[REQUESTS].find_one({"_id": RETARGET})
    return None if document is None else document["version"]
