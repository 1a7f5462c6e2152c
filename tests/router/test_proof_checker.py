"""The checker of the proof finds what it should find, and nothing in a sound log."""

import asyncio
import json
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import pytest

from services.router.app import DECIDE, FORWARD
from services.router.handlers import Dispatcher, Forwarder
from shared.contracts.envelope import header_text
from shared.contracts.fields import Status
from shared.contracts.message import Message
from shared.contracts.people import Availability
from shared.contracts.ticket import AssignmentRequested, TicketReopened
from shared.contracts.topics import AGENT_UPDATES, ROUTING_REQUESTS
from shared.kit.records import Record
from tests.harness import Bench
from tests.router.builders import AGENT, agent, created, resolved, rules, triaged
from tests.router.proof.checker import SKILL, SKILLED, Findings, check

SOUND = rules(
    offline_grace="12h",
    queues=[{"name": "plain"}, {"name": "skilled", "skills": {SKILL: 1}}],
    rules=[{"name": "skilled", "when": {"category": SKILLED}, "queue": "skilled"}],
    otherwise={"queue": "plain"},
)
Log = list[Record]


@cache
def played(seed: int = 1) -> tuple[Log, Log]:
    """A lively desk's requests and log."""
    return asyncio.run(_play(seed))


async def _play(seed: int, steps: int = 250) -> tuple[Log, Log]:
    chance = Random(seed)  # noqa: S311 - a sample, no secret
    bench = Bench([(FORWARD, Forwarder(SOUND)), (DECIDE, Dispatcher(SOUND))])
    tickets = ["t0"]
    for n in range(steps):
        name, ticket = f"a{chance.randrange(6)}", chance.choice(tickets[-20:])
        skills = {SKILL: 1} if int(name[1]) % 2 else {}
        there = chance.choice([*Availability, Availability.ONLINE, Availability.ONLINE])
        update = agent(name, capacity=chance.randint(0, 3), availability=there, skills=skills)
        told = triaged(category=chance.choice(["general", SKILLED]))
        steps_of: dict[str, list[tuple[str, Message]]] = {
            "new": [(f"t{n}", created()), (f"t{n}", told)],
            "agent": [(name, update)],
            "done": [(ticket, resolved())],
            "again": [
                (ticket, TicketReopened(old=Status.RESOLVED, actor=AGENT, reason="r", reopens=1))
            ],
            "hand": [(ticket, AssignmentRequested(agent_id=name, actor=AGENT))],
        }
        kind = chance.choice(["new", "new", "agent", "done", "done", "again", "hand", "gone"])
        tickets += [f"t{n}"] if kind == "new" else []
        for subject, message in steps_of.get(kind, ()):
            bench.publish(message, subject=subject)
        if kind == "gone" and not n % 3:
            bench.publish_raw(AGENT_UPDATES.name, name, None)
        await bench.run()
    return bench.cluster.records(ROUTING_REQUESTS.name), bench.log


def test_a_sound_log_has_no_problems() -> None:
    found = check(*played())
    assert found.examples == []
    assert found.counts["TicketAssigned"] > 30
    assert found.counts["TicketQueued"] > 10


def _changed(record: Record, **data: Any) -> Record:
    value = json.dumps(json.loads(record.value or b"{}") | data).encode()
    return Record(**{name: getattr(record, name) for name in Record.__slots__} | {"value": value})


def _kind(record: Record) -> str:
    return header_text(record.headers)["ce_type"].split(".")[1]


def _without(kind: str) -> Callable[[Log, Log], tuple[Log, Log]]:
    def planted(requests: Log, log: Log) -> tuple[Log, Log]:
        return requests, [r for r in log if _kind(r) != kind]

    return planted


def _each_agent_smaller(requests: Log, log: Log) -> tuple[Log, Log]:
    return [_changed(r, capacity=1) if _kind(r) == "AgentUpdated" else r for r in requests], log


def _everybody_away(requests: Log, log: Log) -> tuple[Log, Log]:
    away = {"availability": "away"}
    return [_changed(r, **away) if _kind(r) == "AgentUpdated" else r for r in requests], log


def _nobody_skilled(requests: Log, log: Log) -> tuple[Log, Log]:
    return [_changed(r, skills={}) if _kind(r) == "AgentUpdated" else r for r in requests], log


def _each_agent_larger(requests: Log, log: Log) -> tuple[Log, Log]:
    return [_changed(r, capacity=50) if _kind(r) == "AgentUpdated" else r for r in requests], log


def _torn(requests: Log, log: Log) -> tuple[Log, Log]:
    said = next(r for r in log if _kind(r) == "TicketAssigned")
    return requests, [*log, _changed(said, agent_id="zoe")]


def _causes_lost(requests: Log, log: Log) -> tuple[Log, Log]:
    causes = {v for r in log for k, v in r.headers if k == "ce_causationid"}
    lost = next(r for r in requests if dict(r.headers)["ce_id"] in causes)
    return [r for r in requests if r is not lost], log


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        (_without("TicketUnassigned"), "assigned twice"),
        (_without("TicketAssigned"), "taken from somebody who did not have it"),
        (_each_agent_smaller, "given above capacity"),
        (_everybody_away, "given to somebody who is not online"),
        (_nobody_skilled, "given to somebody without the skill"),
        (_each_agent_larger, "waits while somebody able is free"),
        (_torn, "one number, two meanings"),
        (_causes_lost, "caused by nothing that a pool heard"),
    ],
)
def test_each_wrong_is_found(planted: Callable[[Log, Log], tuple[Log, Log]], told: str) -> None:
    found: Findings = check(*planted(*played()))
    assert found.problems[told] > 0
