"""What the door remembers: which Idempotency-Keys were used, and what became of what it sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from services.intake.store.lifecycle import ANSWERS, DOOR
from shared.contracts.fields import to_millisecond
from shared.kit.unit import Document, Heard, Transaction

KEYS = "idempotency_keys"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """`id` is also the CloudEvents id, so that a repetition is one for every reader."""

    id: str
    digest: str
    at: datetime
    accepted: bool = False


class IdempotencyKeys:
    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._keys = database[KEYS]

    async def claim(self, key: str, digest: str, now: datetime) -> KnownKey:
        """What this key stands for: the first request that brought it."""
        first = KnownKey(key, digest, to_millisecond(now))
        try:
            await self._keys.insert_one({"_id": key, "digest": digest, "at": first.at})
        except DuplicateKeyError:
            known = await self._keys.find_one({"_id": key})
            # Between the two, time may have run out for the old one: then this is the first again.
            return first if known is None else _known(known)
        return first

    async def accepted(self, known: KnownKey) -> None:
        await self._keys.update_one({"_id": known.id}, {"$set": {"accepted": True}})


def _known(document: Document) -> KnownKey:
    return KnownKey(
        id=document["_id"],
        digest=document["digest"],
        at=document["at"],
        accepted=bool(document.get("accepted")),
    )


def answer(
    tx: Transaction,
    heard: Heard,
    *,
    ticket_id: str | None,
    reason: str | None = None,
    said: Sequence[str] = (),
) -> None:
    """For the caller who waits at the door; nothing for what came in elsewhere.

    `reason` says why nothing came of it. The last answer of a batch holds.
    """
    if heard.envelope.source != DOOR:
        return
    document = {
        "_id": heard.envelope.id,
        "ticket_id": ticket_id,
        "reason": reason,
        "said": list(said),
        "at": heard.time,
    }
    tx.put(ANSWERS, document)


async def prepare(database: AsyncDatabase[Document], keep_seconds: int) -> None:
    """Keys and answers are kept for a while; MongoDB deletes them then."""
    for collection in (KEYS, ANSWERS):
        await database[collection].create_index("at", expireAfterSeconds=keep_seconds)
