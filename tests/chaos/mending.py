"""After the faults: letters sent once more, and all logs handled once more from their start."""

import asyncio
import sys

from deskstream.services import SERVICES
from tests.bench.processes import ENV, ROOT
from tests.bench.reading import records
from tests.chaos.deployment import Deployment
from tests.chaos.mailserver import posted
from tests.chaos.pills import is_pill
from tests.chaos.replaying import differences, digest, send, set_back, snapshot
from tests.chaos.striking import Say, Striker
from tests.chaos.waiting import until

REST_SECONDS = 240.0
READY_SECONDS = 90.0
STOP_SECONDS = 30.0


async def redriven(desk: Deployment, striker: Striker) -> dict[str, int]:
    """How many letters were open before, after, and how many documents the second time changed."""
    before = await _open_letters(desk)
    crew = desk.crew
    for name in [each for each in crew.services if each.startswith("triage")]:
        crew.own["triage"].pop("CHAOS_STUMBLES_OVER", None)
        striker.expect_end(name)
        crew.leave(name)
    await _command(desk, "dead-letters", "redrive")
    await _command(desk, "dead-letters", "redrive")
    await desk.at_rest(REST_SECONDS)
    once = await snapshot(desk)
    await _command(desk, "dead-letters", "redrive")
    await _send_redriven_again(desk)
    await desk.at_rest(REST_SECONDS)
    changed = differences(once, await snapshot(desk))
    striker.complaints += [f"the second redrive changed {each}" for each in changed]
    return {
        "open before": before,
        "open after": await _open_letters(desk),
        "documents changed by the second": len(changed),
    }


async def _open_letters(desk: Deployment) -> int:
    """Not those of poison: they stay."""
    total = 0
    for service in SERVICES:
        letters = desk.database(service)["dead_letters"].find({"state": "open"}, {"key": 1})
        total += sum(1 for each in await letters.to_list() if not is_pill(each.get("key")))
    return total


async def _send_redriven_again(desk: Deployment) -> None:
    """As somebody would who lost count: also those that were handled meanwhile."""
    topic = "ticket.events"
    found = [raw async for raw in records(desk.kafka, desk.settings.topic(topic))]
    again = [raw for raw in found if any(name == "dlq-redrive" for name, _ in raw.headers)]
    await send(desk, topic, [raw for raw in again if not is_pill(raw.key)])


async def _command(desk: Deployment, *arguments: str) -> None:
    """`deskstream …` as an operator says it."""
    variables = {"PYTHONPATH": str(ROOT)} | desk.crew.variables()
    assigned = [f"{name}={value}" for name, value in variables.items()]
    process = await asyncio.create_subprocess_exec(
        *(ENV, *assigned, sys.executable, "-m", "deskstream", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"deskstream {' '.join(arguments)}: {said.decode()[-500:]}")


async def replayed(desk: Deployment, say: Say) -> list[str]:
    """What differs after every stage has had every record once more; nothing should."""
    crew = desk.crew
    before, mails = await snapshot(desk), len(posted(crew.mails))
    await _stop_all(desk)
    moved = await set_back(desk)
    say(f"{moved} checkpoints are set back to the start")
    for name in crew.services:
        crew.start_one(name)
    await crew.ready(within=READY_SECONDS)
    await desk.at_rest(REST_SECONDS)
    differ = differences(before, await snapshot(desk))
    more = len(posted(crew.mails)) - mails
    count = sum(map(len, before.values()))
    say(
        f"{len(before)} collections with {count} documents, digest {digest(before)}:"
        f" {len(differ)} differ, {more} mails sent again"
    )
    return [*differ, *([f"{more} mails sent again"] if more else [])]


async def _stop_all(desk: Deployment) -> None:
    for name in desk.crew.services:
        desk.crew.leave(name)
    await until(
        lambda: not any(desk.crew.is_running(name) for name in desk.crew.services), STOP_SECONDS
    )
