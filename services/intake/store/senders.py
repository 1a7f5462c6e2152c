"""Who wrote: his tickets, how much lately, and what his messages tell of him."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.intake.domain.burst import counted, messages_within
from services.intake.domain.message import IncomingMessage
from services.intake.domain.profile import Profile, merged, noticed
from shared.kit.unit import Document, Transaction

SENDERS = "senders"
MOST_RECENT = 10


@dataclass(slots=True)
class SenderStore:
    """One batch's view. One person may have several ids: his own, and those of his addresses."""

    tx: Transaction
    _documents: dict[str, dict[str, Document]] = field(default_factory=dict)
    _touched: set[tuple[str, str]] = field(default_factory=set)

    async def load(self, customer_ids: Collection[str]) -> None:
        if not customer_ids:
            return
        where = {"customer_id": {"$in": sorted(customer_ids)}}
        for document in await self.tx.find(SENDERS, where):
            by_key = self._documents.setdefault(document["customer_id"], {})
            by_key[document["_id"]] = dict(document)

    def tickets(self) -> Iterable[str]:
        """All that were opened lately."""
        for by_partition in self._documents.values():
            for document in by_partition.values():
                yield from (each["ticket_id"] for each in document["recent"])

    def opened_by(self, customer_ids: Collection[str]) -> tuple[int, list[str]]:
        """How many tickets, and the latest of them first."""
        parts = self._parts(customer_ids)
        recent = sorted((each for d in parts for each in d["recent"]), key=_when, reverse=True)
        return sum(d["tickets"] for d in parts), [each["ticket_id"] for each in recent]

    def profile(self, customer_ids: Collection[str]) -> Profile:
        return merged(_profile(document) for document in self._parts(customer_ids))

    def written_lately(self, customer_id: str, at: datetime) -> int:
        parts = self._parts((customer_id,))
        return sum(messages_within(document["minutes"], at) for document in parts)

    def count(self, customer_id: str, partition: int, at: datetime) -> None:
        sender = self._sender(customer_id, partition)
        sender["minutes"] = counted(sender["minutes"], at)

    def opened(self, customer_id: str, ticket_id: str, partition: int, at: datetime) -> None:
        sender = self._sender(customer_id, partition)
        sender["tickets"] += 1
        sender["recent"] = [{"ticket_id": ticket_id, "at": at}, *sender["recent"]][:MOST_RECENT]

    def notice(
        self,
        customer_id: str,
        partition: int,
        message: IncomingMessage,
        at: datetime,
        *,
        proven: bool,
    ) -> None:
        sender = self._sender(customer_id, partition)
        sender["profile"] = _stored(noticed(_profile(sender), message, at, proven=proven))

    def flush(self) -> None:
        for customer_id, key in sorted(self._touched):
            self.tx.put(SENDERS, self._documents[customer_id][key])

    def _parts(self, customer_ids: Collection[str]) -> list[Document]:
        ids = sorted(set(customer_ids))
        return [d for each in ids for d in self._documents.get(each, {}).values()]

    def _sender(self, customer_id: str, partition: int) -> Document:
        """A document for each partition, so that no two partitions' batches write the same."""
        key = f"{customer_id}:{partition}"
        self._touched.add((customer_id, key))
        fresh: Document = {
            "_id": key,
            "customer_id": customer_id,
            "tickets": 0,
            "recent": [],
            "minutes": {},
        }
        return self._documents.setdefault(customer_id, {}).setdefault(key, fresh)


async def forget(tx: Transaction, customer_ids: Collection[str]) -> None:
    """What his messages told of somebody who is gone; how many tickets he had stays."""
    for document in await tx.find(SENDERS, {"customer_id": {"$in": sorted(customer_ids)}}):
        if "profile" in document:
            tx.put(SENDERS, {k: v for k, v in document.items() if k != "profile"})


def _profile(document: Document) -> Profile:
    found = document.get("profile")
    if not found:
        return Profile()
    return Profile(
        name=found["name"],
        addresses=tuple(found["addresses"]),
        channels=tuple(found["channels"]),
        messages=found["messages"],
        since=found["since"],
        last_at=found["last_at"],
    )


def _stored(profile: Profile) -> Document:
    return {
        "name": profile.name,
        "addresses": list(profile.addresses),
        "channels": list(profile.channels),
        "messages": profile.messages,
        "since": profile.since,
        "last_at": profile.last_at,
    }


def _when(each: Mapping[str, Any]) -> Any:
    return each["at"]
