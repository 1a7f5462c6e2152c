"""The store's port on MongoDB: checkpoints, snapshot transactions, the index of timers."""

from asyncio import gather
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import bson
import cramjam
import structlog
from bson.binary import Binary
from bson.codec_options import CodecOptions
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING, AsyncMongoClient, DeleteOne, InsertOne, ReplaceOne, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from shared.kit.entities import finished
from shared.kit.ports import (
    LONG_AGO,
    Advance,
    Checkpoint,
    ConflictError,
    FencedError,
    Owed,
    StoreAwayError,
    StoreTransaction,
    Writes,
)
from shared.kit.records import Partition, Publication, framed
from shared.kit.unit import Document, Stage

log = structlog.get_logger("deskstream.kit")

CHECKPOINTS = "checkpoints"
TIMES_IN_UTC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)
DUPLICATE_KEY, WRITE_CONFLICT = 11000, 112
COMMIT_TRIES = 5
MAJORITY = WriteConcern("majority")
# Stepping down, shutting down, starting up: the server's word for "later".
AWAY_CODES = {6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 50}
TRANSIENT, UNKNOWN = "TransientTransactionError", "UnknownTransactionCommitResult"
WriteOperation = InsertOne[Document] | ReplaceOne[Document] | UpdateOne | DeleteOne


def told_apart(error: PyMongoError) -> Exception:
    """An outage, a conflict, or (unchanged) an error that no retry mends."""
    codes = {getattr(error, "code", None)}
    if isinstance(error, BulkWriteError):
        codes |= {problem.get("code") for problem in error.details.get("writeErrors", [])}
    if codes & {DUPLICATE_KEY, WRITE_CONFLICT}:
        return ConflictError("another transaction was first")
    away = (ConnectionFailure, ExecutionTimeout, WTimeoutError, WaitQueueTimeoutError)
    if isinstance(error, away) or codes & AWAY_CODES:
        return StoreAwayError(f"MongoDB ({type(error).__name__})")
    if error.has_error_label(TRANSIENT):
        return ConflictError("the transaction could not go on")
    return error


