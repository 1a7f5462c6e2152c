"""What teams promise each other (OLA) runs beside what requesters are promised."""

import pytest

from services.sla.domain.policy import Rules
from shared.contracts.fields import Priority, Status
from shared.contracts.sla import (
    Metric,
    SlaBreached,
    SlaFulfilled,
    SlaPaused,
    SlaRetargeted,
    SlaTargetsSet,
)
from tests.sla.stories import (
    CONFIG,
    Story,
    agent_replied,
    berlin,
    changed,
    created,
    customer_replied,
    policy_with,
    reopened,
    resolved,
    rules,
    triaged,
)

MONDAY = "2026-03-02"
INNER = (
    Metric.INTERNAL_FIRST_RESPONSE,
    Metric.INTERNAL_NEXT_RESPONSE,
    Metric.INTERNAL_RESOLUTION,
)
BOTH = policy_with(
    first_response="4h",
    internal_first_response="2h",
    next_response="4h",
    internal_next_response="1h",
    resolution="16h",
    internal_resolution={"medium": "8h", "warnings": ["50%"]},
)


def opened(policies: Rules = BOTH) -> Story:
    return Story(policies).hear(f"{MONDAY} 09:00", created(), triaged())


def test_internal_target_has_a_deadline_and_warnings_of_its_own() -> None:
    story = opened()
    [first] = story.said_of(SlaTargetsSet)
    assert {t.metric: t.due_at for t in first.targets} == {
        Metric.FIRST_RESPONSE: berlin(f"{MONDAY} 13:00"),
        Metric.INTERNAL_FIRST_RESPONSE: berlin(f"{MONDAY} 11:00"),
        Metric.RESOLUTION: berlin("2026-03-03 17:00"),
        Metric.INTERNAL_RESOLUTION: berlin(f"{MONDAY} 17:00"),
    }
    assert "warn:internal_resolution:1:75%" not in story.timers


def test_internal_miss_is_no_outer_miss() -> None:
    story = opened().hear(f"{MONDAY} 12:00", agent_replied())
    assert [b.metric for b in story.said_of(SlaBreached)] == [Metric.INTERNAL_FIRST_RESPONSE]
    assert {f.metric: f.late for f in story.said_of(SlaFulfilled)} == {
        Metric.FIRST_RESPONSE: False,
        Metric.INTERNAL_FIRST_RESPONSE: True,
    }


def test_internal_clock_pauses_goes_on_and_ends_with_the_outer() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied(Status.PENDING))
    [paused] = story.said_of(SlaPaused)
    assert paused.metrics == (Metric.RESOLUTION, Metric.INTERNAL_RESOLUTION)
    story.hear("2026-03-03 10:00", customer_replied()).hear("2026-03-03 11:00", resolved())
    met = [f for f in story.said_of(SlaFulfilled) if "resolution" in f.metric]
    assert [(f.metric, f.elapsed_seconds) for f in met] == [
        (Metric.RESOLUTION, 2 * 3600),
        (Metric.INTERNAL_RESOLUTION, 2 * 3600),
    ]
    story.hear("2026-03-03 12:00", reopened())
    assert story.timers["breach:internal_resolution:1"] == berlin("2026-03-04 10:00")


def test_each_exchange_has_an_internal_cycle() -> None:
    story = opened().hear(f"{MONDAY} 10:00", agent_replied())
    for hour in (11, 12):
        story.hear(f"{MONDAY} {hour}:00", customer_replied())
        story.hear(f"{MONDAY} {hour}:10", agent_replied())
    cycles = [f.cycle for f in story.said_of(SlaFulfilled) if f.metric is INNER[1]]
    assert cycles == [1, 2]
    asked = [[t.metric for t in s.targets] for s in story.said_of(SlaTargetsSet)[1:]]
    assert asked == [[Metric.NEXT_RESPONSE, Metric.INTERNAL_NEXT_RESPONSE]] * 2


def test_internal_promise_that_is_new_finds_what_has_passed() -> None:
    story = opened(policy_with(resolution="16h")).hear(f"{MONDAY} 10:00", agent_replied())
    story.hear(f"{MONDAY} 10:00", agent_replied(Status.PENDING))
    story.hear(f"{MONDAY} 12:00", customer_replied())
    config = {**CONFIG, "policies": [{"name": "only", "schedule": "office", "targets": TARGETS}]}
    story.rules = rules(config, version="v2")
    story.hear(f"{MONDAY} 13:00", agent_replied())
    [anew] = story.said_of(SlaRetargeted)
    due = {t.metric: (t.due_at, t.remaining_seconds) for t in anew.targets}
    assert due[Metric.INTERNAL_RESOLUTION] == (berlin("2026-03-03 11:00"), 6 * 3600)


TARGETS = {"resolution": "16h", "internal_resolution": "8h"}


def test_what_was_reached_before_triage_is_judged_by_both() -> None:
    story = Story(BOTH).hear(f"{MONDAY} 09:00", created()).hear(f"{MONDAY} 12:00", agent_replied())
    story.hear(f"{MONDAY} 13:00", triaged())
    assert {f.metric: f.late for f in story.said_of(SlaFulfilled)} == {
        Metric.FIRST_RESPONSE: False,
        Metric.INTERNAL_FIRST_RESPONSE: True,
    }


@pytest.mark.parametrize("priority", [Priority.LOW, Priority.HIGH])
def test_priority_without_internal_promise_has_none(priority: Priority) -> None:
    story = opened().hear(f"{MONDAY} 09:30", changed(priority=priority))
    [anew] = story.said_of(SlaRetargeted)
    assert Metric.INTERNAL_RESOLUTION not in [t.metric for t in anew.targets]
    assert "breach:internal_resolution:1" not in story.timers


def test_policies_without_internal_promises_keep_no_such_clocks() -> None:
    story = opened(rules()).hear(f"{MONDAY} 10:00", agent_replied())
    story.hear(f"{MONDAY} 11:00", customer_replied())
    assert story.state is not None
    assert not set(INNER) & set(story.state.clocks)
