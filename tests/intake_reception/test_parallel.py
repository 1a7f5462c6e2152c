"""Two partitions receive at the same time: first committer wins, the other looks again."""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient

from deskstream.stack import Stack
from services.intake.handlers.desk import ReceptionOptions
from services.intake.handlers.reception import RECEPTION, Reception
from services.intake.store.reception import INDEXES
from shared.contracts.commands import RecordMessage
from shared.contracts.ticket import MessageDropped
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.kit.blobs import MemoryBlobs
from shared.kit.decoding import Decoder, Good
from shared.kit.memory import MemoryData, MemoryStore
from shared.kit.mongo import MongoStore, ensure
from shared.kit.ports import ConflictError, Store
from shared.kit.records import Partition, Record
from shared.kit.unit import Batch, Heard, Outgoing, Said
from shared.kit.work import Work
from tests.harness import MONDAY_9AM
from tests.intake_reception.mails import SECRET, chat, mail, whatsapp

pytestmark = pytest.mark.parametrize("kind", ["memory", "mongo"])


@asynccontextmanager
async def opened(kind: str, request: pytest.FixtureRequest) -> AsyncIterator[Callable[[], Store]]:
    """Makes stores of one database, as each partition's loop has its own."""
    if kind == "memory":
        data = MemoryData()
        yield lambda: MemoryStore(data)
        return
    stack: Stack = request.getfixturevalue("stack")
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongo_url, tz_aware=True)
    database = client[f"reception_{uuid4().hex[:8]}"]
    await ensure(database, [RECEPTION], INDEXES)
    try:
        yield lambda: MongoStore(client, database, RECEPTION.name)
    finally:
        await client.drop_database(database.name)
        await client.close()


def heard(value: bytes, channel: str, partition: int) -> Heard:
    record = Record(
        CHANNEL_MESSAGES.name,
        partition,
        0,
        int(MONDAY_9AM.timestamp() * 1000),
        None,
        value,
        (("ce_channel", channel.encode()), ("ce_mailbox", b"support@desk.example")),
    )
    decoded = Decoder(RECEPTION, "group").decode(record, 4)
    assert isinstance(decoded, Good)
    return decoded.heard


class Desk:
    """Receives one input in a transaction, as the engine does."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reception = Reception(MemoryBlobs(), ReceptionOptions(SECRET))

    @asynccontextmanager
    async def receiving(self, heard: Heard) -> AsyncIterator[Sequence[Outgoing]]:
        async with self._store.transaction() as transaction:
            work = Work(transaction)
            batch: Batch[Any] = Batch([heard], {}, MONDAY_9AM, loads=nothing)
            said = await self._reception.handle(batch, work)
            yield said
            await transaction.write(work.writes, [])


async def nothing(subjects: Collection[str], at: Partition) -> dict[str, Any]:  # noqa: ARG001
    return {}


def data(said: Sequence[Outgoing]) -> Iterator[object]:
    return (each.data for each in said if isinstance(each, Said))


async def received_at_once(
    store: Callable[[], Store], first: Heard, second: Heard
) -> Sequence[Outgoing]:
    """`second` commits while `first` is being handled; what `first` says when it looks again."""
    one, other = Desk(store()), Desk(store())
    with pytest.raises(ConflictError):
        await overtaken(one, first, other, second)
    async with one.receiving(first) as again:
        pass
    return again


async def overtaken(one: Desk, first: Heard, other: Desk, second: Heard) -> None:
    async with one.receiving(first) as said:
        assert any(isinstance(each, RecordMessage) and each.new_ticket for each in data(said))
        async with other.receiving(second):
            pass


async def test_one_mail_is_one_ticket(kind: str, request: pytest.FixtureRequest) -> None:
    async with opened(kind, request) as store:
        said = await received_at_once(store, heard(mail(), "email", 0), heard(mail(), "email", 1))

    assert [type(each) for each in data(said)] == [MessageDropped]


async def test_one_conversation_is_one_ticket(kind: str, request: pytest.FixtureRequest) -> None:
    async with opened(kind, request) as store:
        said = await received_at_once(
            store,
            heard(whatsapp(chat("one", "wamid.1")), "whatsapp", 0),
            heard(whatsapp(chat("two", "wamid.2")), "whatsapp", 1),
        )
        async with Desk(store()).receiving(
            heard(whatsapp(chat("three", "wamid.3")), "whatsapp", 2)
        ) as third:
            pass

    assert len({each.subject for each in (*said, *third) if isinstance(each, Said)}) == 1