class MongoStore:
    """One stage's store, in its service's database."""

    def __init__(
        self, client: AsyncMongoClient[Document], database: AsyncDatabase[Document], stage: str
    ) -> None:
        self._client = client
        self._database = database
        self._stage = stage

        # One for the store's life, so that a later owner knows whose transaction to end.
        self._session = client.start_session()

    def _id(self, partition: Partition) -> str:
        return f"{self._stage}/{partition}"

    async def claim(self, partitions: Collection[Partition]) -> dict[Partition, Checkpoint]:
        try:
            await self._end_transactions_of_owners_before(partitions)
            claimed = await gather(*(self._claim(partition) for partition in partitions))
        except PyMongoError as error:
            raise told_apart(error) from error
        return dict(zip(partitions, claimed, strict=True))

    @property
    def _session_id(self) -> Any:
        return self._session.session_id["id"]

    async def _end_transactions_of_owners_before(self, partitions: Collection[Partition]) -> None:
        """Who died between its writes and its commit would block us until the server's limit.

        That is 60 s by default (transactionLifetimeLimitSeconds). Ending a session of one's own
        user needs no privilege.
        """
        where = {"_id": {"$in": [self._id(partition) for partition in partitions]}}
        known = await self._database[CHECKPOINTS].find(where, {"session": 1}).to_list()
        sessions = {each["session"] for each in known if each.get("session") is not None}
        sessions.discard(self._session_id)
        if not sessions:
            return
        try:
            await self._client.admin.command("killSessions", [{"id": each} for each in sessions])
        except OperationFailure as error:
            log.warning("cannot end an owner's transaction", code=error.code)

    async def _claim(self, partition: Partition) -> Checkpoint:
        document = await self._database[CHECKPOINTS].find_one_and_update(
            {"_id": self._id(partition)},
            {"$inc": {"epoch": 1}, "$set": {"commits": 0, "session": self._session_id}},
            upsert=True,
            return_document=True,
        )
        if document is None:
            raise StoreAwayError("MongoDB (an upsert gave nothing back)")
        return checkpoint_of(partition, document)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[StoreTransaction]:
        try:
            async with await self._session.start_transaction(
                read_concern=ReadConcern("snapshot"),
                write_concern=MAJORITY,
                read_preference=ReadPreference.PRIMARY,
            ):
                yield MongoTransaction(self._database, self._session, self._stage)
                await _commit(self._session)
        except PyMongoError as error:
            told = told_apart(error)
            if told is error:
                raise
            raise told from error

    async def close(self) -> None:
        await self._session.end_session()

    async def owe(self, advances: Sequence[Advance]) -> frozenset[Partition]:
        attempt = ObjectId()
        operations = [advance_operation(self._stage, advance, attempt) for advance in advances]
        checkpoints = self._database.get_collection(CHECKPOINTS, write_concern=MAJORITY)
        try:
            result = await checkpoints.bulk_write(operations, ordered=False, session=self._session)
            if result.matched_count == len(operations):
                return frozenset()
            known = await self._attempts(advances)
        except PyMongoError as error:
            raise told_apart(error) from error
        return frozenset(partition for partition, last in known.items() if last != attempt)

    async def _attempts(self, advances: Sequence[Advance]) -> dict[Partition, Any]:
        ids = {self._id(advance.to.partition): advance.to.partition for advance in advances}
        found = await self.read(CHECKPOINTS, ids)
        return {at: found.get(key, {}).get("attempt") for key, at in ids.items()}

    async def due(
        self,
        collection: str,
        partitions: Collection[Partition],
        until: datetime,
        limit: int,
        since: datetime = LONG_AGO,
    ) -> list[tuple[datetime, str, Partition]]:
        owned = {str(partition): partition for partition in partitions}
        within = {"$gt": since, "$lte": until}
        try:
            cursor = (
                self._database[collection]
                .find(
                    {"_kit.at": {"$in": list(owned)}, "_kit.due": within},
                    {"_kit.due": 1, "_kit.at": 1},
                )
                .sort("_kit.due", ASCENDING)
                .limit(limit)
                .hint(TIMER_INDEX)
            )
            rows = await cursor.to_list()
        except PyMongoError as error:
            raise told_apart(error) from error
        return [(row["_kit"]["due"], row["_id"], owned[row["_kit"]["at"]]) for row in rows]

    async def read(self, collection: str, ids: Collection[str]) -> dict[str, Document]:
        committed = self._database.get_collection(collection, read_concern=ReadConcern("majority"))
        try:
            found = await committed.find({"_id": {"$in": list(ids)}}).to_list()
        except PyMongoError as error:
            raise told_apart(error) from error
        return {document["_id"]: document for document in found}

    async def outcomes(self, partitions: Collection[int], limit: int) -> list[Document]:
        where = {"partition": {"$in": list(partitions)}, "outcome_ready": True}
        try:
            found = self._database["deliveries"].find(where, {"partition": 1}).limit(limit)
            return await found.to_list()
        except PyMongoError as error:
            raise told_apart(error) from error

    async def caught_up(self, partitions: Collection[Partition]) -> bool:
        ids = [self._id(partition) for partition in partitions]
        where = {"_id": {"$in": ids}, "caught_up": True}
        try:
            return await self._database[CHECKPOINTS].count_documents(where) == len(ids)
        except PyMongoError as error:
            raise told_apart(error) from error


TIMER_INDEX = [("_kit.at", ASCENDING), ("_kit.due", ASCENDING)]
DUE_INDEX = (("due_at", ASCENDING),)  # of deliveries: what is settled is not in it


async def _commit(session: AsyncClientSession) -> None:
    """A commit whose answer is unknown is asked for again; it is the same commit."""
    for remaining in reversed(range(COMMIT_TRIES)):
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label(UNKNOWN) or not remaining:
                raise
        else:
            return


