from datetime import UTC, datetime, timedelta

import pytest

from services.intake.domain.conversation import (
    KnownTicket,
    Thread,
    Traces,
    Way,
    find_ticket,
    numbers_in,
)
from services.intake.domain.message import IncomingMessage, Person
from shared.contracts.fields import Status
from shared.contracts.mail import message_id_for, reply_address
from tests.intake_reception.mails import SECRET

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(hours=24)


def ticket(ticket_id: str = "known", status: Status = Status.OPEN) -> KnownTicket:
    return KnownTicket(ticket_id, status, "ana", frozenset({"ana@x.example"}), number="TKT-1000")


def message(sender: str = "ana@x.example", **fields: object) -> IncomingMessage:
    base: dict[str, object] = {"channel": "email", "sender": Person(sender), "text": "Help"}
    return IncomingMessage(**(base | fields))  # type: ignore[arg-type]


def way(
    found: IncomingMessage, *, customer_id: str = "ana", at: datetime = NINE, **traces: object
) -> tuple[str, Way] | None:
    known: dict[str, object] = {"references": {}, "numbers": {}, "tickets": {"known": ticket()}}
    decided = find_ticket(
        found,
        Traces(**(known | traces)),  # type: ignore[arg-type]
        customer_id=customer_id,
        at=at,
        window=DAY,
        secret=SECRET,
    )
    return (decided.ticket_id, decided.way) if decided else None


def test_nothing_leads_to_a_ticket() -> None:
    assert way(message()) is None


def test_the_signed_address_wins_over_everything() -> None:
    address = reply_address("support@desk.example", "signed", secret=SECRET)
    found = message(delivered_to=(address,), references=("<a@x>",), subject="[TKT-1000]")

    assert way(found, references={"<a@x>": "other"}) == ("signed", Way.ADDRESS_TOKEN)


def test_our_signed_message_id_wins_over_stored_ones() -> None:
    ours = message_id_for("reply", "signed", "1", domain="desk.example", secret=SECRET)
    found = message(references=("<a@x>", ours))

    assert way(found, references={"<a@x>": "other"}) == ("signed", Way.OWN_MESSAGE_ID)


def test_the_nearest_known_reference_counts() -> None:
    found = message(references=("<new@x>", "<b@x>", "<a@x>"))
    known = {"<a@x>": "older", "<b@x>": "newer"}

    assert way(found, references=known) == ("newer", Way.REFERENCE)


@pytest.mark.parametrize(
    ("sender", "customer_id", "found"),
    [
        pytest.param("ana@x.example", "stranger", ("known", Way.SUBJECT_TOKEN), id="by address"),
        pytest.param("ana@home.example", "ana", ("known", Way.SUBJECT_TOKEN), id="by customer"),
        pytest.param("eve@evil.example", "eve", None, id="a stranger guesses"),
    ],
)
def test_a_number_counts_only_for_who_takes_part(
    sender: str, customer_id: str, found: tuple[str, Way] | None
) -> None:
    guess = message(sender, subject="Re: [tkt-1000] Printer")

    assert way(guess, customer_id=customer_id, numbers={"TKT-1000": "known"}) == found


def test_an_unknown_number_leads_nowhere() -> None:
    assert way(message(subject="[TKT-77]")) is None


@pytest.mark.parametrize(
    ("status", "hours", "goes_on"),
    [
        (Status.OPEN, 1, True),
        (Status.OPEN, 500, True),
        (Status.PENDING, 500, True),
        (Status.RESOLVED, 24, True),
        (Status.RESOLVED, 25, False),
        (Status.CLOSED, 1, False),
    ],
)
def test_a_conversation_goes_on_while_its_ticket_lives(
    status: Status, hours: int, *, goes_on: bool
) -> None:
    found = way(
        message(channel="chat"),
        thread=Thread("known", NINE - timedelta(hours=hours)),
        tickets={"known": ticket(status=status)},
    )

    assert found == (("known", Way.CONVERSATION) if goes_on else None)


def test_a_conversation_goes_on_before_its_ticket_is_written() -> None:
    found = way(message(channel="chat"), thread=Thread("new", NINE), tickets={})

    assert found == ("new", Way.CONVERSATION)


def test_numbers_are_found_once_each() -> None:
    assert numbers_in("Re: [TKT-12] [ tkt-12 ] TKT-13 [TKT-14]") == ("TKT-12", "TKT-14")
