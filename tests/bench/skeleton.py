"""One plain stage as a team would write it first: the yardstick for what our guarantees cost.

`python -m tests.bench.skeleton SERVERS MONGO_URL IN_TOPIC OUT_TOPIC`; without a store MONGO_URL is
`-`. Fetch a batch, decode and validate it, one bulk upsert with majority, keyed sends that all
replicas acknowledge, commit the offsets. At least once, no more: a crash repeats its effects.
"""

import asyncio
import sys
from typing import Any

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pydantic import BaseModel
from pymongo import AsyncMongoClient, UpdateOne
from pymongo.write_concern import WriteConcern

BATCH = 500


class Step(BaseModel):
    """About 1 kB as JSON; `hops` counts the stages that it went through."""

    ticket: str
    subject: str
    body: str
    priority: str
    tags: list[str]
    accepted_ms: float
    hops: int


def sample(number: int, accepted_ms: float) -> Step:
    return Step(
        ticket=f"t-{number}",
        subject=f"The printer on floor {number % 40} does not answer",
        body=f"Request {number}. " + "It worked yesterday and nobody has changed anything. " * 14,
        priority=("low", "medium", "high")[number % 3],
        tags=["printer", f"floor-{number % 40}"],
        accepted_ms=accepted_ms,
        hops=0,
    )


async def stage(servers: str, mongo_url: str, source: str, target: str) -> None:
    consumer = AIOKafkaConsumer(
        source,
        bootstrap_servers=servers,
        group_id=f"skeleton.{source}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=100,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=servers, acks="all", linger_ms=5, max_batch_size=256 * 1024
    )
    client: AsyncMongoClient[Any] | None = None
    collection: Any = None
    if mongo_url != "-":
        client = AsyncMongoClient(mongo_url)
        database = client["skeleton"]
        collection = database.get_collection(
            source.replace(".", "_"), write_concern=WriteConcern("majority")
        )
        await collection.find_one()
    await producer.start()
    await consumer.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        fetched = await consumer.getmany(timeout_ms=100, max_records=BATCH)
        records = [record for batch in fetched.values() for record in batch]
        if not records:
            continue
        steps = [Step.model_validate(orjson.loads(record.value or b"")) for record in records]
        documents = {}
        for step in steps:
            step.hops += 1
            documents[step.ticket] = step.model_dump()
        if collection is not None:
            await collection.bulk_write(
                [UpdateOne({"_id": k}, {"$set": d}, upsert=True) for k, d in documents.items()],
                ordered=False,
            )
        sends = [
            await producer.send(
                target, key=step.ticket.encode(), value=orjson.dumps(step.model_dump())
            )
            for step in steps
        ]
        await asyncio.gather(*sends)
        await consumer.commit()


if __name__ == "__main__":
    uvloop.run(stage(*sys.argv[1:5]))
