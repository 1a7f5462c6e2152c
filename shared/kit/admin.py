"""What an operator may do to a stage from outside: move its checkpoints, send letters again."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from shared.kit.kafka import Inspector
from shared.kit.letters import COLLECTION as LETTERS
from shared.kit.letters import redriven
from shared.kit.mongo import CHECKPOINTS, owes
from shared.kit.ports import BrokerAwayError, Publisher
from shared.kit.records import Partition
from shared.kit.settings import KitSettings
from shared.kit.unit import Document

Database = AsyncDatabase[Document]
OWES_TRIES, OWES_SECONDS = 20, 0.25


class NotFoundError(Exception):
    """There is no such checkpoint or letter; the text says what there is."""


class BusyError(Exception):
    """Not now; the text says what has to happen before."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Where a checkpoint was, and where it is now; None is the log's start."""

    before: int | None
    after: int | None


async def checkpoints(database: Database) -> list[Document]:
    without = {"stored": 0, "owed": 0}
    return await database[CHECKPOINTS].find({}, without).sort("_id", 1).to_list()


async def reset(
    database: Database, settings: KitSettings, stage: str, partition: Partition, to: str
) -> Reset:
    """Moves a checkpoint to `start`, `end`, `stored` (stay, and accept the facts) or an offset.

    The running service notices by itself: its next batch is fenced and it claims anew.
    """
    key = f"{stage}/{partition}"
    known = await database[CHECKPOINTS].find_one({"_id": key})
    if known is None:
        ids = [each["_id"] for each in await checkpoints(database)]
        raise NotFoundError(f"no checkpoint {key}; there are: {', '.join(ids) or 'none'}")
    # The service may commit up to the position it had, until it notices.
    accepted = {"$max": [await committed(settings, stage, partition), "$position"]}
    changes: Document = {
        "epoch": {"$add": ["$epoch", 1]},
        "partition_count": None,
        "accepted_committed": accepted,
    }
    position = known.get("position")
    if to != "stored":
        position = await _position(settings, partition, to)
        changes |= {
            "position": position,
            "last_offset": None,
            "last_identity": None,
            "stored": None,
            "caught_up": False,
        }
    await database[CHECKPOINTS].update_one({"_id": key}, [{"$set": changes}])
    return Reset(known.get("position"), position)


async def skip(database: Database, stage: str, partition: Partition, records: int) -> Reset:
    """Passes over the next records unread: they are lost to this stage."""
    key = f"{stage}/{partition}"
    known = await database[CHECKPOINTS].find_one({"_id": key})
    if known is None or known.get("position") is None:
        raise NotFoundError(f"no checkpoint {key} with a position")
    before = int(known["position"])
    changes = {"position": before + records, "last_offset": None, "last_identity": None}
    await database[CHECKPOINTS].update_one({"_id": key}, {"$set": changes, "$inc": {"epoch": 1}})
    return Reset(before, before + records)


async def _position(settings: KitSettings, partition: Partition, to: str) -> int | None:
    if to == "start":
        return None
    if to.isdigit():
        return int(to)
    if to != "end":
        raise ValueError(f"--to {to}: say start, end, stored or an offset")
    inspector = Inspector(settings, "deskstream-admin")
    try:
        return (await inspector.look({partition: None}, {partition: None}))[partition].end
    finally:
        await inspector.stop()


async def committed(settings: KitSettings, stage: str, partition: Partition) -> int | None:
    """The group's committed offset as Kafka has it."""
    name = TopicPartition(settings.topic(partition.topic), partition.number)
    admin = AIOKafkaAdminClient(**settings.kafka_client(), client_id="deskstream-admin")
    try:
        await admin.start()
        # Asked for by name: the embedded broker's answer for all of a group is cut short.
        offsets = await admin.list_consumer_group_offsets(settings.group(stage), partitions=[name])
    except (KafkaError, OSError) as error:
        raise BrokerAwayError(f"Kafka ({type(error).__name__})") from error
    finally:
        await admin.close()
    offset = int(offsets[name].offset) if name in offsets else -1
    return offset if offset >= 0 else None


async def letters(
    database: Database, where: Mapping[str, Any], *, limit: int = 0
) -> list[Document]:
    """In the order in which a group met them."""
    return await database[LETTERS].find(where).sort("order", 1).limit(limit).to_list()


async def redrive(
    database: Database, publisher: Publisher, chosen: Sequence[Document]
) -> AsyncIterator[Document]:
    """Sends these to the group that could not handle them, in the order given."""
    for letter in chosen:
        if letter.get("kind") == "timer":
            await _set_timer_again(database, letter)
        elif letter.get("kind") == "outcome":
            where = {"_id": letter["name"]}
            await database["deliveries"].update_one(where, {"$set": {"outcome_ready": True}})
            await _done(database, letter)
        else:
            await publisher.publish([redriven(letter)])
        yield letter


async def _set_timer_again(database: Database, letter: Document) -> None:
    """Due now; the loop that owns the subject claims anew, and finds it in the index.

    Without a claim it might write the subject from memory, where this timer is not. Nor may the
    partition owe anything, which would be written over it.
    """
    async with database.client.start_session() as session:
        for _ in range(OWES_TRIES):
            if await session.with_transaction(partial(_set_timer, database, letter)):
                await _done(database, letter)
                return
            await asyncio.sleep(OWES_SECONDS)
    raise BusyError(
        f"{letter['subject']} was left in the midst of its timers: start {letter['group']}, "
        "which finishes them, and try again"
    )


async def _set_timer(database: Database, letter: Document, session: AsyncClientSession) -> bool:
    """False: what its partition owes has to be written first."""
    now = datetime.now(UTC)
    entity = await database[letter["collection"]].find_one_and_update(
        {"_id": letter["subject"]},
        {"$push": {"_kit.timers": [letter["name"], now]}, "$set": {"_kit.due": now}},
        session=session,
    )
    if entity is None:
        return True
    stage = letter["group"].rpartition(".")[2]
    key = {"_id": f"{stage}/{entity['_kit']['at']}"}
    checkpoint = await database[CHECKPOINTS].find_one_and_update(
        key, {"$inc": {"epoch": 1}}, session=session
    )
    if checkpoint is not None and owes(checkpoint):
        await session.abort_transaction()
        return False
    return True


async def _done(database: Database, letter: Document) -> None:
    await database[LETTERS].update_one({"_id": letter["_id"]}, {"$set": {"state": "done"}})
