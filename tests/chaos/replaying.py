"""Everything once more: input, the log in another order, all of it for every stage anew."""

import asyncio
import hashlib
import random
from collections.abc import Iterable, Mapping
from typing import Any

import bson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from deskstream.services import SERVICES, service_of
from shared.kit.admin import reset
from shared.kit.records import Partition
from tests.bench.reading import records
from tests.chaos.deployment import Deployment
from tests.chaos.pills import is_pill

MOST = 3_000  # records of a topic that are sent once more: the last ones
LARGEST = 4_194_304
OUTAGE_SECONDS, AGAIN_SECONDS = 120.0, 0.5
# What a repetition may change: how far everybody is, what is known to have come before, and what a
# dead letter says of its tries.
TRACES = frozenset({"checkpoints", "inbox", "dead_letters"})
# How many numbers were handed to processes: each new process takes a block of its own.
ALLOWANCES = frozenset({"intake.counters"})


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
    producer = await _producer(desk)
    try:
        name = desk.settings.topic(topic)
        for raw in raws:
            await producer.send(name, key=raw.key, value=raw.value, headers=list(raw.headers))
        await producer.flush()
    finally:
        await producer.stop()


async def _producer(desk: Deployment) -> AIOKafkaProducer:
    """Also while the network is down: nothing is said yet, so nothing can be said twice."""
    async with asyncio.timeout(OUTAGE_SECONDS):
        while True:
            producer = AIOKafkaProducer(**desk.kafka, acks="all", max_request_size=LARGEST)
            try:
                await producer.start()
            except (KafkaError, OSError):
                await producer.stop()
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return producer


Snapshot = dict[str, dict[str, bytes]]
"""By collection and id, the document's bytes."""


async def snapshot(desk: Deployment) -> Snapshot:
    """Of every collection of every service."""
    found: Snapshot = {}
    for service in (*SERVICES, "blobs"):
        database = desk.database(service)
        for name in await database.list_collection_names(filter={"type": "collection"}):
            full = f"{service}.{name}"
            if name not in TRACES and full not in ALLOWANCES and not name.startswith("system."):
                documents = database[name].find({})
                found[full] = {str(each["_id"]): _state(each) async for each in documents}
    return found


def _state(document: dict[str, Any]) -> bytes:
    """Agents' updates have no numbers of their own: their forwarder counts them.

    Forwarded once more, they count once more; all else of an agent must be as it was.
    """
    if str(document["_id"]).startswith("agent:"):
        kit = document.get("_kit", {})
        document["_kit"] = {n: v for n, v in kit.items() if n not in ("said", "applied")}
    return bson.encode(document)


def digest(taken: Snapshot) -> str:
    """Of all of it, to be compared between runs and machines of the same log."""
    whole = hashlib.sha256()
    for name in sorted(taken):
        for key in sorted(taken[name]):
            whole.update(f"{name}/{key}".encode() + taken[name][key])
    return whole.hexdigest()[:32]


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """Which documents are not as they were, and in which fields."""
    found = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, {}), after.get(name, {})
        changed = [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]
        found += [f"{name} {key}: {_fields(old.get(key), new.get(key))}" for key in changed]
    return found


def _fields(old: bytes | None, new: bytes | None) -> str:
    if old is None or new is None:
        return "is new" if old is None else "is gone"
    was, now = _flat(bson.decode(old)), _flat(bson.decode(new))
    changed = [name for name in was | now if was.get(name) != now.get(name)]
    return "; ".join(f"{each}: {was.get(each)} is now {now.get(each)}" for each in changed[:4])


def _flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


async def set_back(desk: Deployment) -> int:
    """Every checkpoint to the start of its log, as `deskstream checkpoints reset --to start`."""
    known = await desk.positions()
    for key, (topic, number, _) in known.items():
        stage = key.partition("/")[0]
        database = desk.database(service_of(stage))
        await reset(database, desk.settings, stage, Partition(topic, number), "start")
    return len(known)
