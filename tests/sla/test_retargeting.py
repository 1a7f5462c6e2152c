"""Changed policies for tickets to which nothing happens: what they get, and what is said of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.sla.app import STAGE
from services.sla.domain.configuration import Closing
from services.sla.domain.falling_due import NEVER, REST
from services.sla.domain.rehearsal import LATER, LOST, MISSED, SOONER, WON, Rehearsal
from services.sla.handlers import SlaHandler
from services.sla.handlers.clocks import RETARGET
from shared.contracts.fields import Priority, Status
from shared.contracts.message import Message
from shared.contracts.sla import Metric, SlaBreached, SlaRetargeted
from shared.kit.revisits import Revisit
from tests.harness import MONDAY_9AM, Bench
from tests.sla.stories import (
    CONFIG,
    Story,
    agent_replied,
    closed,
    created,
    moved,
    note,
    resolved,
    rules,
    triaged,
)

HOUR = timedelta(hours=1)
MONDAY = "2026-03-02"


def promising(version: str = "v2", **targets: Any) -> Any:
    policy = {"name": "standard", "schedule": "office", "targets": targets}
    return rules({**CONFIG, "policies": [policy]}, version)


async def opened(*tickets: str, priority: Priority = Priority.MEDIUM) -> Bench:
    bench = Bench(STAGE, SlaHandler(rules()), partitions=1)
    for ticket in tickets:
        bench.publish(created(), ticket)
        bench.publish(triaged(priority), ticket)
    await bench.run()
    return bench


def handler_of(bench: Bench) -> SlaHandler:
    handler = bench.running[0].engine.handler
    assert isinstance(handler, SlaHandler)
    return handler


async def follow(bench: Bench, policies: Any) -> None:
    """As the background task does it, with every ticket."""
    running = bench.running[0]
    handler_of(bench).use(policies)
    at = next(iter(running.engine.owned))
    keys = bench.documents("tickets")
    running.engine.revisits.ask(Revisit(RETARGET, key, at) for key in keys)
    await bench.run()


async def test_open_clocks_follow_without_an_event_and_keep_what_has_passed() -> None:
    bench = await opened("t1", "t2")
    await bench.advance(HOUR)
    await follow(bench, promising(first_response="2h", resolution="16h"))
    anew = bench.said_of(SlaRetargeted)
    assert len(anew) == 2
    assert anew[0].reason == "the policies were changed"
    due = {target.metric: target.due_at for target in anew[0].targets}
    assert due[Metric.FIRST_RESPONSE] == MONDAY_9AM + 2 * HOUR
    await bench.advance(HOUR)
    assert [b.breached_at for b in bench.said_of(SlaBreached)] == [MONDAY_9AM + 2 * HOUR] * 2


async def test_second_look_says_nothing_more() -> None:
    bench = await opened("t1")
    policies = promising(first_response="2h")
    await follow(bench, policies)
    await follow(bench, policies)
    assert len(bench.said_of(SlaRetargeted)) == 1


async def test_ticket_whose_targets_stay_the_same_is_only_given_the_version() -> None:
    bench = await opened("t1")
    await follow(bench, rules(version="v2"))
    assert not bench.said_of(SlaRetargeted)
    assert bench.documents("tickets")["t1"]["policy_version"] == "v2"


async def test_breach_before_the_change_is_said_under_the_policies_of_its_time() -> None:
    bench = await opened("t1")
    bench.clock.move(5 * HOUR)
    await follow(bench, promising(first_response="8h"))
    [breach] = bench.said_of(SlaBreached)
    assert breach.breached_at == MONDAY_9AM + 4 * HOUR
    assert (breach.metric, breach.target_seconds) == (Metric.FIRST_RESPONSE, 4 * 3600)


async def test_breach_is_neither_repeated_nor_taken_back() -> None:
    bench = await opened("t1")
    await bench.advance(5 * HOUR)
    await follow(bench, promising("v2", first_response="1h"))
    await follow(bench, promising("v3", first_response="40h"))
    await bench.advance(30 * HOUR)
    assert [b.metric for b in bench.said_of(SlaBreached)] == [Metric.FIRST_RESPONSE]


async def test_target_that_has_passed_already_is_missed_at_once() -> None:
    bench = await opened("t1")
    await bench.advance(2 * HOUR)
    await follow(bench, promising(first_response="1h"))
    [breach] = bench.said_of(SlaBreached)
    assert breach.breached_at == MONDAY_9AM + HOUR


async def test_ticket_before_its_triage_takes_the_new_policies_without_a_word() -> None:
    bench = Bench(STAGE, SlaHandler(rules()), partitions=1)
    bench.publish(created(), "t1")
    await bench.run()
    await follow(bench, promising(first_response="2h"))
    bench.publish(triaged(), "t1")
    await bench.run()
    assert [type(message).__name__ for _, message in bench.said] == ["SlaTargetsSet"]
    assert bench.documents("tickets")["t1"]["policy_version"] == "v2"


async def test_paused_and_closed_tickets_follow() -> None:
    bench = await opened("paused", "closed")
    bench.publish(agent_replied(Status.PENDING), "paused")
    bench.publish(closed(), "closed")
    await bench.run()
    await follow(bench, promising(first_response="4h", resolution="20h"))
    assert not bench.said_of(SlaRetargeted, "closed")
    [anew] = bench.said_of(SlaRetargeted, "paused")
    assert [(t.metric, t.due_at, t.seconds) for t in anew.targets] == [
        (Metric.RESOLUTION, None, 20 * 3600)
    ]


@pytest.mark.parametrize(
    ("targets", "event"),
    [
        pytest.param({"resolution": "8h"}, moved(Status.PENDING), id="paused"),
        pytest.param({"resolution": {"high": "8h"}}, note(), id="without a target"),
    ],
)
async def test_ticket_on_which_nothing_is_awaited_is_found_all_the_same(
    targets: dict[str, Any], event: Message
) -> None:
    """By a timer that never fires; with the next promise that can run out it is gone."""
    before = promising("v1", **targets)
    before = replace(
        before, policies=[replace(each, closing=Closing()) for each in before.policies]
    )
    bench = Bench(STAGE, SlaHandler(before), partitions=1)
    for each in (created(), triaged(), event):
        bench.publish(each, "t1")
    await bench.run()
    kit = bench.documents("tickets")["t1"]["_kit"]
    assert (kit["timers"], kit["due"]) == ([[REST, NEVER]], NEVER)
    await follow(bench, promising(assignment="4h"))
    [anew] = bench.said_of(SlaRetargeted, "t1")
    assert [target.metric for target in anew.targets] == [Metric.ASSIGNMENT]
    assert REST not in dict(bench.documents("tickets")["t1"]["_kit"]["timers"])
    bench.publish(resolved(), "t1")
    bench.publish(closed(), "t1")
    await bench.run()
    assert "timers" not in bench.documents("tickets")["t1"]["_kit"]


async def test_one_batch_sees_one_version() -> None:
    bench = await opened("t1")
    handler = handler_of(bench)
    bench.publish(note(), "t1")
    handler.use(promising(first_response="2h"))
    bench.publish(note(), "t1")
    await bench.run()
    assert len(bench.said_of(SlaRetargeted)) == 1


def rehearsal_of(*stories: Story, policies: Any, at: str = f"{MONDAY} 10:00") -> Rehearsal:
    rehearsal = Rehearsal()
    for story in stories:
        story.until(at)
        assert story.state is not None
        before = story.state.model_dump()
        rehearsal.add(story.state, policies, MONDAY_9AM + HOUR)
        assert story.state.model_dump() == before
    return rehearsal


def opened_at_nine() -> Story:
    return Story().hear(f"{MONDAY} 09:00", created(), triaged())


@pytest.mark.parametrize(
    ("targets", "effects"),
    [
        (
            {"first_response": "3h", "resolution": "20h"},
            {(Metric.FIRST_RESPONSE, SOONER): 1, (Metric.RESOLUTION, LATER): 1},
        ),
        ({"first_response": "4h"}, {(Metric.RESOLUTION, LOST): 1}),
        (
            {"first_response": "30m", "resolution": "16h", "assignment": "8h"},
            {
                (Metric.FIRST_RESPONSE, SOONER): 1,
                (Metric.FIRST_RESPONSE, MISSED): 1,
                (Metric.ASSIGNMENT, WON): 1,
            },
        ),
    ],
)
def test_rehearsal_tells_what_would_change_and_changes_nothing(
    targets: dict[str, str], effects: dict[tuple[Metric, str], int]
) -> None:
    rehearsal = rehearsal_of(opened_at_nine(), policies=promising(**targets))
    assert (rehearsal.tickets, rehearsal.retargeted) == (1, 1)
    assert dict(rehearsal.effects) == effects
    assert dict(rehearsal.moves) == {("standard", "standard"): 1}


def test_rehearsal_of_the_same_targets_changes_nothing() -> None:
    rehearsal = rehearsal_of(opened_at_nine(), policies=rules(version="v2"))
    assert (rehearsal.tickets, rehearsal.retargeted) == (1, 0)


def test_rehearsal_leaves_out_clocks_that_stand_still() -> None:
    story = opened_at_nine().hear(f"{MONDAY} 09:30", moved(Status.PENDING))
    rehearsal = rehearsal_of(story, policies=promising(first_response="4h", resolution="20h"))
    assert not rehearsal.effects
    assert rehearsal.retargeted == 1
