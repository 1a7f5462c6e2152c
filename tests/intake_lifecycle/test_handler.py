"""Lifecycle on the real engine: commands from the topic, events on the log."""

from datetime import timedelta

import pytest

from services.intake.app import LIFECYCLE
from services.intake.domain.ticket import Policy
from services.intake.handlers.lifecycle import Lifecycle
from services.intake.store.lifecycle import MemoryNumbers
from shared.contracts.commands import (
    AddNote,
    Link,
    MarkSpam,
    Merge,
    Reply,
    SetStatus,
    Split,
    Unmerge,
)
from shared.contracts.fields import Status
from shared.contracts.ticket import (
    AgentReplied,
    CommandRejected,
    CustomerReplied,
    NoteAdded,
    TicketClosed,
    TicketCreated,
    TicketReopened,
    TicketResolved,
    TicketsLinked,
    TicketSplit,
    TicketUnmerged,
)
from tests.harness import MONDAY_9AM, Bench
from tests.intake_lifecycle.builders import AGENT, REQUESTER, SYSTEM, opening, record


@pytest.fixture
def bench() -> Bench:
    return Bench(LIFECYCLE, Lifecycle(MemoryNumbers(), Policy()))


def story(bench: Bench, ticket_id: str) -> list[str]:
    return [type(said).__name__ for envelope, said in bench.said if envelope.subject == ticket_id]


async def test_a_request_is_answered_resolved_and_closed(bench: Bench) -> None:
    bench.publish(opening("m1"), "t1")
    bench.publish(Reply(actor=AGENT, text="Try this.", status=Status.PENDING), "t1")
    bench.publish(record("m2"), "t1")
    bench.publish(Reply(actor=AGENT, text="And this.", status=Status.RESOLVED), "t1")
    bench.publish(SetStatus(actor=SYSTEM, status=Status.CLOSED, seen=7), "t1")

    await bench.run()

    assert story(bench, "t1") == [
        "TicketCreated",
        "AgentReplied",
        "StatusChanged",
        "CustomerReplied",
        "StatusChanged",
        "AgentReplied",
        "TicketResolved",
        "TicketClosed",
    ]
    assert [envelope.number for envelope, _ in bench.said] == list(range(1, 9))
    document = bench.documents("tickets")["t1"]
    assert (document["number"], document["status"]) == ("TKT-1000", "closed")
    assert bench.documents("numbers")["number:TKT-1000"]["ticket_id"] == "t1"
    kept = [m["body"]["text"] for m in bench.documents("messages").values()]
    assert sorted(kept) == ["And this.", "It does not work.", "It does not work.", "Try this."]
    assert bench.dead_letters == []


async def test_events_have_the_time_at_which_the_command_was_accepted(bench: Bench) -> None:
    bench.publish(opening("m1"), "t1", at=MONDAY_9AM - timedelta(hours=3))

    await bench.run()

    [(envelope, _)] = bench.said
    assert envelope.time == MONDAY_9AM - timedelta(hours=3)


async def test_a_command_that_comes_twice_acts_once(bench: Bench) -> None:
    for _ in range(2):
        bench.publish(opening("m1"), "t1", event_id="open")
        bench.publish(AddNote(actor=AGENT, text="n"), "t1", event_id="note")
        await bench.run()

    assert len(bench.said_of(TicketCreated)) == len(bench.said_of(NoteAdded)) == 1


async def test_tickets_of_one_batch_have_numbers_of_their_own(bench: Bench) -> None:
    for n in range(20):
        bench.publish(opening(f"m{n}"), f"t{n}")

    await bench.run()

    numbers = {created.number for created in bench.said_of(TicketCreated)}
    assert numbers == {f"TKT-{1000 + n}" for n in range(20)}


async def test_a_number_that_was_given_out_before_is_not_given_again(bench: Bench) -> None:
    taken = {"_id": "number:TKT-1000", "ticket_id": "before the counter was lost"}
    bench.data["intake"].collections["numbers"] = {"number:TKT-1000": taken}
    bench.publish(opening("m1"), "t1")

    await bench.run()

    [created] = bench.said_of(TicketCreated)
    assert created.number == "TKT-1001"
    assert bench.documents("numbers")["number:TKT-1000"] == taken


async def test_a_command_for_a_ticket_that_is_not_there_is_rejected(bench: Bench) -> None:
    bench.publish(Reply(actor=AGENT, text="Hello?"), "t9", event_id="c9")
    bench.publish(opening("m1"), "t9")

    await bench.run()

    [rejected] = bench.said_of(CommandRejected)
    assert (rejected.command, rejected.command_id) == ("Reply", "c9")
    assert rejected.reason == "there is no ticket t9"
    assert [envelope.number for envelope, _ in bench.said] == [1, 2]


async def test_a_timer_that_counted_a_refusal_in_is_not_stale(bench: Bench) -> None:
    bench.publish(opening("m1"), "t1")
    bench.publish(SetStatus(actor=AGENT, status=Status.RESOLVED), "t1")
    bench.publish(Reply(actor=REQUESTER, text="I am no agent"), "t1")
    bench.publish(SetStatus(actor=SYSTEM, status=Status.CLOSED, seen=2), "t1")

    await bench.run()

    assert len(bench.said_of(TicketClosed)) == 1