@dataclass(slots=True)
class MongoTransaction:
    database: AsyncDatabase[Document]
    session: AsyncClientSession
    stage: str

    async def get(self, collection: str, ids: Collection[str]) -> dict[str, Document]:
        where = {"_id": {"$in": list(ids)}}
        cursor = self.database[collection].find(where, session=self.session)
        return {document["_id"]: document for document in await cursor.to_list()}

    async def find(
        self, collection: str, where: Mapping[str, Any], *, limit: int = 0
    ) -> list[Document]:
        cursor = self.database[collection].find(where, session=self.session)
        return await cursor.sort("_id", ASCENDING).limit(limit).to_list()

    async def write(self, writes: Writes, advances: Sequence[Advance]) -> None:
        await self._advance(advances)
        for collection, operations in operations_of(writes).items():
            await self.database[collection].bulk_write(
                operations, ordered=False, session=self.session
            )

    async def _advance(self, advances: Sequence[Advance]) -> None:
        if not advances:
            return
        attempt = ObjectId()
        operations = [advance_operation(self.stage, advance, attempt) for advance in advances]
        result = await self.database[CHECKPOINTS].bulk_write(
            operations, ordered=False, session=self.session
        )
        if result.matched_count != len(operations):
            raise FencedError(await self._moved(advances, attempt))

    async def _moved(self, advances: Sequence[Advance], attempt: ObjectId) -> list[Partition]:
        """Those that this attempt did not advance.

        Where they stand does not tell: after a commit whose answer was lost, they stand where this
        attempt wants them.
        """
        ids = {f"{self.stage}/{advance.to.partition}": advance.to.partition for advance in advances}
        known = await self.get(CHECKPOINTS, list(ids))
        return [
            partition
            for key, partition in ids.items()
            if key not in known or known[key].get("attempt") != attempt
        ]


def operations_of(writes: Writes) -> dict[str, list[WriteOperation]]:
    """One bulk for each collection."""
    bulks: dict[str, list[WriteOperation]] = {}
    for collection, documents in writes.inserts.items():
        bulks.setdefault(collection, []).extend(map(InsertOne, documents.values()))
    for collection, documents in writes.puts.items():
        bulks.setdefault(collection, []).extend(
            ReplaceOne({"_id": key}, document, upsert=True) for key, document in documents.items()
        )
    for collection, additions in writes.adds.items():
        bulks.setdefault(collection, []).extend(
            UpdateOne(
                {"_id": key},
                {"$inc": sums} | ({"$setOnInsert": fixed} if fixed else {}),
                upsert=True,
            )
            for key, (sums, fixed) in additions.items()
        )
    for collection, keys in writes.drops.items():
        bulks.setdefault(collection, []).extend(DeleteOne({"_id": key}) for key in keys)
    return {collection: operations for collection, operations in bulks.items() if operations}


def advance_operation(stage: str, advance: Advance, attempt: ObjectId) -> UpdateOne:
    to = advance.to
    changes: Document = {
        "commits": to.commits,
        "attempt": attempt,
        "position": to.position,
        "last_offset": to.last_offset,
        "last_identity": to.last_identity,
        "stored": pack(to.stored),
        "partition_count": to.partition_count,
        "caught_up": to.caught_up,
        "accepted_committed": to.accepted_committed,
    }
    if advance.owes is None:
        update: Document = {"$set": changes | {"owed": [pack_owed(each) for each in to.owed]}}
    else:
        changes["owed_by"] = attempt
        packed = pack_owed(advance.owes)
        first = len(to.owed) == 1
        update = {"$set": changes | ({"owed": [packed]} if first else {})}
        update |= {} if first else {"$push": {"owed": packed}}
    expected = {"_id": f"{stage}/{to.partition}", "epoch": to.epoch, "commits": to.commits - 1}
    return UpdateOne(expected, update)


def owes(checkpoint: Document) -> bool:
    """What it owes still holds: a process that does not know of debts has not gone on since.

    Such a one, of an older version, found the timers in their index and fired them itself.
    """
    return bool(checkpoint.get("owed")) and checkpoint.get("owed_by") == checkpoint.get("attempt")


