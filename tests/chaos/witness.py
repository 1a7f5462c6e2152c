"""Looks at topics, stores and mails when all is at rest, and puts together what was found."""

from dataclasses import dataclass
from typing import Any

from tests.bench.reading import records
from tests.chaos.checking import FIGURES
from tests.chaos.deployment import Deployment
from tests.chaos.mailserver import Posted, posted
from tests.chaos.pills import is_pill
from tests.chaos.reading import Story, read_story

KNOWS = {"_kit.stated": True}  # others hold only numbers, of subjects that are no tickets
KEEPERS = ("intake", "triage", "router", "sla", "notifier", "reporting")


@dataclass(frozen=True, slots=True)
class Found:
    story: Story
    stored: dict[str, frozenset[str]]
    owners: dict[str, str | None]
    lines: dict[str, int]
    counted: dict[str, int]
    mails: list[Posted]
    letters: list[str]
    other_letters: list[tuple[str, str]]  # by key, with place and reason


async def look(desk: Deployment) -> Found:
    reporting = desk.database("reporting")
    letters, other_letters = await _letters(desk)
    return Found(
        story=await read_story(desk.kafka, desk.settings.topic("ticket.events")),
        stored={service: await _ids(desk.database(service)["tickets"]) for service in KEEPERS},
        owners=await _owners(desk.database("router")["tickets"]),
        lines=await _lines(reporting["timeline"]),
        counted={name: await _total(reporting["rollups"], name) for name in FIGURES},
        mails=posted(desk.crew.mails),
        letters=letters,
        other_letters=other_letters,
    )


async def _ids(collection: Any) -> frozenset[str]:
    found = await collection.find(KNOWS, {"_id": 1}).to_list()
    return frozenset(each["_id"] for each in found)


async def _owners(collection: Any) -> dict[str, str | None]:
    """Or who had it, where it is resolved."""
    found = await collection.find(KNOWS, {"agent_id": 1, "last_agent_id": 1}).to_list()
    return {each["_id"]: each["agent_id"] or each.get("last_agent_id") for each in found}


async def _lines(timeline: Any) -> dict[str, int]:
    cursor = await timeline.aggregate([{"$group": {"_id": "$ticket", "lines": {"$sum": 1}}}])
    return {row["_id"]: row["lines"] for row in await cursor.to_list()}


async def _total(rollups: Any, figure: str) -> int:
    """A figure's sum over all hours and partitions."""
    stages = [
        {"$match": {"dimension": "all"}},
        {"$group": {"_id": None, "sum": {"$sum": f"${figure}"}}},
    ]
    rows = await (await rollups.aggregate(stages)).to_list()
    return int(rows[0]["sum"]) if rows else 0


async def _letters(desk: Deployment) -> tuple[list[str], list[tuple[str, str]]]:
    """The keys of pills among the dead letters, and where all others came from, with reason."""
    pills: list[str] = []
    others: list[tuple[str, str]] = []
    async for raw in records(desk.kafka, desk.settings.topic("dead.letters")):
        if is_pill(raw.key):
            pills.append(raw.key.decode())
            continue
        about = {name: value.decode(errors="replace") for name, value in raw.headers}
        place = "/".join(about.get(f"dlq-{part}", "?") for part in ("topic", "partition", "offset"))
        key = (raw.key or b"").decode(errors="replace")
        others.append((key, f"{about.get('dlq-group')}: {place}: {about.get('dlq-error')}"))
    return pills, others
