"""What people and tools ask: live counts, tickets, stories, figures; each a query or two."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from services.reporting.domain.figures import hour_of
from services.reporting.domain.measures import summed
from shared.kit.unit import Document

Database = AsyncDatabase[dict[str, Any]]
METRICS = ("first_response", "next_response", "update", "resolution", "progress", "assignment")
_NO_SUM = frozenset({"_id", "partition", "dimension", "value", "hour"})

INDEXES: Mapping[str, Sequence[Sequence[tuple[str, int]]]] = {
    "tickets": (
        (("number", 1),),
        (("live", 1), ("next_due_at", 1), ("_id", 1)),
        (("created_at", -1), ("_id", -1)),
        (("agent", 1), ("live", 1)),
        (("first_response_at", 1),),
        (("resolved_at", 1),),
    ),
    "timeline": ((("at", -1),), (("counts.figure", 1), ("counts.at", 1))),
    "rollups": ((("dimension", 1), ("hour", 1)),),
    "boards": ((("dimension", 1),),),
    # No index of their own: named here so that no transaction has to create them.
    "messages": (),
    "agents": (),
    "customers": (),
}


@dataclass(frozen=True)
class Span:
    """Whole hours: from the one that `start` lies in to the one that `end` lies in or closes."""

    start: datetime
    end: datetime

    @property
    def within(self) -> dict[str, datetime]:
        begun = hour_of(self.end)
        end = begun if begun == self.end else begun + timedelta(hours=1)
        return {"$gte": hour_of(self.start), "$lt": end}


class Figures:
    """The counters, summed over partitions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def board(self, dimension: str = "all") -> dict[str, dict[str, Any]]:
        """The live counts by value."""
        found = await self._database["boards"].find({"dimension": dimension}).to_list()
        return _summed_by(found, "value")

    async def by_value(self, dimension: str, span: Span) -> dict[str, dict[str, Any]]:
        found = self._database["rollups"].find({"dimension": dimension, "hour": span.within})
        return _summed_by(await found.to_list(), "value")

    async def by_hour(self, span: Span) -> dict[datetime, dict[str, Any]]:
        found = self._database["rollups"].find({"dimension": "all", "hour": span.within})
        return _summed_by(await found.to_list(), "hour")

    async def total(self, span: Span) -> dict[str, Any]:
        return (await self.by_value("all", span)).get("all", {})

    async def overdue(self, now: datetime) -> dict[str, int]:
        """Open targets by metric that are past due, with a breach that nobody has said yet."""
        tickets = self._database["tickets"]
        late = {"live": True, "next_due_at": {"$lte": now}}
        counted = {}
        for metric in METRICS:
            clock = f"clocks.{metric}"
            running = {f"{clock}.state": "running", f"{clock}.due_at": {"$lte": now}}
            counted[metric] = await tickets.count_documents(late | running)
        return counted


class People:
    """Agents and queues as they stand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def agents(self) -> list[Document]:
        found: list[Document] = await self._database["agents"].find().sort("_id").to_list()
        return found

    async def waiting_since(self) -> dict[str, datetime]:
        """By queue, since when the ticket waits that waits longest."""
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {"agent": None, "live": True, "queued_at": {"$ne": None}}},
            {"$group": {"_id": "$queue", "since": {"$min": "$queued_at"}}},
        ]
        cursor = await self._database["tickets"].aggregate(pipeline)
        return {line["_id"]: line["since"] for line in await cursor.to_list() if line["_id"]}


class Stories:
    """What happened: to one ticket, or just now to all."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ticket(self, number_or_id: str) -> Document | None:
        either = {"$or": [{"_id": number_or_id}, {"number": number_or_id.upper()}]}
        found: Document | None = await self._database["tickets"].find_one(
            either | {"created_at": {"$exists": True}}, {"_kit": 0}
        )
        return found

    async def entries(self, ticket: str, after: int, limit: int) -> list[Document]:
        return await self._of_ticket("timeline", ticket, after, limit)

    async def messages(self, ticket: str, after: int, until: int) -> list[Document]:
        """The texts that belong to the entries after `after` up to `until`."""
        return await self._of_ticket("messages", ticket, after, 0, until)

    async def latest(self, limit: int) -> list[Document]:
        found = self._database["timeline"].find({}, {"counts": 0, "words": 0})
        return await found.sort([("at", -1), ("_id", -1)]).limit(limit).to_list()

    async def _of_ticket(
        self, collection: str, ticket: str, after: int, limit: int, until: int = 999_999
    ) -> list[Document]:
        ids = {"$gt": f"{ticket}:{after:06d}", "$lte": f"{ticket}:{until:06d}"}
        found = self._database[collection].find({"_id": ids, "ticket": ticket}, {"counts": 0})
        return await found.sort("_id").limit(limit).to_list()


def _summed_by(documents: Sequence[Document], field: str) -> dict[Any, dict[str, Any]]:
    groups: dict[Any, list[Document]] = defaultdict(list)
    for document in documents:
        amounts = {name: value for name, value in document.items() if name not in _NO_SUM}
        groups[document[field]].append(amounts)
    return {value: summed(group) for value, group in sorted(groups.items())}
