"""One pool at work: the decisions alone, and the stage that takes them on the kit's engine."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.router.app import DECIDE, FORWARD
from services.router.domain.agent_events import on_agent_updated
from services.router.domain.facts import new_ticket
from services.router.domain.pool import Pool
from services.router.domain.routing_rules import RoutingRules
from services.router.domain.ticket_events import HEARS
from services.router.handlers import Dispatcher, Forwarder
from shared.contracts.assignment import TicketAssigned
from shared.contracts.fields import Priority
from shared.contracts.message import Message
from shared.contracts.people import AgentUpdated
from shared.contracts.topics import ROUTING_REQUESTS
from shared.kit.records import Publication, Record
from tests.harness import MONDAY_9AM, Bench
from tests.router.builders import agent, created, resolved, triaged

CATEGORIES = ("billing", "technical", "security", "general")
LANGUAGES = ("de", "en", "fr", None)
CAPACITY = 4
Story = list[tuple[str, Message]]


@dataclass(frozen=True, slots=True)
class Point:
    """Microseconds of CPU for each assignment, with what came before and after it."""

    agents: int
    core: float
    stage: float
    load_ms: float  # taking the pool over from the store

    @property
    def per_second(self) -> float:
        return 1e6 / self.stage


def people(count: int) -> list[AgentUpdated]:
    """All can grant every wish, each in his way: what is measured is choosing, not waiting."""
    return [
        agent(
            f"a{n:05}",
            capacity=CAPACITY,
            skills={"billing": 2 + n % 3, "technical": 3 + n % 3, "security": 3 + n % 2},
            languages=("de", "en", "fr"),
            seniority=1 + n % 4,
        )
        for n in range(count)
    ]


def story(tickets: int, open_at_once: int, name: str = "t") -> Story:
    """Each is created, triaged, and resolved when `open_at_once` more have come."""
    told: Story = []
    for n in range(tickets + open_at_once):
        if n < tickets:
            facts = triaged(
                list(Priority)[n % 4],
                category=CATEGORIES[n % 4],
                language=LANGUAGES[n // 4 % 4],
            )
            told += [(f"{name}{n}", created()), (f"{name}{n}", facts)]
        if 0 <= n - open_at_once < tickets:
            told.append((f"{name}{n - open_at_once}", resolved()))
    return told


# What is made once for all tickets alike, such as the ranking of those who can take them.
WARM_UP = story(100, 5, "w")


def measure(rules: RoutingRules, agents: int, tickets: int) -> Point:
    """Half of the places are taken while it is measured, as far as there are tickets for that."""
    here = people(agents)
    told = story(tickets, min(agents * CAPACITY // 2, tickets // 2))
    core = _core(rules, here, told)
    stage, load = asyncio.run(_stage(rules, here, told))
    return Point(agents, core / tickets * 1e6, stage / tickets * 1e6, load * 1e3)


def _cpu(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _core(rules: RoutingRules, here: Sequence[AgentUpdated], told: Story) -> float:
    pool = Pool("default", rules)
    for each in here:
        on_agent_updated(pool, each, MONDAY_9AM)
    pool.settle()
    _play(pool, WARM_UP)
    return _cpu(lambda: _play(pool, told))


def _play(pool: Pool, told: Story) -> None:
    """To its end: what one ticket needs is at hand."""
    now, tickets = MONDAY_9AM, {}
    for subject, message in told:
        now += timedelta(seconds=1)
        if subject not in tickets:
            tickets[subject] = new_ticket(pool, subject, created(), now)
        else:
            HEARS[type(message)](pool, tickets[subject], message, now)
        pool.drain(now)
        pool.tells.take()
        pool.settle()


async def _stage(
    rules: RoutingRules, here: Sequence[AgentUpdated], told: Story
) -> tuple[float, float]:
    """CPU seconds of deciding it all, and of the first batch after a take-over."""
    dispatcher = Dispatcher(rules)
    bench = Bench(DECIDE, dispatcher, partitions=1)
    _append(bench, await _forwarded(rules, [(each.agent_id, each) for each in here]))
    _append(bench, await _forwarded(rules, WARM_UP))
    await bench.run()
    requests = await _forwarded(rules, told)
    _append(bench, requests)
    began = time.process_time()
    await bench.run()
    passed = time.process_time() - began
    given = len(bench.said_of(TicketAssigned))
    if given * 3 < len(told):  # three events a ticket
        raise RuntimeError(f"only {given} assignments: there are too few agents")
    dispatcher.forget()
    _append(bench, await _forwarded(rules, [("late", created())]))
    began = time.process_time()
    await bench.run()
    return passed, time.process_time() - began


async def _forwarded(rules: RoutingRules, told: Story) -> list[Record]:
    bench = Bench(FORWARD, Forwarder(rules), partitions=1)
    for subject, message in told:
        bench.publish(message, subject=subject)
    await bench.run()
    return bench.cluster.records(ROUTING_REQUESTS.name)


def _append(bench: Bench, records: Sequence[Record]) -> None:
    for each in records:
        bench.cluster.append(Publication(each.topic, each.key, each.value, each.headers))
