import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.envelope import deterministic_id
from shared.contracts.mail import (
    message_id_for,
    reply_address,
    ticket_of_address,
    ticket_of_message_id,
    ticket_token,
)

SECRET = "one secret"
TICKET = deterministic_id("ticket", "one")


def test_a_message_id_carries_its_ticket() -> None:
    ours = message_id_for("reply", TICKET, "event-1", domain="desk.example", secret=SECRET)

    assert ours.startswith("<reply.")
    assert ours.endswith(".event-1@desk.example>")
    assert ticket_of_message_id(ours, secret=SECRET) == TICKET


def test_a_reply_address_carries_its_ticket_and_stays_within_64_characters() -> None:
    address = reply_address("customer-service@desk.example", TICKET, secret=SECRET)

    assert ticket_of_address(address, secret=SECRET) == TICKET
    assert ticket_of_address(address.upper(), secret=SECRET) == TICKET
    assert len(address.partition("@")[0]) <= 64


@pytest.mark.parametrize(
    "forged",
    [
        "<reply.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.1@desk.example>",
        "<one@customer.example>",
        "<..@>",
        "",
        "<reply." + "a" * 5_000 + ".1@desk.example>",
    ],
)
def test_what_was_not_signed_leads_nowhere(forged: str) -> None:
    assert ticket_of_message_id(forged, secret=SECRET) is None


def test_another_secrets_signature_is_no_signature() -> None:
    address = reply_address("support@desk.example", TICKET, secret="another")

    assert ticket_of_address(address, secret=SECRET) is None


def test_without_a_secret_nothing_is_believed() -> None:
    address = reply_address("support@desk.example", TICKET, secret="")

    assert ticket_of_address(address, secret="") is None


@given(position=st.integers(0, 39), letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_no_changed_letter_of_a_token_passes(position: int, letter: str) -> None:
    token = ticket_token(TICKET, SECRET)
    changed = token[:position] + letter + token[position + 1 :]

    found = ticket_of_address(f"support+{changed}@desk.example", secret=SECRET)

    assert found == (TICKET if changed == token else None)


@given(ticket_id=st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable()))
def test_any_ticket_id_comes_back(ticket_id: str) -> None:
    address = reply_address("support@desk.example", ticket_id, secret=SECRET)

    assert ticket_of_address(address, secret=SECRET) == ticket_id
