"""Looks at topics, stores and mails when all is at rest, and puts together what was found."""

from collections.abc import Iterable
from typing import Any

from tests.bench.desk import Desk
from tests.bench.ledger import Origin
from tests.bench.reading import records
from tests.bench.reconciling import total
from tests.bench.sink import mails
from tests.chaos.checking import Evidence

KNOWS = {"_kit.stated": True}  # others hold only numbers, of subjects that are no tickets
KEEPERS = ("intake", "triage", "router", "sla", "notifier", "reporting")


async def gather(desk: Desk, copies: Iterable[Origin], died: Iterable[str]) -> Evidence:
    log = await desk.log()
    stored = {service: await _ids(desk.database(service)["tickets"]) for service in KEEPERS}
    owners = await _owners(desk.database("router")["tickets"])
    reporting = desk.database("reporting")
    return Evidence(
        ledger=desk.ledger,
        copies=frozenset(copies),
        log=log,
        stored=stored,
        owners=owners,
        lines=await _lines(reporting["timeline"]),
        counted={name: await total(reporting["rollups"], name) for name in ("created", "assigned")},
        mails=[message_id for _, message_id, _ in mails(desk.fleet.mails)],
        dead_letters=await _count(desk, "dead.letters"),
        died=tuple(died),
    )


async def _ids(collection: Any) -> frozenset[str]:
    found = await collection.find(KNOWS, {"_id": 1}).to_list()
    return frozenset(each["_id"] for each in found)


async def _owners(collection: Any) -> dict[str, str | None]:
    found = await collection.find(KNOWS, {"agent_id": 1}).to_list()
    return {each["_id"]: each["agent_id"] for each in found}


async def _lines(timeline: Any) -> dict[str, int]:
    cursor = await timeline.aggregate([{"$group": {"_id": "$ticket", "lines": {"$sum": 1}}}])
    return {row["_id"]: row["lines"] for row in await cursor.to_list()}


async def _count(desk: Desk, topic: str) -> int:
    found = 0
    async for _ in records(desk.settings.kafka_client(), desk.settings.topic(topic)):
        found += 1
    return found
