"""Which status follows which."""

from itertools import product

import pytest

from services.intake.domain.lifecycle import decide
from services.intake.domain.status import MOVES, REQUESTERS_MOVES, moved
from shared.contracts.commands import SetStatus
from shared.contracts.fields import Status
from tests.intake_lifecycle.builders import (
    AGENT,
    NOW,
    REQUESTER,
    STRANGER,
    SYSTEM,
    facts,
    names,
    refusal,
    ticket,
)

S = Status


@pytest.mark.parametrize(("old", "new"), list(product(Status, Status)))
def test_an_agent_moves_by_the_table_and_not_otherwise(old: Status, new: Status) -> None:
    decided = decide(SetStatus(actor=AGENT, status=new), ticket(old), facts())

    assert decided.ticket is not None
    if new in MOVES[old]:
        assert decided.ticket.status is new
        assert "CommandRejected" not in names(decided)
    else:
        assert decided.ticket.status is old
        assert names(decided) == ["CommandRejected"]


def test_every_status_has_its_moves() -> None:
    assert set(MOVES) == set(REQUESTERS_MOVES) == set(Status)
    assert MOVES[S.CLOSED] == ()
    assert all(old not in new and S.NEW not in new for old, new in MOVES.items())
    assert all(set(REQUESTERS_MOVES[old]) <= set(MOVES[old]) for old in Status)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(S.OPEN, S.PENDING, ["StatusChanged"], id="within work"),
        pytest.param(S.OPEN, S.RESOLVED, ["TicketResolved"], id="resolve"),
        pytest.param(S.RESOLVED, S.CLOSED, ["TicketClosed"], id="close"),
        pytest.param(S.RESOLVED, S.OPEN, ["TicketReopened"], id="reopen"),
        pytest.param(
            S.RESOLVED, S.PENDING, ["TicketReopened", "StatusChanged"], id="reopen and go on"
        ),
        pytest.param(S.OPEN, S.OPEN, [], id="nothing"),
    ],
)
def test_each_move_has_its_event(old: Status, new: Status, said: list[str]) -> None:
    after, says = moved(ticket(old), new, actor=AGENT, at=NOW)

    assert [type(event).__name__ for event in says] == said
    assert after.status is new


def test_reopening_counts() -> None:
    after, _ = moved(ticket(S.RESOLVED, reopens=2), S.OPEN, actor=AGENT, at=NOW)

    assert after.reopens == 3


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        (S.OPEN, S.RESOLVED, True),
        (S.RESOLVED, S.OPEN, True),
        (S.PENDING, S.OPEN, True),
        (S.OPEN, S.PENDING, False),
        (S.RESOLVED, S.CLOSED, False),
    ],
)
def test_a_requester_resolves_and_reopens_and_no_more(
    old: Status, new: Status, *, allowed: bool
) -> None:
    decided = decide(SetStatus(actor=REQUESTER, status=new), ticket(old), facts())

    assert (names(decided) != ["CommandRejected"]) is allowed


def test_another_requester_changes_nothing() -> None:
    reason = refusal(SetStatus(actor=STRANGER, status=S.RESOLVED), ticket())

    assert reason == "SetStatus is for this ticket's own requester; the actor is another"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (S.OPEN, S.OPEN, "the ticket is open already"),
        (
            S.OPEN,
            S.CLOSED,
            (
                "a ticket that is open does not become closed: it can become in_progress, pending, "
                "on_hold, resolved"
            ),
        ),
        (
            S.CLOSED,
            S.OPEN,
            (
                "SetStatus does not fit a ticket that is closed, only one that is new, open, "
                "in_progress, pending, on_hold, resolved: closed is for good, so open a new ticket "
                "and link the two"
            ),
        ),
    ],
)
def test_a_refusal_tells_what_would_fit(old: Status, new: Status, reason: str) -> None:
    assert refusal(SetStatus(actor=AGENT, status=new), ticket(old)) == reason


@pytest.mark.parametrize(("seen", "stale"), [(4, True), (5, False), (9, False), (None, False)])
def test_a_timer_that_missed_the_last_move_is_stale(seen: int | None, *, stale: bool) -> None:
    command = SetStatus(actor=SYSTEM, status=S.CLOSED, seen=seen)

    decided = decide(command, ticket(S.RESOLVED, moved=5), facts(said=8))

    assert decided.stale is stale
    assert names(decided) == ([] if stale else ["TicketClosed"])


def test_a_stale_timer_is_no_error_on_a_closed_ticket_either() -> None:
    command = SetStatus(actor=SYSTEM, status=S.CLOSED, seen=2)

    assert decide(command, ticket(S.CLOSED, moved=3), facts(said=3)).says == ()


def test_a_resolution_by_a_timer_is_automatic() -> None:
    _, [by_timer] = moved(ticket(), S.RESOLVED, actor=SYSTEM, at=NOW)
    _, [by_agent] = moved(ticket(), S.RESOLVED, actor=AGENT, at=NOW)

    assert (by_timer.model_dump()["automatic"], by_agent.model_dump()["automatic"]) == (True, False)
