"""Lists of tickets, page by page: the most urgent first, the newest first, or behind a figure."""

import base64
import binascii
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from services.reporting.store.reading import Database, Span
from shared.kit.unit import Document

Order = Literal["urgent", "newest"]
MILESTONES = {
    "created": ("created_at", "last_agent"),
    "first_response": ("first_response_at", "first_response_by"),
    "resolution": ("resolved_at", "resolved_by"),
    "one_touch": ("resolved_at", "resolved_by"),
}
"""Figures that stand in the ticket itself: when it counts, and for which agent."""


class BadCursorError(ValueError):
    """`after` was not made here."""


@dataclass(frozen=True)
class Page:
    tickets: Sequence[Document]
    after: str | None


class Lists:
    def __init__(self, database: Database) -> None:
        self._tickets = database["tickets"]
        self._timeline = database["timeline"]

    async def tickets(
        self, where: Mapping[str, Any], order: Order, limit: int, after: str | None
    ) -> Page:
        where = {"created_at": {"$exists": True}, **where}
        if order == "newest":
            return await self._newest(where, limit, _position(after))
        return await self._urgent(where, limit, _position(after))

    async def behind(self, figure: str, span: Span, under: Mapping[str, str]) -> list[str]:
        """The ids of the tickets that a figure of the rollups counts."""
        if figure in MILESTONES:
            return await self._at_milestone(figure, span, under)
        counted = {"figure": figure, "at": span.within, **under}
        pipeline: list[Mapping[str, Any]] = [
            {"$match": {"counts": {"$elemMatch": counted}}},
            {"$project": {"ticket": 1, "counts": 1}},
        ]
        cursor = await self._timeline.aggregate(pipeline)
        times: Counter[str] = Counter()
        async for entry in cursor:
            for part in entry["counts"]:
                if _matches(part, figure, span, under):
                    times[entry["ticket"]] += part["times"]
        return sorted(ticket for ticket, total in times.items() if total > 0)

    async def named(self, ids: Sequence[str]) -> list[Document]:
        found = self._tickets.find({"_id": {"$in": list(ids)}}, {"_kit": 0})
        return await found.sort([("created_at", -1), ("_id", -1)]).to_list()

    async def _at_milestone(self, figure: str, span: Span, under: Mapping[str, str]) -> list[str]:
        moment, agent = MILESTONES[figure]
        where: dict[str, Any] = {moment: span.within, "spam": False}
        if moment == "resolved_at":
            where["merged_into"] = None
        if figure == "one_touch":
            where |= {"turns.agent": 1, "reopens": 0}
        names = {"agent": agent}
        where |= {names.get(dimension, dimension): value for dimension, value in under.items()}
        return [found["_id"] async for found in self._tickets.find(where, {"_id": 1}).sort("_id")]

    async def _newest(self, where: Mapping[str, Any], limit: int, position: Sequence[Any]) -> Page:
        if position:
            where = {"$and": [where, _beyond("created_at", "$lt", position)]}
        order = [("created_at", -1), ("_id", -1)]
        found = await self._tickets.find(where, {"_kit": 0}).sort(order).limit(limit).to_list()
        last = found[-1] if len(found) == limit else None
        return Page(found, _cursor(last["created_at"], last["_id"]) if last else None)

    async def _urgent(self, where: Mapping[str, Any], limit: int, position: Sequence[Any]) -> Page:
        """First those with a running clock, by its due time; then the others, oldest first."""
        due: list[Document] = []
        clockless = len(position) == 3  # noqa: PLR2004 - the mark "none", a moment, an id
        if not clockless:
            due = await self._due(where, limit, position)
            if len(due) == limit:
                last = due[-1]
                return Page(due, _cursor(last["next_due_at"], last["_id"]))
        rest = await self._clockless(where, limit - len(due), position[1:] if clockless else ())
        found = [*due, *rest]
        final = found[-1] if len(found) == limit else None
        cursor = _cursor("none", final["created_at"], final["_id"]) if final else None
        return Page(found, cursor)

    async def _due(
        self, where: Mapping[str, Any], limit: int, position: Sequence[Any]
    ) -> list[Document]:
        parts = [where, {"live": True, "next_due_at": {"$ne": None}}]
        if position:
            parts.append(_beyond("next_due_at", "$gt", position))
        order = [("next_due_at", 1), ("_id", 1)]
        found = self._tickets.find({"$and": parts}, {"_kit": 0}).sort(order).limit(limit)
        return await found.to_list()

    async def _clockless(
        self, where: Mapping[str, Any], limit: int, position: Sequence[Any]
    ) -> list[Document]:
        parts = [where, {"next_due_at": None}]
        if position:
            parts.append(_beyond("created_at", "$gt", position))
        order = [("created_at", 1), ("_id", 1)]
        found = self._tickets.find({"$and": parts}, {"_kit": 0}).sort(order).limit(limit)
        return await found.to_list()


def _matches(part: Document, figure: str, span: Span, under: Mapping[str, str]) -> bool:
    moments = span.within
    return (
        part["figure"] == figure
        and moments["$gte"] <= part["at"] < moments["$lt"]
        and all(part.get(dimension) == value for dimension, value in under.items())
    )


def _beyond(field: str, operator: str, position: Sequence[Any]) -> dict[str, Any]:
    value, document_id = position
    return {"$or": [{field: {operator: value}}, {field: value, "_id": {operator: document_id}}]}


def _cursor(*position: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def _position(cursor: str | None) -> Sequence[Any]:
    if cursor is None:
        return ()
    try:
        *head, moment, document_id = orjson.loads(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        )
        if head not in ([], ["none"]):
            raise BadCursorError(cursor)
        return (*head, datetime.fromisoformat(moment).astimezone(UTC), str(document_id))
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadCursorError(cursor) from error
