"""What lifecycle keeps beside the tickets: messages, numbers, and answers for the door."""

from asyncio import Lock
from collections.abc import Collection
from typing import Any, Protocol

from pymongo import ReturnDocument, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase

from services.intake.domain.ticket import FIRST_NUMBER, KeptMessage, TicketState
from shared.kit.unit import Document, Transaction

TICKETS = "tickets"
MESSAGES = "messages"
NUMBERS = "numbers"
COUNTERS = "counters"
ANSWERS = "answers"
BLOCK = 100
DOOR = "/deskstream/intake/http"  # the CloudEvents source of what comes in by HTTP


class LifecycleStore:
    """One batch's reads and writes. A message that this batch keeps is found in it again."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._messages: dict[str, KeptMessage] = {}

    async def load_messages(self, keys: Collection[str]) -> None:
        for key, document in (await self._tx.get(MESSAGES, keys)).items():
            self._messages.setdefault(key, KeptMessage.model_validate(document))

    def message(self, key: str) -> KeptMessage | None:
        return self._messages.get(key)

    def keep(self, message: KeptMessage) -> None:
        self._messages[message.key] = message
        self._tx.put(MESSAGES, {"_id": message.key, **message.model_dump()})

    async def tickets(self, ids: Collection[str]) -> dict[str, TicketState]:
        """Those that exist, as of the snapshot."""
        found = await self._tx.get(TICKETS, ids)
        return {
            ticket_id: TicketState.model_validate(document)
            for ticket_id, document in found.items()
            if "number" in document
        }

    def give_number(self, number: str, ticket_id: str) -> None:
        """Fails, and so runs the batch again with another number, should it ever be taken."""
        self._tx.insert(NUMBERS, {"_id": number_key(number), "ticket_id": ticket_id})


def number_key(number: str) -> str:
    return f"number:{number}"


class NumberSource(Protocol):
    async def take(self, count: int) -> list[int]:
        """That many numbers that nobody else gets, ascending. What is not used stays a gap."""


class MemoryNumbers:
    def __init__(self) -> None:
        self._next = FIRST_NUMBER

    async def take(self, count: int) -> list[int]:
        taken = list(range(self._next, self._next + count))
        self._next += count
        return taken


class MongoNumbers:
    """Takes a block at a time, outside of any transaction: batches never wait for each other."""

    def __init__(self, database: AsyncDatabase[Document], block: int = BLOCK) -> None:
        # A number that a new primary does not know of would be given out again.
        majority: WriteConcern = WriteConcern("majority")
        self._counters = database.get_collection(COUNTERS, write_concern=majority)
        self._block = block
        self._left: range = range(0)
        self._lock = Lock()

    async def take(self, count: int) -> list[int]:
        async with self._lock:
            taken = list(self._left[:count])
            self._left = self._left[count:]
            if len(taken) < count:
                missing = count - len(taken)
                fresh = await self._reserve(max(self._block, missing))
                taken.extend(fresh[:missing])
                self._left = fresh[missing:]
            return taken

    async def _reserve(self, count: int) -> range:
        counter: dict[str, Any] | None = await self._counters.find_one_and_update(
            {"_id": TICKETS},
            {"$inc": {"taken": count}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if counter is None:
            raise RuntimeError("an upsert that returns what it wrote returned nothing")
        end = FIRST_NUMBER + int(counter["taken"])
        return range(end - count, end)
