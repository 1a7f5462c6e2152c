"""Everything once more: input, the log in another order, all of it for every stage anew."""

import hashlib
import random
from collections.abc import Iterable, Mapping
from typing import Any

import bson
from aiokafka import AIOKafkaProducer

from deskstream.services import SERVICES, service_of
from shared.kit.admin import reset
from shared.kit.records import Partition
from tests.bench.reading import records
from tests.chaos.deployment import Deployment
from tests.chaos.pills import is_pill

MOST = 3_000  # records of a topic that are sent once more: the last ones
LARGEST = 4_194_304
# What a repetition may change: how far everybody is, and what a dead letter says of its tries.
TRACES = frozenset({"checkpoints", "dead_letters"})


async def replay_input(desk: Deployment) -> None:
    """Messages and commands, in their order."""
    for topic in ("channel.messages", "ticket.commands"):
        await send(desk, topic, await _kept(desk, topic))


async def replay_log(desk: Deployment, seed: int) -> None:
    """Shuffled: whoever has had a number before must not be moved by it."""
    kept = await _kept(desk, "ticket.events")
    random.Random(seed).shuffle(kept)  # noqa: S311 - an order, no secret
    await send(desk, "ticket.events", kept)


async def _kept(desk: Deployment, topic: str) -> list[Any]:
    """Poison would have to be met again: its letters are told apart by where it lay."""
    found = [raw async for raw in records(desk.kafka, desk.settings.topic(topic))]
    return [raw for raw in found[-MOST:] if not is_pill(raw.key)]


async def send(desk: Deployment, topic: str, raws: Iterable[Any]) -> None:
    """Anything with key, value and headers; until all is acknowledged."""
    producer = AIOKafkaProducer(**desk.kafka, acks="all", max_request_size=LARGEST)
    await producer.start()
    try:
        name = desk.settings.topic(topic)
        for raw in raws:
            await producer.send(name, key=raw.key, value=raw.value, headers=list(raw.headers))
        await producer.flush()
    finally:
        await producer.stop()


async def digests(desk: Deployment) -> dict[str, str]:
    """Of every collection of every service: its documents by id, bytes and all."""
    found = {}
    for service in (*SERVICES, "blobs"):
        database = desk.database(service)
        for name in sorted(await database.list_collection_names(filter={"type": "collection"})):
            if name not in TRACES and not name.startswith("system."):
                found[f"{service}.{name}"] = await _digest(database[name])
    return found


async def _digest(collection: Any) -> str:
    digest, count = hashlib.sha256(), 0
    async for document in collection.find({}).sort("_id", 1):
        digest.update(bson.encode(document))
        count += 1
    return f"{count} {digest.hexdigest()[:16]}"


async def documents(desk: Deployment, name: str) -> Mapping[str, bytes]:
    """Of one collection, to tell what differs."""
    service, _, collection = name.partition(".")
    found = desk.database(service)[collection].find({})
    return {str(document["_id"]): bson.encode(document) async for document in found}


async def set_back(desk: Deployment) -> int:
    """Every checkpoint to the start of its log, as `deskstream checkpoints reset --to start`."""
    known = await desk.positions()
    for key, (topic, number, _) in known.items():
        stage = key.partition("/")[0]
        database = desk.database(service_of(stage))
        await reset(database, desk.settings, stage, Partition(topic, number), "start")
    return len(known)
