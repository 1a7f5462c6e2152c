"""The service on the real engine: timers, ids, replays, what travels to whom."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.sla.app import STAGE, create
from services.sla.handlers import SlaHandler
from shared.contracts.commands import SetStatus
from shared.contracts.fields import Priority, Status
from shared.contracts.message import encode
from shared.contracts.sla import (
    ProgressStalled,
    SlaBreached,
    SlaCorrected,
    SlaFulfilled,
    SlaWarning,
)
from shared.contracts.ticket import FeedbackReceived
from shared.kit.records import Publication
from tests.harness import MONDAY_9AM, Bench
from tests.sla.stories import (
    agent_replied,
    created,
    customer_replied,
    note,
    policy_with,
    reopened,
    resolved,
    rules,
    triaged,
)

HOUR = timedelta(hours=1)


def bench() -> Bench:
    return Bench(STAGE, SlaHandler(rules()))


async def opened(priority: Priority = Priority.MEDIUM) -> Bench:
    here = bench()
    here.publish(created(), "t1")
    here.publish(triaged(priority), "t1")
    await here.run()
    return here


def plot(here: Bench) -> list[tuple[str, str, int | None]]:
    return [(type(m).__name__, e.id, e.number) for e, m in here.said]


async def test_unanswered_ticket_is_warned_of_and_breaches_at_its_deadline() -> None:
    here = await opened()
    await here.advance(4 * HOUR)
    assert [w.level for w in here.said_of(SlaWarning)] == ["50%", "75%"]
    [breach] = here.said_of(SlaBreached)
    assert breach.breached_at == MONDAY_9AM + 4 * HOUR
    envelope = next(e for e, m in here.said if isinstance(m, SlaBreached))
    assert (envelope.time, envelope.writer, envelope.number) == (breach.breached_at, "sla", 4)


async def test_answered_ticket_says_no_more_of_its_first_response() -> None:
    here = await opened()
    here.publish(agent_replied(), "t1", at=here.now)
    await here.run()
    await here.advance(6 * HOUR)
    assert [f.late for f in here.said_of(SlaFulfilled)] == [False]
    assert not here.said_of(SlaBreached)


async def test_after_downtime_all_that_was_due_fires_once_with_its_own_time() -> None:
    here = bench()
    for number in range(20):
        here.publish(created(), f"t{number}")
        here.publish(triaged(), f"t{number}")
    await here.run()
    here.clock.move(30 * HOUR)
    await here.run()
    await here.advance(HOUR)
    breaches = here.said_of(SlaBreached)
    assert [b.breached_at for b in breaches] == [MONDAY_9AM + 4 * HOUR] * 20
    assert all(26 * 3600 <= b.lateness_seconds <= 27 * 3600 for b in breaches)


async def test_ids_and_numbers_are_the_same_whether_a_timer_or_an_event_came_first() -> None:
    prompt = await opened()
    await prompt.advance(5 * HOUR)
    prompt.publish(agent_replied(), "t1")
    await prompt.run()

    tardy = await opened()
    tardy.clock.move(5 * HOUR)
    tardy.publish(agent_replied(), "t1")
    await tardy.run()

    said = plot(prompt)
    assert [name for name, _, _ in said] == [
        "SlaTargetsSet",
        "SlaWarning",
        "SlaWarning",
        "SlaBreached",
        "SlaFulfilled",
    ]
    assert plot(tardy) == said
    assert tardy.documents("tickets")["t1"]["_kit"].get("timers") == (
        prompt.documents("tickets")["t1"]["_kit"].get("timers")
    )


async def test_fact_logged_after_the_breach_but_accepted_before_it_corrects_it() -> None:
    here = await opened()
    await here.advance(4 * HOUR + timedelta(minutes=1))
    here.publish(agent_replied(), "t1", at=MONDAY_9AM + 3 * HOUR)
    await here.run()
    assert len(here.said_of(SlaBreached)) == len(here.said_of(SlaCorrected)) == 1
    assert [f.late for f in here.said_of(SlaFulfilled)] == [False]


async def test_a_breach_that_was_foreseen_tells_how_late_it_was_said() -> None:
    here = await opened()
    await here.advance(4 * HOUR - timedelta(seconds=2))
    engine = here.running[0].engine
    assert len(engine.foresight) == 1
    here.clock.move(timedelta(seconds=3, milliseconds=234))
    await here.run()
    [breach] = here.said_of(SlaBreached)
    assert breach.lateness_seconds == 1.234
    assert encode(breach) in [record.value for record in here.log]
    owing = [owned.partition for owned in engine.owned.values() if owned.owes_since is not None]
    assert len(owing) == 1


async def test_a_breach_after_one_that_was_taken_back_is_another_event() -> None:
    here = await opened()
    await here.advance(4 * HOUR + timedelta(minutes=1))
    for late_told in (resolved(), reopened()):
        here.publish(late_told, "t1", at=MONDAY_9AM + 3 * HOUR)
    await here.run()
    await here.advance(timedelta(minutes=1))
    assert [c.fact for c in here.said_of(SlaCorrected)] == ["paused"]
    breaches = [e for e, m in here.said if isinstance(m, SlaBreached)]
    assert [e.time for e in breaches] == [MONDAY_9AM + 4 * HOUR] * 2
    assert len({e.id for e in breaches}) == len({e.number for e in breaches}) == 2


async def test_repeated_records_and_a_second_reading_of_the_log_change_nothing() -> None:
    once, twice = await opened(), Bench(STAGE, SlaHandler(rules()), copies=2)
    for ticket_event in (created(), triaged()):
        twice.publish(ticket_event, "t1")
    await twice.run()
    for here in (once, twice):
        for event in (agent_replied(), customer_replied(), agent_replied(), resolved()):
            here.publish(event, "t1")
            await here.advance(HOUR)
    again = Bench(STAGE, SlaHandler(rules()))
    for record in once.cluster.records("ticket.events"):
        if dict(record.headers)["ce_writer"] != b"sla":
            again.cluster.append(
                Publication(record.topic, record.key, record.value, record.headers),
                at=datetime.fromtimestamp(record.timestamp_ms / 1000, UTC),
            )
    again.clock.move_to(once.now)
    await again.run()
    expected = once.documents("tickets")["t1"]["clocks"]
    assert twice.documents("tickets")["t1"]["clocks"] == expected
    assert again.documents("tickets")["t1"]["clocks"] == expected
    assert {e.id for e, _ in twice.said} == {e.id for e, _ in once.said}
    assert {e.id for e, _ in again.said} == {e.id for e, _ in once.said}


async def test_command_of_a_timer_goes_to_intake_with_the_number_that_it_has_seen() -> None:
    here = await opened()
    here.publish(agent_replied(Status.RESOLVED), "t1")
    here.publish(resolved(), "t1")
    here.publish(FeedbackReceived(score=5), "t1")  # not heard, but counted
    await here.run()
    await here.advance(49 * HOUR)
    [command] = here.said_of(SetStatus, "t1")
    assert (command.status, command.seen) == (Status.CLOSED, 4)
    [record] = here.cluster.records("ticket.commands")
    assert record.key == b"t1"


async def test_ticket_that_was_never_seen_created_is_passed_over() -> None:
    here = bench()
    here.publish(note(), "t1")
    here.publish(triaged(), "t1")
    await here.run()
    assert not here.said
    assert not here.dead_letters


async def test_second_creation_changes_nothing() -> None:
    here = await opened()
    before = here.documents("tickets")["t1"]["clocks"]
    here.publish(created(channel="web"), "t1")
    await here.run()
    assert here.documents("tickets")["t1"]["clocks"] == before


async def test_document_does_not_grow_with_the_ticket() -> None:
    here = await opened()
    here.publish(agent_replied(), "t1")

    async def exchange() -> int:
        here.publish(customer_replied(), "t1")
        here.publish(agent_replied(), "t1")
        await here.run()
        return len(str(here.documents("tickets")["t1"]))

    first = await exchange()
    for _ in range(30):
        last = await exchange()
    assert last < first + 40


async def test_stall_is_said_by_its_timer() -> None:
    here = Bench(STAGE, SlaHandler(policy_with(progress="2h")))
    here.publish(created(), "t1")
    here.publish(triaged(), "t1")
    await here.run()
    await here.advance(3 * HOUR)
    [stalled] = here.said_of(ProgressStalled)
    assert stalled.since == MONDAY_9AM


def test_stage_hears_what_the_clocks_depend_on() -> None:
    names = {cls.__name__ for cls in STAGE.hears}
    assert {"TicketCreated", "TicketTriaged", "AgentReplied", "TicketAssigned"} <= names
    assert not any(cls.writer == "sla" for cls in STAGE.hears)
    assert create.__module__ == "services.sla.app"


def test_readme_names_every_event_that_is_heard() -> None:
    text = (Path(__file__).parents[2] / "services" / "sla" / "README.md").read_text()
    missing = [cls.__name__ for cls in STAGE.hears if f"`{cls.__name__}`" not in text]
    assert not missing


@pytest.mark.parametrize("priority", list(Priority))
async def test_every_priority_is_timed_or_silent(priority: Priority) -> None:
    here = await opened(priority)
    await here.advance(24 * 9 * HOUR)
    assert not here.dead_letters
    assert len(here.said_of(SlaBreached)) == (0 if priority is Priority.LOW else 2)
