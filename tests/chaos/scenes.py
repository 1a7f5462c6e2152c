"""Faults in several steps, each at the moment when it hurts most."""

import asyncio
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from typing import Protocol

from tests.bench.requests import requests
from tests.chaos.agents import Agents
from tests.chaos.config import FIRST_RESPONSE_SECONDS
from tests.chaos.crew import EXTRA
from tests.chaos.deployment import Deployment
from tests.chaos.faults import SECOND
from tests.chaos.halting import Point
from tests.chaos.input import tagged
from tests.chaos.waiting import until

COMES_BY_SECONDS = 10.0  # with input all the time, everybody has a batch in hand by then
STORM_SECONDS = 3.0
STOPS_WITHIN_SECONDS = 10.0
NOT_UP_YET = -signal.SIGTERM  # it still imported, and had begun nothing
READY_SECONDS = 30.0
TIMED = 6
ANSWERS_SECONDS = 5.0  # from a reply to its place on the log
AFTER_DEADLINE_SECONDS = 1.5


class Stage(Protocol):
    """What a scene needs of the striker."""

    @property
    def desk(self) -> Deployment: ...
    @property
    def agents(self) -> Agents: ...
    @property
    def missed(self) -> list[str]: ...
    @property
    def complaints(self) -> list[str]: ...
    @property
    def held(self) -> set[str]: ...
    def kill(self, name: str) -> None: ...
    def expect_end(self, name: str) -> None: ...


async def kill_unpublished(stage: Stage, name: str) -> None:
    """Between a commit and the first word of what was decided."""
    crew = stage.desk.crew
    crew.orders.give(name, Point.PUBLISH)
    if await crew.orders.halted(name, crew.pid(name), COMES_BY_SECONDS) is None:
        stage.missed.append(f"kill-unpublished: {name} had nothing to say")
    stage.kill(name)


async def zombie(stage: Stage, name: str) -> None:
    """One freezes with records in hand; its heir handles them, and freezes unpublished.

    The zombie wakes first, and must not write over what the heir has decided; then the heir dies.
    """
    crew, heir = stage.desk.crew, f"{name}{SECOND}"
    crew.orders.give(name, Point.BATCH)
    partitions = await crew.orders.halted(name, crew.pid(name), COMES_BY_SECONDS)
    if partitions is None:
        crew.orders.take_back(name)
        stage.missed.append(f"zombie: {name} had nothing in hand")
        return
    crew.orders.give(heir, Point.PUBLISH, partitions)
    taken = await crew.orders.halted(heir, crew.pid(heir), 3 * COMES_BY_SECONDS)
    if taken is None:
        crew.orders.take_back(heir)
        stage.missed.append(f"zombie: {heir} decided nothing on {', '.join(partitions)}")
    crew.signal(name, signal.SIGCONT)
    await asyncio.sleep(1.0)  # time enough for the zombie's batch
    stage.kill(heir)


async def storm(stage: Stage, service: str, seconds: float) -> None:
    """A further process joins and leaves; every second time it dies instead."""
    crew, name = stage.desk.crew, f"{service}{EXTRA}"
    stage.held.add(name)
    end, rounds = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        crew.start_one(name)
        await asyncio.sleep(STORM_SECONDS)
        if rounds % 2:
            crew.kill(name)
        else:
            await _stop(stage, name, right={0, NOT_UP_YET})
        rounds += 1
    crew.forget(name)
    stage.held.discard(name)


async def rolling_restart(stage: Stage) -> None:
    """SIGTERM, one service after the other, each as soon as the one before is back."""
    for name in stage.desk.crew.services:
        stage.held.add(name)
        await _stop(stage, name)
        stage.desk.crew.start_one(name)
        stage.held.discard(name)
        with suppress(TimeoutError):
            await stage.desk.crew.ready([name], within=READY_SECONDS)


async def _stop(stage: Stage, name: str, right: Collection[int] = (0,)) -> None:
    """Gracefully: in time, and with a code that is right."""
    crew, began = stage.desk.crew, time.monotonic()
    crew.leave(name)
    with suppress(TimeoutError):
        await until(lambda: not crew.is_running(name), 2 * STOPS_WITHIN_SECONDS)
    took, code = time.monotonic() - began, crew.ended().get(name)
    if took > STOPS_WITHIN_SECONDS or code not in right:
        stage.complaints.append(f"{name} stopped with {code} after {took:.1f} s")
    if crew.is_running(name):
        crew.kill(name)


async def late_timers(stage: Stage, seed: int) -> None:
    """It dies after it has promised, answers come in time, it is back after the deadlines."""
    crew, agents = stage.desk.crew, stage.agents
    made = [tagged(each) for each in requests(TIMED, seed, mail_share=0.0, name="late")]
    origins = [each.origin for each in made]
    agents.timed.update(origins)
    agents.left_alone.update(origins)
    await agents.feed.now(made)
    try:
        tickets = await agents.until_seen(origins, FIRST_RESPONSE_SECONDS - ANSWERS_SECONDS)
    except TimeoutError:
        agents.left_alone.difference_update(origins)
        stage.missed.append("late-timers: too slow to answer in time")
        return
    gone = [name for name in crew.services if name.removesuffix(SECOND) == "sla"]
    stage.held.update(gone)
    for name in gone:
        crew.kill(name)
    for ticket in tickets:
        await agents.reply(ticket)
    with suppress(TimeoutError):  # who is not answered in time must be breached, once
        await agents.until_replied(tickets, FIRST_RESPONSE_SECONDS)
    last = max(agents.tickets[ticket].created_ms for ticket in tickets) / 1000
    await asyncio.sleep(
        max(last + FIRST_RESPONSE_SECONDS + AFTER_DEADLINE_SECONDS - time.time(), 0)
    )
    for name in gone:
        stage.expect_end(name)
    stage.held.difference_update(gone)
