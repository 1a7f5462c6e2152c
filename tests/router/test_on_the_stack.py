"""On a real broker and database: a full desk changes processes and serves the line in order."""

from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import pytest

from services.router.app import create
from services.router.domain.ticket import Place
from services.router.rules import FILE
from shared.contracts.assignment import TicketAssigned, TicketUnassigned
from shared.contracts.envelope import header_text
from shared.contracts.fields import Priority
from shared.contracts.message import Message
from tests.integration.conftest import (  # noqa: F401 - a fixture is found by its name
    Deployment,
    deployment,
    until,
)
from tests.router.builders import agent, created, resolved, triaged

AGENTS, CAPACITY, TICKETS = 20, 5, 400
PLACES = AGENTS * CAPACITY


async def test_a_successor_serves_the_line(deployment: Deployment) -> None:  # noqa: F811 - the fixture
    for n in range(AGENTS):
        await deployment.publish(agent(f"a{n}", capacity=CAPACITY), f"a{n}")
    chosen = Random(7)  # noqa: S311 - a sample, no secret
    priorities = [chosen.choice(list(Priority)) for _ in range(TICKETS)]
    opened: list[tuple[Message, str]] = [
        (message, f"t{n}")
        for n, priority in enumerate(priorities)
        for message in (created(), triaged(priority))
    ]
    await _publish(deployment, opened)
    async with deployment.running("router", create):
        await until(_counts(deployment, owned=PLACES, waiting=TICKETS - PLACES))
    first = await _owners(deployment)
    async with deployment.running("router", create):
        await _publish(deployment, [(resolved(), ticket_id) for ticket_id in first])
        await until(_counts(deployment, owned=PLACES, waiting=TICKETS - 2 * PLACES))
    second = await _owners(deployment)

    assert set(Counter(second.values()).values()) == {CAPACITY}
    ranks = {n: priority.rank for n, priority in enumerate(priorities)}
    served = [ranks[int(ticket_id[1:])] for ticket_id in second]
    left = [rank for n, rank in ranks.items() if f"t{n}" not in first.keys() | second.keys()]
    assert min(served) >= max(left)
    await _check_log(deployment)


ASKS_FOR_MAGIC = "queues: [{name: support}]\notherwise: {queue: support, skills: {magic: 1}}\n"
ASKS_FOR_NOTHING = "queues: [{name: support}]\notherwise: {queue: support}\n"


@pytest.mark.parametrize("restarted", [False, True])
async def test_changed_rules_place_what_waits_though_nothing_happens(
    deployment: Deployment,  # noqa: F811 - the fixture
    tmp_path: Path,
    restarted: bool,  # noqa: FBT001 - one of two cases
) -> None:
    file = tmp_path / FILE
    file.write_text(ASKS_FOR_MAGIC)
    await deployment.publish(agent("ana"), "ana")
    await _publish(deployment, [(created(), "t"), (triaged(), "t")])
    async with deployment.running("router", create, config_dir=tmp_path):
        await until(_counts(deployment, owned=0, waiting=1))
        file.write_text(ASKS_FOR_NOTHING)
        if not restarted:
            await until(_counts(deployment, owned=1, waiting=0))
    if restarted:
        async with deployment.running("router", create, config_dir=tmp_path):
            await until(_counts(deployment, owned=1, waiting=0))
    assert await _owners(deployment) == {"t": "ana"}


async def _publish(
    deployment: Deployment,  # noqa: F811 - the fixture's type
    messages: list[tuple[Message, str]],
) -> None:
    publications = [deployment.publication(message, subject) for message, subject in messages]
    await deployment.publisher.publish(publications)


def _counts(deployment: Deployment, *, owned: int, waiting: int) -> Callable[[], Awaitable[bool]]:  # noqa: F811
    tickets = deployment.database("router")["tickets"]

    async def reached() -> bool:
        found = [await tickets.count_documents({"place": p}) for p in (Place.OWNED, Place.WAITING)]
        return found == [owned, waiting]

    return reached


async def _owners(deployment: Deployment) -> dict[str, str]:  # noqa: F811
    tickets = deployment.database("router")["tickets"].find({"place": Place.OWNED})
    return {ticket["_id"]: ticket["agent_id"] async for ticket in tickets}


async def _check_log(deployment: Deployment) -> None:  # noqa: F811
    """Each event once, but for a successor's repetition of the last batch, word for word."""
    said: dict[str, bytes | None] = {}
    owned: set[str] = set()
    for record in await deployment.read("ticket.events"):
        headers = header_text(record.headers)
        if headers["ce_id"] in said:
            assert said[headers["ce_id"]] == record.value
            continue
        said[headers["ce_id"]] = record.value
        if headers["ce_type"] == TicketAssigned.type_name():
            assert headers["ce_subject"] not in owned
            owned.add(headers["ce_subject"])
        elif headers["ce_type"] == TicketUnassigned.type_name():
            owned.remove(headers["ce_subject"])
    assert len(owned) == PLACES
    assert await deployment.read("dead.letters") == []
