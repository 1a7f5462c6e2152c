"""Open tickets moved over to changed policies: what would change, and how far it is."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from pymongo import AsyncMongoClient
from rich.table import Table

from services.sla.domain.policy import Rules
from services.sla.domain.rehearsal import EFFECTS, Rehearsal
from services.sla.store import OpenTickets, request_retarget
from shared.contracts.sla import Metric
from shared.kit.settings import KitSettings

LOOK_SECONDS = 0.5


async def rehearsed(settings: KitSettings, rules: Rules) -> Rehearsal:
    """Reads every open ticket, and changes nothing."""
    rehearsal, now = Rehearsal(), datetime.now(UTC)
    async with AsyncMongoClient(settings.mongo_url, **settings.mongo_client()) as client:
        tickets = OpenTickets(client[settings.database("sla")])
        async for state in tickets.states(rules.version):
            rehearsal.add(state, rules, now)
    return rehearsal


async def moved_over(
    settings: KitSettings, version: str, report: Callable[[int], None], *, wait: bool
) -> None:
    """`report` is told how many tickets are left, until there are none."""
    async with AsyncMongoClient(settings.mongo_url, **settings.mongo_client()) as client:
        database = client[settings.database("sla")]
        await request_retarget(database, version)
        left = await OpenTickets(database).count(version)
        report(left)
        while wait and left:
            await asyncio.sleep(LOOK_SECONDS)
            left = await OpenTickets(database).count(version)
            report(left)


def table_of(rehearsal: Rehearsal) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("clocks")
    for effect in EFFECTS:
        table.add_column(effect, justify="right")
    for metric in Metric:
        counts = [rehearsal.effects[metric, effect] for effect in EFFECTS]
        if any(counts):
            table.add_row(metric, *(f"{count:,}" if count else "" for count in counts))
    return table
