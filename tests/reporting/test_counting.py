"""Whatever happens, in whatever batches and however often: the figures equal a recount."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.app import STAGE
from services.reporting.handlers import Reporter
from shared.contracts.fields import Priority
from shared.contracts.message import Message
from shared.contracts.people import AgentRemoved
from shared.contracts.sla import Metric
from shared.contracts.ticket import (
    MessageHeld,
    TicketMarkedSpam,
    TicketMerged,
    TicketUnmerged,
)
from shared.contracts.topics import AGENT_UPDATES
from shared.kit.unit import Document
from tests.harness import MONDAY_9AM, Bench
from tests.reporting import recount
from tests.reporting.making import (
    HOUR,
    SYSTEM,
    agent,
    agent_actor,
    assigned,
    body,
    breached,
    closed,
    corrected,
    created,
    escalated,
    fulfilled,
    promised,
    queued,
    reopened,
    replied,
    requester,
    resolved,
    sent,
    target,
    triaged,
    unassigned,
    warned,
    wrote,
)

SOON = MONDAY_9AM + HOUR
HAPPENINGS: tuple[Message, ...] = (
    triaged(),
    triaged(category="refunds", priority=Priority.LOW),
    queued(),
    assigned("ana"),
    assigned("ben", queue="tier2"),
    unassigned("ana"),
    escalated(),
    replied("ana"),
    replied("ben"),
    replied(human=False),
    wrote(),
    resolved("ana"),
    reopened(),
    closed(),
    TicketMarkedSpam(actor=agent_actor()),
    TicketMerged(other="t9", side="source", actor=SYSTEM),
    TicketUnmerged(other="t9", side="source", actor=SYSTEM),
    promised(target(Metric.FIRST_RESPONSE, MONDAY_9AM, 1), target(Metric.RESOLUTION, MONDAY_9AM)),
    warned(Metric.RESOLUTION, SOON),
    breached(Metric.FIRST_RESPONSE, SOON),
    fulfilled(Metric.FIRST_RESPONSE, SOON),
    fulfilled(Metric.RESOLUTION, SOON, late=True),
    corrected(Metric.FIRST_RESPONSE, SOON, MONDAY_9AM),
    sent(),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["t1", "t2", "t3"]), st.sampled_from(HAPPENINGS), st.integers(0, 90)),
    max_size=25,
)
Steps = list[tuple[str, Message, int]]


def bench() -> Bench:
    return Bench(STAGE, Reporter())


def publish(desk: Bench, steps: Steps) -> None:
    moment = MONDAY_9AM
    for number, ticket in enumerate(("t1", "t2", "t3"), start=1):
        channel = "email" if number % 2 else "web"
        desk.publish(created(number=f"TKT-{number}", channel=channel), ticket, at=moment)
    for ticket, data, minutes in steps:
        moment += timedelta(minutes=minutes)
        desk.publish(data, ticket, at=moment)


def figures_of(entries: Iterable[Document]) -> set[str]:
    return {part["figure"] for entry in entries for part in entry["counts"]}


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_figures_equal_a_recount_of_tickets_and_timelines(steps: Steps) -> None:
    desk = bench()
    publish(desk, steps)
    asyncio.run(desk.run())
    tickets, timeline = desk.documents("tickets").values(), desk.documents("timeline").values()
    rollups, live = desk.documents("rollups").values(), desk.documents("boards").values()

    told = recount.stored(rollups, recount.MILESTONE_FIGURES)
    assert told == recount.milestones(tickets)
    assert recount.stored(rollups, figures_of(timeline)) == recount.flows(timeline)
    board = recount.boards(tickets)
    assert recount.stored(live, {key[-1] for key in board} | {"open"}) == board
    assert not desk.dead_letters


@settings(max_examples=20, deadline=None)
@given(STEPS)
def test_batches_of_one_give_the_same_documents(steps: Steps) -> None:
    at_once, one_by_one = bench(), bench()
    publish(at_once, steps)
    asyncio.run(at_once.run())

    async def slowly() -> None:
        moment = MONDAY_9AM
        for number, ticket in enumerate(("t1", "t2", "t3"), start=1):
            channel = "email" if number % 2 else "web"
            one_by_one.publish(created(number=f"TKT-{number}", channel=channel), ticket, at=moment)
            await one_by_one.run()
        for ticket, data, minutes in steps:
            moment += timedelta(minutes=minutes)
            one_by_one.publish(data, ticket, at=moment)
            await one_by_one.run()

    asyncio.run(slowly())

    for collection in ("tickets", "timeline", "messages"):
        assert one_by_one.documents(collection) == at_once.documents(collection)
    for collection in ("rollups", "boards"):
        ours, theirs = one_by_one.documents(collection), at_once.documents(collection)
        assert without_zeros(ours) == without_zeros(theirs)


def without_zeros(documents: dict[str, Any]) -> dict[str, Any]:
    """Adding and taking away in two batches leaves a nought, in one batch nothing."""
    kept = {key: _kept(value) for key, value in documents.items()}
    counted = {"_id", "partition", "hour", "dimension", "value"}
    return {key: value for key, value in kept.items() if value.keys() - counted}


def _kept(document: dict[str, Any]) -> dict[str, Any]:
    deep = {k: _kept(v) if isinstance(v, dict) else v for k, v in document.items()}
    return {k: v for k, v in deep.items() if v not in ({}, 0) or k == "partition"}


async def test_every_event_twice_changes_nothing() -> None:
    desk = bench()
    publish(desk, [("t1", data, 5) for data in HAPPENINGS])
    await desk.run()
    once = {name: desk.documents(name) for name in ("tickets", "rollups", "boards", "timeline")}

    for record in list(desk.log):
        headers = {name: (value or b"").decode() for name, value in record.headers}
        key = (record.key or b"").decode()
        desk.publish_raw(record.topic, key, record.value, headers)
    await desk.run()

    assert {name: desk.documents(name) for name in once} == once


async def test_created_goes_to_the_category_that_triage_finds_later() -> None:
    desk = bench()
    desk.publish(created(), "t1", at=MONDAY_9AM)
    await desk.run()
    desk.publish(triaged(), "t1", at=MONDAY_9AM + 2 * HOUR)
    await desk.run()
    desk.publish(triaged(category="refunds"), "t1", at=MONDAY_9AM + 3 * HOUR)
    await desk.run()

    told = recount.stored(desk.documents("rollups").values(), ["created"])
    assert told[MONDAY_9AM, "category", "refunds", "created"] == 1
    assert (MONDAY_9AM, "category", "billing", "created") not in told


async def test_no_name_no_address_and_no_text_outside_their_places() -> None:
    desk = bench()
    secret = "Sesame open"
    who = requester(name="Rosa Diaz", address="rosa@example.org")
    desk.publish(created(requester=who, subject=secret, message=body(secret)), "t1")
    desk.publish(wrote(message=body(secret), sender="rosa@example.org"), "t1")
    desk.publish(agent("ana", address="ana@desk.example"), "ana")
    await desk.run()

    for name in ("timeline", "rollups", "boards", "customers"):
        text = repr(desk.documents(name))
        assert not any(word in text for word in (secret, "Rosa", "rosa@", "ana@"))
    [ticket] = (one for one in desk.documents("tickets").values() if "number" in one)
    assert ticket["personal"] == {"subject": secret, "requester_name": "Rosa Diaz"}
    assert "rosa@" not in repr(ticket)
    assert secret not in repr({**ticket, "personal": None})
    assert [m["text"] for m in desk.documents("messages").values()] == [secret, secret]


async def test_a_log_without_its_head_is_counted_and_harms_nothing() -> None:
    desk = bench()
    desk.publish(replied(), "t7")
    desk.publish(MessageHeld(channel="email", reason="burst"), "m1")
    desk.publish(created(), "t1")
    await desk.run()

    told = recount.stored(desk.documents("rollups").values(), ["orphaned", "held", "created"])
    assert told[MONDAY_9AM, "all", "all", "orphaned"] == 1
    assert told[MONDAY_9AM, "channel", "email", "held"] == 1
    assert told[MONDAY_9AM, "all", "all", "created"] == 1
    assert not desk.dead_letters


async def test_agents_come_and_go() -> None:
    desk = bench()
    desk.publish(agent("ana", skills={"a.b$": 2}), "ana")
    desk.publish(agent("ben"), "ben")
    await desk.run()
    desk.publish_raw(AGENT_UPDATES.name, "ben", None)
    await desk.run()

    assert AgentRemoved in STAGE.hears
    assert set(desk.documents("agents")) == {"ana"}
    assert desk.documents("agents")["ana"]["skills"] == [{"name": "a.b$", "level": 2}]
