"""What a message or a bounce does to its ticket."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.intake.domain.lifecycle import decide
from services.intake.domain.ticket import (
    MOST_PARTICIPANTS,
    Decided,
    MessageKind,
    Policy,
    TicketState,
)
from services.intake.settings import IntakeSettings
from shared.contracts.commands import RecordMessage
from shared.contracts.fields import Automatic, Status
from shared.contracts.ticket import CustomerReplied, TicketCreated, TicketHistory
from tests.intake_lifecycle.builders import (
    CARA,
    NOW,
    bounced,
    facts,
    names,
    new_ticket,
    opening,
    record,
    refusal,
    ticket,
)

S = Status


def after(decided: Decided) -> TicketState:
    assert decided.ticket is not None
    return decided.ticket


def test_the_first_message_opens_the_ticket() -> None:
    history = TicketHistory(tickets=2, open=1, last_ticket_number="TKT-7")
    command = opening(new_ticket=new_ticket(history=history, upstream_id="u1", tags=("lamp",)))

    decided = decide(command, None, facts(said=0, number="TKT-1234"))

    [created] = decided.says
    assert isinstance(created, TicketCreated)
    assert (created.number, created.requester, created.history) == ("TKT-1234", CARA, history)
    assert (created.upstream_id, created.tags, created.acknowledge) == ("u1", ("lamp",), True)
    assert after(decided).status is S.NEW
    assert after(decided).moved == 1
    assert after(decided).participants == ("cara@example.org",)
    assert [message.kind for message in decided.keeps] == [MessageKind.REQUESTER]


def test_an_automatic_first_message_is_not_acknowledged() -> None:
    command = opening(automatic=Automatic.AUTO_REPLY)

    [created] = decide(command, None, facts(said=0, number="TKT-1")).says

    assert isinstance(created, TicketCreated)
    assert not created.acknowledge


def test_an_alert_that_comes_cleared_is_created_and_resolved() -> None:
    decided = decide(opening(resolves=True), None, facts(said=0, number="TKT-1"))

    assert names(decided) == ["TicketCreated", "TicketResolved"]


def test_a_message_to_a_ticket_that_nobody_knows_opens_it() -> None:
    decided = decide(record(), None, facts(said=0, number="TKT-1"))

    [created] = decided.says
    assert isinstance(created, TicketCreated)
    assert created.subject == "It does not work."
    assert created.requester.address == "cara@example.org"


def test_without_a_number_no_ticket_is_opened() -> None:
    with pytest.raises(ValueError, match="no number was taken"):
        decide(opening(), None, facts(said=0))


@pytest.mark.parametrize(
    ("status", "said", "then"),
    [
        (S.NEW, [], S.NEW),
        (S.OPEN, [], S.OPEN),
        (S.IN_PROGRESS, [], S.IN_PROGRESS),
        (S.PENDING, ["StatusChanged"], S.OPEN),
        (S.ON_HOLD, ["StatusChanged"], S.OPEN),
        (S.RESOLVED, ["TicketReopened"], S.OPEN),
    ],
)
def test_the_requesters_reply_awakens_what_waits(
    status: Status, said: list[str], then: Status
) -> None:
    decided = decide(record(), ticket(status), facts())

    assert names(decided) == ["CustomerReplied", *said]
    assert after(decided).status is then
    replied = decided.says[0]
    assert isinstance(replied, CustomerReplied)
    assert replied.status is then


@pytest.mark.parametrize("status", [S.PENDING, S.ON_HOLD, S.RESOLVED, S.CLOSED])
@pytest.mark.parametrize("kind", list(Automatic))
def test_an_automatic_message_is_kept_and_awakens_nothing(status: Status, kind: Automatic) -> None:
    before = ticket(status, moved=3)

    decided = decide(record(automatic=kind), before, facts(said=4))

    assert names(decided) == ["CustomerReplied"]
    assert decided.ticket == before
    assert len(decided.keeps) == 1


@pytest.mark.parametrize("status", [S.PENDING, S.RESOLVED])
def test_somebody_unknown_to_the_ticket_does_not_reopen_it(status: Status) -> None:
    decided = decide(record(participant=False, sender="x@y.org"), ticket(status), facts())

    assert names(decided) == ["CustomerReplied"]
    assert after(decided).status is status
    assert after(decided).participants == ("cara@example.org",)


def test_an_alert_that_clears_resolves_its_ticket_once() -> None:
    decided = decide(record(resolves=True), ticket(S.IN_PROGRESS), facts())
    again = decide(record(resolves=True), after(decided), facts())

    assert names(decided) == ["CustomerReplied", "TicketResolved"]
    assert names(again) == ["CustomerReplied"]


def test_a_message_to_a_closed_ticket_opens_a_follow_up() -> None:
    closed = ticket(S.CLOSED, tags=("lamp",))

    decided = decide(record(), closed, facts())

    [(follow_up, command)] = decided.sends
    assert isinstance(command, RecordMessage)
    assert command.new_ticket is not None
    assert command.new_ticket.follow_up_of == "t1"
    assert command.new_ticket.requester == CARA
    assert command.new_ticket.history.last_ticket_number == "TKT-1000"
    assert names(decided) == ["TicketsLinked"]
    assert after(decided) == closed.model_copy(update={"continued_in": follow_up})


def test_later_messages_to_it_go_to_the_same_follow_up() -> None:
    first = decide(record(), ticket(S.CLOSED), facts())

    second = decide(record("m3"), after(first), facts(command_id="c2"))

    assert second.says == ()
    [(follow_up, command)] = second.sends
    assert follow_up == first.sends[0][0]
    assert isinstance(command, RecordMessage)
    assert command.new_ticket is None


WEEK = Policy(reopen_closed=timedelta(days=7))


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(days=7, seconds=-1)])
def test_by_policy_a_closed_ticket_is_opened_again_for_some_days(ago: timedelta) -> None:
    closed = ticket(S.CLOSED, status_at=NOW - ago)

    decided = decide(record(), closed, facts(policy=WEEK))

    assert names(decided) == ["CustomerReplied", "TicketReopened"]
    assert decided.sends == ()
    assert (after(decided).status, after(decided).reopens) == (S.OPEN, 1)
    assert after(decided).continued_in is None


@pytest.mark.parametrize(
    ("command", "ago"),
    [
        (record(), timedelta(days=7)),
        (record(participant=False, sender="sam@example.org"), timedelta(days=1)),
    ],
)
def test_too_late_or_from_a_stranger_it_is_a_follow_up(
    command: RecordMessage, ago: timedelta
) -> None:
    decided = decide(command, ticket(S.CLOSED, status_at=NOW - ago), facts(policy=WEEK))

    assert names(decided) == ["TicketsLinked"]
    assert after(decided).status is S.CLOSED


def test_a_ticket_with_a_follow_up_stays_closed() -> None:
    closed = ticket(S.CLOSED, status_at=NOW, continued_in="t2")

    [(target, _)] = decide(record(), closed, facts(policy=WEEK)).sends

    assert target == "t2"


@pytest.mark.parametrize(
    ("command", "fields"),
    [(record(), {"spam": True}), (record(automatic=Automatic.AUTO_REPLY), {})],
)
def test_spam_and_machines_open_nothing_again(
    command: RecordMessage, fields: dict[str, Any]
) -> None:
    decided = decide(command, ticket(S.CLOSED, **fields), facts(policy=WEEK))

    assert names(decided) == ["CustomerReplied"]
    assert after(decided).status is S.CLOSED


@pytest.mark.parametrize(
    ("days", "problem"),
    [
        ("-1", "greater than or equal to 0"),
        ("4000", "less than or equal to 3650"),
        ("a week", "valid number"),
    ],
)
def test_what_is_no_number_of_days_is_told(days: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=f"(?s)reopen_closed_days.*{problem}"):
        IntakeSettings.model_validate({"reopen_closed_days": days})


def test_the_follow_up_of_a_strangers_message_is_the_strangers() -> None:
    command = record(participant=False, sender="Sam@Example.org")

    [(_, sent)] = decide(command, ticket(S.CLOSED), facts()).sends

    assert isinstance(sent, RecordMessage)
    assert sent.new_ticket is not None
    assert sent.new_ticket.requester.address == "Sam@Example.org"
    assert sent.new_ticket.requester.customer_id != "cara"
    assert sent.new_ticket.participants == ()


def test_more_spam_opens_no_follow_up() -> None:
    decided = decide(record(), ticket(S.CLOSED, spam=True), facts())

    assert names(decided) == ["CustomerReplied"]
    assert decided.sends == ()


@pytest.mark.parametrize("command", [record(), opening(), bounced()])
def test_what_comes_for_a_merged_ticket_goes_to_its_target(command: RecordMessage) -> None:
    decided = decide(command, ticket(S.CLOSED, merged_into="t2"), facts())

    [(target, sent)] = decided.sends
    assert target == "t2"
    assert getattr(sent, "new_ticket", None) is None
    assert decided.says == ()
    assert decided.keeps == ()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (S.OPEN, []),
        (S.ON_HOLD, []),
        (S.PENDING, ["StatusChanged"]),
        (S.RESOLVED, ["TicketReopened"]),
        (S.CLOSED, []),
    ],
)
def test_mail_that_came_back_for_good_brings_the_ticket_back(
    status: Status, said: list[str]
) -> None:
    decided = decide(bounced(), ticket(status), facts())

    assert names(decided) == ["DeliveryFailed", *said]
    assert after(decided).undeliverable


def test_it_does_so_once_until_the_requester_writes_again() -> None:
    known = after(decide(bounced(), ticket(S.PENDING), facts())).model_copy(
        update={"status": S.RESOLVED}
    )
    again = decide(bounced(), known, facts())
    written = decide(record(), known, facts())

    assert names(again) == ["DeliveryFailed"]
    assert not after(written).undeliverable


def test_mail_that_may_still_arrive_changes_nothing() -> None:
    decided = decide(bounced(hard=False), ticket(S.PENDING), facts())

    assert names(decided) == ["DeliveryFailed"]
    assert after(decided).status is S.PENDING


def test_a_bounce_is_no_message_to_open_a_ticket_with() -> None:
    assert refusal(bounced(), None) == "there is no ticket t1"


def test_participants_are_bounded_and_the_earliest_stay() -> None:
    crowd = tuple(f"p{n}@example.org" for n in range(MOST_PARTICIPANTS))

    decided = decide(record(sender="late@example.org"), ticket(participants=crowd), facts())

    assert after(decided).participants == crowd


def test_the_message_is_kept_under_its_ticket_and_time() -> None:
    [kept] = decide(record(), ticket(S.OPEN), facts()).keeps

    assert (kept.key, kept.at, kept.sender) == ("t1:m2", NOW, "cara@example.org")