async def test_a_timer_that_missed_the_customers_reply_closes_nothing(bench: Bench) -> None:
    bench.publish(opening("m1"), "t1")
    bench.publish(SetStatus(actor=AGENT, status=Status.RESOLVED), "t1")
    bench.publish(record("m2"), "t1")
    bench.publish(SetStatus(actor=SYSTEM, status=Status.CLOSED, seen=2), "t1")

    await bench.run()

    assert bench.said_of(TicketClosed) == []
    assert bench.said_of(CommandRejected) == []
    assert bench.documents("tickets")["t1"]["status"] == "open"


async def test_merged_tickets_are_one_and_can_be_two_again(bench: Bench) -> None:
    bench.publish(opening("m1"), "t1")
    bench.publish(opening("m2"), "t2")
    await bench.run()
    bench.publish(Merge(actor=AGENT, into="t2"), "t1")
    await bench.run()
    bench.publish(record("m3"), "t1")
    await bench.run()

    assert bench.said_of(CustomerReplied, "t1") == []
    [reply] = bench.said_of(CustomerReplied, "t2")
    assert reply.message.message_id == "m3"
    assert bench.documents("tickets")["t2"]["absorbed"] == ["t1"]

    bench.publish(Unmerge(actor=AGENT), "t1")
    bench.publish(record("m4"), "t1")
    await bench.run()

    assert [r.message.message_id for r in bench.said_of(CustomerReplied, "t1")] == ["m4"]
    assert len(bench.said_of(TicketUnmerged)) == 2
    assert bench.documents("tickets")["t2"]["absorbed"] == []


async def test_merges_that_cross_never_close_both_tickets(bench: Bench) -> None:
    bench.publish(opening("m1"), "t1")
    bench.publish(opening("m2"), "t2")
    await bench.run()
    bench.publish(Merge(actor=AGENT, into="t2"), "t1")
    bench.publish(Merge(actor=AGENT, into="t1"), "t2")
    await bench.run()

    states = bench.documents("tickets")
    assert {ticket["status"] for ticket in states.values()} != {"closed"}
    for ticket_id, ticket in states.items():
        if ticket["merged_into"]:
            assert ticket_id in states[ticket["merged_into"]]["absorbed"]
    assert bench.dead_letters == []


async def test_a_closed_tickets_mail_makes_one_follow_up(bench: Bench) -> None:
    bench.publish(opening("m1"), "t1")
    bench.publish(SetStatus(actor=AGENT, status=Status.RESOLVED), "t1")
    bench.publish(SetStatus(actor=AGENT, status=Status.CLOSED), "t1")
    bench.publish(record("m2"), "t1")
    bench.publish(record("m3"), "t1")

    await bench.run()

    [linked] = bench.said_of(TicketsLinked, "t1")
    [follow_up] = bench.said_of(TicketCreated, linked.other)
    [reply] = bench.said_of(CustomerReplied, linked.other)
    assert follow_up.follow_up_of == "t1"
    assert (follow_up.message.message_id, reply.message.message_id) == ("m2", "m3")
    assert bench.documents("tickets")["t1"]["status"] == "closed"


async def test_a_split_message_of_the_same_batch_is_found(bench: Bench) -> None:
    bench.publish(opening("m1"), "t1")
    bench.publish(record("m2", message=record("m2").message), "t1")
    bench.publish(Split(actor=AGENT, message_id="m2"), "t1")
    bench.publish(Split(actor=AGENT, message_id="m2"), "t1")

    await bench.run()

    [split] = bench.said_of(TicketSplit)
    [created] = bench.said_of(TicketCreated, split.other)
    assert (created.split_from, created.message.message_id) == ("t1", "m2")
    [twice] = bench.said_of(CommandRejected)
    assert twice.reason == f"m2 became a ticket already: {split.other}"


async def test_a_link_is_on_both_tickets(bench: Bench) -> None:
    bench.publish(opening("m1"), "t1")
    bench.publish(opening("m2"), "t2")
    await bench.run()
    bench.publish(Link(actor=AGENT, other="t2", relation="blocks"), "t1")
    await bench.run()

    [there] = bench.said_of(TicketsLinked, "t1")
    [back] = bench.said_of(TicketsLinked, "t2")
    assert (there.other, there.relation) == ("t2", "blocks")
    assert (back.other, back.relation) == ("t1", "blocked_by")


async def test_html_of_a_reply_is_made_safe(bench: Bench) -> None:
    bench.publish(opening("m1"), "t1")
    bench.publish(
        Reply(actor=AGENT, text="Hi", html="<p onclick=x()>Hi<script>alert(1)</script></p>"), "t1"
    )

    await bench.run()

    [reply] = bench.said_of(AgentReplied)
    assert reply.message.html == "<p>Hi</p>"


async def test_a_requesters_reply_reopens_and_spam_stays_closed(bench: Bench) -> None:
    bench.publish(opening("m1"), "t1")
    bench.publish(SetStatus(actor=AGENT, status=Status.RESOLVED, resolution="plugged in"), "t1")
    bench.publish(record("m2"), "t1")
    bench.publish(MarkSpam(actor=AGENT), "t1")
    bench.publish(record("m3"), "t1")

    await bench.run()

    [resolved] = bench.said_of(TicketResolved)
    assert resolved.resolution == "plugged in"
    [reopened] = bench.said_of(TicketReopened)
    assert reopened.reopens == 1
    assert len(bench.said_of(CustomerReplied)) == 2
    assert bench.documents("tickets")["t1"]["status"] == "closed"
