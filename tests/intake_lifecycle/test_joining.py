"""What concerns two tickets: merge, split, link."""

import pytest

from services.intake.domain.lifecycle import decide
from services.intake.domain.ticket import (
    MOST_ABSORBED,
    MOST_LINKS,
    Decided,
    KeptMessage,
    MessageKind,
    TicketState,
)
from shared.contracts.commands import (
    AbsorbTicket,
    AddNote,
    Command,
    Link,
    Merge,
    RecordMessage,
    ReleaseTicket,
    Split,
    Unmerge,
)
from shared.contracts.fields import Status
from tests.intake_lifecycle.builders import (
    AGENT,
    NOW,
    SYSTEM,
    body,
    facts,
    names,
    refusal,
    ticket,
)

S = Status
TARGET = ticket(number="TKT-1001")


def kept(**fields: object) -> KeptMessage:
    message = KeptMessage(ticket_id="t1", kind=MessageKind.REQUESTER, at=NOW, body=body("m1"))
    return message.model_copy(update=fields)


def sent(decided: Decided) -> tuple[str, Command]:
    [only] = decided.sends
    return only


def test_a_merge_closes_the_source_and_tells_the_target() -> None:
    source = ticket(participants=("cara@example.org", "cc@example.org"))

    decided = decide(Merge(actor=AGENT, into="t2"), source, facts(others={"t2": TARGET}))

    assert names(decided) == ["TicketMerged", "TicketClosed"]
    assert decided.ticket is not None
    assert (decided.ticket.status, decided.ticket.merged_into) == (S.CLOSED, "t2")
    target, absorb = sent(decided)
    assert target == "t2"
    assert absorb == AbsorbTicket(
        actor=AGENT, source="t1", source_number="TKT-1000", participants=source.participants
    )


def test_who_comes_too_late_is_told_by_number_where_the_ticket_went() -> None:
    merged = decide(Merge(actor=AGENT, into="t2"), ticket(), facts(others={"t2": TARGET})).ticket
    assert merged is not None

    told = f"TKT-1000 was merged into {TARGET.number}: send AddNote there"
    assert refusal(AddNote(actor=AGENT, text="x"), merged).startswith(told)
    command = Merge(actor=AGENT, into="t3")
    assert refusal(command, ticket(), others={"t3": merged}) == (
        f"TKT-1000 was itself merged: merge into {TARGET.number} instead"
    )
    unmerged = decide(Unmerge(actor=AGENT), merged, facts()).ticket
    assert unmerged is not None
    assert unmerged.merged_number is None


def test_the_target_takes_it_in_with_whoever_took_part() -> None:
    command = AbsorbTicket(
        actor=AGENT, source="t1", source_number="TKT-1000", participants=("cc@example.org",)
    )

    decided = decide(command, TARGET, facts(ticket_id="t2"))

    assert names(decided) == ["TicketMerged"]
    assert decided.ticket is not None
    assert decided.ticket.absorbed == ("t1",)
    assert decided.ticket.participants == ("cara@example.org", "cc@example.org")


@pytest.mark.parametrize(
    "target",
    [
        None,
        ticket(S.CLOSED),
        ticket(S.CLOSED, merged_into="t1"),
        ticket(absorbed=tuple(f"s{n}" for n in range(MOST_ABSORBED))),
    ],
    ids=["unknown", "closed", "merged", "full"],
)
def test_a_target_that_does_not_take_it_sends_it_back(target: TicketState | None) -> None:
    command = AbsorbTicket(actor=AGENT, source="t1", source_number="TKT-1000")

    decided = decide(command, target, facts(ticket_id="t2"))

    assert names(decided) == ["CommandRejected"]
    source, back = sent(decided)
    assert source == "t1"
    assert isinstance(back, Unmerge)
    returned = decide(back, ticket(S.CLOSED, merged_into="t2"), facts())
    assert names(returned) == ["TicketUnmerged", "TicketReopened"]
    assert returned.sends == ()


def test_a_late_refusal_does_not_undo_another_merge() -> None:
    back = Unmerge(actor=SYSTEM, refused_by="t2")

    assert refusal(back, ticket(S.CLOSED, merged_into="t3")) == "TKT-1000 is not merged into t2"