def checkpoint_of(partition: Partition, document: Document) -> Checkpoint:
    return Checkpoint(
        partition=partition,
        epoch=document["epoch"],
        commits=document["commits"],
        position=document.get("position"),
        last_offset=document.get("last_offset"),
        last_identity=document.get("last_identity"),
        stored=unpack(document.get("stored")),
        owed=tuple(map(unpack_owed, document["owed"])) if owes(document) else (),
        partition_count=document.get("partition_count"),
        caught_up=bool(document.get("caught_up")),
        accepted_committed=document.get("accepted_committed"),
    )


def pack(publications: Sequence[Publication]) -> Binary | None:
    """The events of one batch as one compressed field."""
    if not publications:
        return None
    rows = [(p.topic, p.key, p.value, p.headers) for p in publications]
    return Binary(bytes(cramjam.lz4.compress(bson.encode({"rows": rows}))))


def unpack(packed: bytes | None) -> tuple[Publication, ...]:
    if packed is None:
        return ()
    return tuple(
        Publication(topic, key, value, tuple((name, text) for name, text in headers))
        for topic, key, value, headers in bson.decode(bytes(cramjam.lz4.decompress(packed)))["rows"]
    )


def pack_owed(owed: Owed) -> Binary:
    writes = owed.writes
    document = {
        "frames": owed.frames,
        "values": [each.value for each in owed.publications],
        "puts": {
            name: [_bson(document) for document in documents.values()]
            for name, documents in writes.puts.items()
        },
        "adds": [
            (name, key, list(sums.items()), fixed)
            for name, additions in writes.adds.items()
            for key, (sums, fixed) in additions.items()
        ],
    }
    return Binary(bytes(cramjam.lz4.compress_block(bson.encode(document))))


def unpack_owed(packed: bytes) -> Owed:
    document = bson.decode(bytes(cramjam.lz4.decompress_block(packed)), TIMES_IN_UTC)
    writes = Writes.none()
    for name, documents in document["puts"].items():
        for each in documents:
            writes.put(name, finished(each))
    for name, key, sums, fixed in document["adds"]:
        writes.add(name, key, dict(sums), fixed)
    frames = tuple(document["frames"])
    return Owed(tuple(map(framed, frames, document["values"])), writes, frames, len(packed))


def _bson(document: Document) -> bytes:
    return bytes(document.raw) if isinstance(document, RawBSONDocument) else bson.encode(document)


async def ensure(
    database: AsyncDatabase[Document],
    stages: Sequence[Stage[Any]],
    indexes: Mapping[str, Sequence[Sequence[tuple[str, int]]]],
) -> None:
    """Makes the collections and indexes that the kit and the service rely on."""
    wanted = {name: [list(keys) for keys in each] for name, each in indexes.items()}
    for name in (CHECKPOINTS, "inbox"):
        wanted.setdefault(name, [])
    wanted.setdefault("dead_letters", []).append([("group", 1), ("state", 1), ("order", 1)])
    for stage in stages:
        if stage.entities is not None:
            wanted.setdefault(stage.entities, []).append(list(TIMER_INDEX))
        if stage.outcomes:
            keys = [("partition", 1), ("outcome_ready", 1)]
            wanted.setdefault("deliveries", []).append(keys)
    known = set(await database.list_collection_names())
    for name, each in wanted.items():
        if name not in known:
            await _create(database, name)
        for keys in each:
            options = _options(keys)
            await database[name].create_index(keys, **options)


def _options(keys: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """What is over and done is in none of these."""
    partial: Document | None = None
    if tuple(keys) == DUE_INDEX:
        partial = {"state": "due"}
    elif list(keys) == TIMER_INDEX:
        partial = {"_kit.due": {"$exists": True}}
    elif any(field == "outcome_ready" for field, _ in keys):
        partial = {"outcome_ready": True}
    return {} if partial is None else {"partialFilterExpression": partial}


async def _create(database: AsyncDatabase[Document], name: str) -> None:
    """Another process may be first."""
    exists = 48
    try:
        await database.create_collection(name)
    except OperationFailure as error:
        if error.code != exists:
            raise
