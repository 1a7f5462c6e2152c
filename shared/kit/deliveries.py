"""Side effects as documents: asked for in a transaction, leased by senders, reported once.

A delivery is `due` until its sender says `sent` or `failed`. To take one is to move its `due_at`
to the end of a lease: whatever its holder does not settle by then is due again by itself. Every
instant here is the database server's, so that no two machines' clocks are ever compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from pymongo import ASCENDING, UpdateMany
from pymongo.asynchronous.collection import AsyncCollection

from shared.kit.mongo import DUE_INDEX
from shared.kit.unit import Document

COLLECTION = "deliveries"
INDEXES: Mapping[str, Sequence[Sequence[tuple[str, int]]]] = {COLLECTION: (DUE_INDEX,)}
_DUE_NOW: Document = {"state": "due", "$expr": {"$lte": ["$due_at", "$$NOW"]}}


def new_delivery(
    delivery_id: str,
    *,
    partition: int,
    subject: str,
    due_at: datetime,
    give_up_at: datetime,
    payload: Mapping[str, Any],
) -> Document:
    """What a handler inserts; `payload` is all that its sender and its report need."""
    return {
        "_id": delivery_id,
        "partition": partition,
        "subject": subject,
        "state": "due",
        "due_at": due_at,
        "give_up_at": give_up_at,
        "attempts": 0,
        **payload,
    }


def reported(document: Mapping[str, Any], *kept: str) -> Document:
    """What a handler puts back for an outcome: done for good, with no more than is worth keeping.

    The document itself stays: it is what makes the same delivery impossible a second time.
    """
    names = ("_id", "partition", "subject", "state", "attempts", "done_at", *kept)
    return {name: document[name] for name in names if name in document}


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery of ours until the lease ends. `taken_over`: an earlier holder never settled it.

    `content` is what its sender needs, where that was at hand when it was asked for.
    """

    delivery_id: str
    token: str
    document: Document
    attempts: int
    claimed_at: datetime
    taken_over: bool
    content: object | None = None

    @property
    def give_up_at(self) -> datetime:
        moment: datetime = self.document["give_up_at"]
        return moment


@dataclass(frozen=True, slots=True)
class Backlog:
    due: int
    oldest_seconds: float  # how long the one that waits longest has been due


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of a claimed delivery; only its holder's counts."""

    claim: Claim
    changes: Mapping[str, Any]
    forgets: tuple[str, ...] = ()

    @property
    def kind(self) -> tuple[str, str, tuple[str, ...]]:
        """Settlements of one kind are one update."""
        return self.claim.token, repr(self.changes), self.forgets


def _update(alike: Sequence[Settlement]) -> UpdateMany:
    token = alike[0].claim.token
    ids = [each.claim.delivery_id for each in alike]
    ours = {"_id": {"$in": ids}, "lease": token, "state": "due"}
    changes = {**alike[0].changes, "settled_by": {"$literal": token}}
    gone = ["lease", "claimed_at", "taken_over", *alike[0].forgets]
    return UpdateMany(ours, [{"$set": changes}, {"$unset": gone}], hint=[("_id", ASCENDING)])


def sent(claim: Claim, *forgets: str) -> Settlement:
    """Done; these fields of its payload nobody needs any more."""
    return Settlement(claim, _done("sent"), forgets)


def failed(claim: Claim, error: str, *forgets: str) -> Settlement:
    """Given up."""
    return Settlement(claim, {"error": {"$literal": error}, **_done("failed")}, forgets)


def later(claim: Claim, pause: timedelta, error: str) -> Settlement:
    """Due again after the pause."""
    due_at = {"$add": ["$$NOW", _milliseconds(pause)]}
    return Settlement(claim, {"error": {"$literal": error}, "due_at": due_at})


def released(claim: Claim) -> Settlement:
    """Never tried: due again at once, and the attempt is taken back."""
    return Settlement(claim, {"due_at": "$$NOW", "attempts": {"$subtract": ["$attempts", 1]}})


class Deliveries:
    def __init__(self, collection: AsyncCollection[Document], lease: timedelta) -> None:
        self._collection = collection
        self._lease = _milliseconds(lease)

    async def due(self, limit: int) -> list[str]:
        """Those that wait longest; somebody else may claim them first."""
        found = self._collection.find(_DUE_NOW, {"_id": 1}).sort("due_at", 1).limit(limit)
        return [document["_id"] async for document in found]

    async def claim(self, ids: Sequence[str]) -> list[Claim]:
        """Takes those of them that are still due, each for one holder only."""
        token = uuid4().hex
        taken = await self._collection.update_many(
            {"_id": {"$in": list(ids)}, **_DUE_NOW},
            [_take(token, self._lease)],
            hint=[("_id", ASCENDING)],
        )
        if not taken.modified_count:
            return []
        found = self._collection.find({"_id": {"$in": list(ids)}, "lease": token})
        found = found.hint([("_id", ASCENDING)])
        claims = [_claim(document, token) async for document in found]
        return sorted(claims, key=lambda claim: ids.index(claim.delivery_id))

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """In one round trip; for each whether it is what its holder says: if not, another's is.

        Said again, as after a lost answer, it changes nothing, and is still what it was.
        """
        kinds: dict[object, list[Settlement]] = {}
        for each in settlements:
            kinds.setdefault(each.kind, []).append(each)
        result = await self._collection.bulk_write(
            [_update(alike) for alike in kinds.values()], ordered=False
        )
        if result.matched_count == len(settlements):
            return [True] * len(settlements)
        ids = [each.claim.delivery_id for each in settlements]
        found = self._collection.find({"_id": {"$in": ids}}, {"settled_by": 1})
        settled = {document["_id"]: document.get("settled_by") async for document in found}
        return [settled.get(each.claim.delivery_id) == each.claim.token for each in settlements]

    async def give_up(self, error: str) -> int:
        """Ends those that nobody holds and whose time to try is over; how many these were."""
        over = {"$expr": {"$and": [_passed("$due_at"), _passed("$give_up_at")]}}
        ended = await self._collection.update_many(
            {"state": "due", **over},
            [{"$set": {"error": {"$ifNull": ["$error", {"$literal": error}]}, **_done("failed")}}],
        )
        return ended.modified_count

    async def backlog(self) -> Backlog:
        pipeline: list[Document] = [
            {"$match": _DUE_NOW},
            {"$group": {"_id": None, "due": {"$sum": 1}, "oldest": {"$min": "$due_at"}}},
            {"$set": {"waited": {"$subtract": ["$$NOW", "$oldest"]}}},
        ]
        async for row in await self._collection.aggregate(pipeline):
            return Backlog(row["due"], row["waited"] / 1000)
        return Backlog(0, 0.0)


def _take(token: str, lease_ms: int) -> Document:
    return {
        "$set": {
            "taken_over": {"$ne": [{"$type": "$lease"}, "missing"]},
            "lease": {"$literal": token},
            "claimed_at": "$$NOW",
            "due_at": {"$add": ["$$NOW", lease_ms]},
            "attempts": {"$add": ["$attempts", 1]},
        }
    }


def _done(state: str) -> Document:
    return {"state": state, "done_at": "$$NOW", "outcome_ready": True}


def _passed(field: str) -> Document:
    return {"$lte": [field, "$$NOW"]}


def _claim(document: Document, token: str) -> Claim:
    return Claim(
        delivery_id=document["_id"],
        token=token,
        document=document,
        attempts=document["attempts"],
        claimed_at=document["claimed_at"],
        taken_over=document["taken_over"],
    )


def _milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)