@pytest.mark.parametrize(
    ("into", "others", "reason"),
    [
        ("t1", {}, "that is this ticket itself"),
        ("t2", {}, "there is no ticket t2"),
        (
            "t2",
            {"t2": ticket(S.CLOSED, number="TKT-2")},
            "TKT-2 is closed and takes nothing in: link the two instead",
        ),
        (
            "t2",
            {"t2": ticket(S.CLOSED, number="TKT-2", merged_into="t3")},
            "TKT-2 was itself merged: merge into t3 instead",
        ),
    ],
)
def test_a_merge_that_cannot_be_is_refused_at_once(
    into: str, others: dict[str, TicketState], reason: str
) -> None:
    assert refusal(Merge(actor=AGENT, into=into), ticket(), others=others) == reason


def test_unmerged_it_is_open_again_and_the_target_lets_go() -> None:
    decided = decide(Unmerge(actor=AGENT), ticket(S.CLOSED, merged_into="t2"), facts())

    assert names(decided) == ["TicketUnmerged", "TicketReopened"]
    assert decided.ticket is not None
    assert (decided.ticket.status, decided.ticket.merged_into) == (S.OPEN, None)
    target, release = sent(decided)
    assert target == "t2"
    let_go = decide(release, ticket(absorbed=("t1", "t4")), facts(ticket_id="t2"))
    assert names(let_go) == ["TicketUnmerged"]
    assert let_go.ticket is not None
    assert let_go.ticket.absorbed == ("t4",)


def test_only_what_came_in_is_let_go() -> None:
    command = ReleaseTicket(actor=AGENT, source="t9")

    assert refusal(command, ticket()) == "t9 was not merged into TKT-1000"
    assert refusal(Unmerge(actor=AGENT), ticket(S.CLOSED)) == (
        "TKT-1000 is not merged into another"
    )


def test_a_message_becomes_a_ticket_of_its_own() -> None:
    decided = decide(
        Split(actor=AGENT, message_id="m1", subject="And the door"), ticket(), facts(message=kept())
    )

    assert names(decided) == ["TicketSplit"]
    other, command = sent(decided)
    assert isinstance(command, RecordMessage)
    assert command.new_ticket is not None
    assert command.new_ticket.split_from == "t1"
    assert command.new_ticket.subject == "And the door"
    assert not command.new_ticket.acknowledge
    [marked] = decided.keeps
    assert marked.split_to == other


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (None, "m1 is no message of a requester on TKT-1000"),
        (kept(kind=MessageKind.NOTE), "m1 is no message of a requester on TKT-1000"),
        (kept(split_to="t5"), "m1 became a ticket already: t5"),
    ],
    ids=["unknown", "note", "twice"],
)
def test_what_cannot_be_split_off(message: KeptMessage | None, reason: str) -> None:
    command = Split(actor=AGENT, message_id="m1")

    assert refusal(command, ticket(), message=message) == reason


def test_a_link_has_two_sides() -> None:
    command = Link(actor=AGENT, other="t2", relation="causes")

    decided = decide(command, ticket(), facts(others={"t2": TARGET}))

    assert names(decided) == ["TicketsLinked"]
    other, mirror = sent(decided)
    assert other == "t2"
    assert mirror == Link(actor=AGENT, other="t1", relation="caused_by", mirrored=True)
    mirrored = decide(mirror, TARGET, facts(ticket_id="t2"))
    assert names(mirrored) == ["TicketsLinked"]
    assert mirrored.sends == ()


@pytest.mark.parametrize(
    ("command", "state", "reason"),
    [
        (
            Link(actor=AGENT, other="t2", relation="likes"),
            ticket(),
            (
                "there is no relation likes; there are blocked_by, blocks, caused_by, causes, "
                "duplicated_by, duplicates, follow_up, follow_up_of, relates_to"
            ),
        ),
        (
            Link(actor=AGENT, other="t2"),
            ticket(links=("relates_to t2",)),
            "TKT-1000 relates_to t2 already",
        ),
        (
            Link(actor=AGENT, other="t2"),
            ticket(links=tuple(f"causes s{n}" for n in range(MOST_LINKS))),
            "TKT-1000 has 50 links, which is the most",
        ),
        (Link(actor=AGENT, other="t8"), ticket(), "there is no ticket t8"),
    ],
    ids=["relation", "twice", "full", "unknown"],
)
def test_a_link_that_cannot_be(command: Link, state: TicketState, reason: str) -> None:
    assert refusal(command, state, others={"t2": TARGET}) == reason
