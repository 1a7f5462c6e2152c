"""One person over all his addresses: what is known of him, and what proves that they are his."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake.domain.identity import stranger_id
from services.intake.domain.message import IncomingMessage, Person
from services.intake.domain.profile import MOST_ADDRESSES, Profile, merged, noticed
from shared.contracts.channel import MessageReceived
from shared.contracts.people import CustomerUpdated
from shared.contracts.ticket import TicketCreated
from shared.contracts.topics import CUSTOMER_UPDATES
from tests.intake_reception.mails import FrontDesk, chat, mail, whatsapp

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)


def message(address: str, name: str | None = None, channel: str = "email") -> IncomingMessage:
    return IncomingMessage(channel=channel, sender=Person(address, name), text="It broke.")


def test_messages_tell_name_address_channel_and_since_when() -> None:
    first = noticed(Profile(), message("Ana@x.example", "Ana"), NINE, proven=True)

    found = noticed(first, message("71", "Ana Ruiz", "telegram"), TEN, proven=True)

    assert found == Profile(
        name="Ana Ruiz",
        addresses=("ana@x.example", "telegram:71"),
        channels=("email", "telegram"),
        messages=2,
        since=NINE,
        last_at=TEN,
    )


@pytest.mark.parametrize(
    ("address", "name", "channel"),
    [
        ("ana@x.example", None, "email"),
        ("ana@x.example", " Ana@x.example ", "email"),
        ("+34600111222", "+34 600 111 222", "sms"),
    ],
)
def test_a_name_that_is_none_does_not_replace_one(
    address: str, name: str | None, channel: str
) -> None:
    found = noticed(Profile(name="Ana"), message(address, name, channel), NINE, proven=True)

    assert found.name == "Ana"


def test_what_is_not_proven_only_counts() -> None:
    found = noticed(Profile(), message("eve@x.example", "Ana Ruiz"), NINE, proven=False)

    assert (found.messages, found.name, found.addresses, found.channels) == (1, None, (), ())


def test_addresses_are_not_kept_without_end() -> None:
    found = Profile()
    for number in range(MOST_ADDRESSES + 5):
        found = noticed(found, message(f"{number}@x.example"), NINE, proven=True)

    assert len(found.addresses) == MOST_ADDRESSES


def test_parts_are_one_person_whose_last_name_holds() -> None:
    early = noticed(Profile(), message("a@x.example", "Ana"), NINE, proven=True)
    late = noticed(Profile(), message("b@x.example", "Ana Ruiz"), TEN, proven=True)

    for parts in ((early, late), (late, early), (late, Profile(), early)):
        found = merged(parts)
        assert (found.name, found.messages, found.since) == ("Ana Ruiz", 2, NINE)
        assert found.addresses == ("a@x.example", "b@x.example")
    assert merged(()) == Profile()


def created_by(desk: FrontDesk, external_id: str) -> TicketCreated:
    created = desk.bench.said_of(TicketCreated)
    return next(each for each in created if each.message.external_id == external_id)


async def test_a_name_from_one_channel_serves_on_another_of_the_same_number() -> None:
    desk = FrontDesk()
    await desk.mails(whatsapp(chat("Hola", "wamid.1")), channel="whatsapp", mailbox=None)

    sms = b"MessageSid=SM1&From=%2B34600111222&Body=Again"
    await desk.mails(sms, channel="sms", mailbox="+49301234567")

    first, second = created_by(desk, "wamid.1"), created_by(desk, "SM1")
    assert first.requester.customer_id == second.requester.customer_id
    assert first.requester.name == second.requester.name is not None
    assert first.profile is None
    assert second.history.tickets == 1
    assert second.profile is not None
    assert (second.profile.messages, second.profile.channels) == (1, ("whatsapp",))
    assert second.profile.addresses == ("+34600111222",)


async def test_what_a_stranger_did_is_his_once_the_crm_tells_who_he_is() -> None:
    desk = FrontDesk()
    await desk.mails(mail())
    await desk.mails(whatsapp(chat("Hola", "wamid.1")), channel="whatsapp", mailbox=None)
    told = CustomerUpdated(customer_id="c-1", addresses=("ana@customer.example", "+34600111222"))
    desk.bench.publish(told, "c-1")
    await desk.bench.run()

    await desk.mails(mail(message_id="<later@customer.example>"))

    created = created_by(desk, "<later@customer.example>")
    assert created.requester.customer_id == "c-1"
    assert created.requester.known
    assert created.profile is not None
    assert (created.history.tickets, created.profile.messages) == (2, 2)
    assert set(created.profile.addresses) == {"ana@customer.example", "+34600111222"}


async def test_an_address_that_was_given_to_another_takes_its_history_along() -> None:
    desk = FrontDesk()
    await desk.mails(mail())
    for owner in ("c-1", "c-2"):
        update = CustomerUpdated(customer_id=owner, addresses=("ana@customer.example",))
        desk.bench.publish(update, owner)
        await desk.bench.run()
    by_portal = MessageReceived.model_validate(
        {"channel": "web", "sender": {"customer_id": "c-1"}, "text": "x", "external_id": "p1"}
    )
    desk.bench.publish(by_portal, "p1")
    await desk.bench.run()

    assert created_by(desk, "p1").history.tickets == 0


async def test_what_an_upstream_proves_joins_what_the_address_did_before() -> None:
    desk = FrontDesk()
    await desk.mails(mail())
    sender = {"customer_id": "c-7", "address": "ana@customer.example", "name": "Ana R."}
    by_portal = MessageReceived.model_validate(
        {"channel": "web", "sender": sender, "text": "x", "external_id": "p1"}
    )
    desk.bench.publish(by_portal, "p1")
    await desk.bench.run()

    assert created_by(desk, "p1").history.tickets == 1


async def test_a_reply_address_brings_no_profile() -> None:
    """Who names another's address as his own to be answered at becomes no part of him."""
    desk = FrontDesk()
    told = CustomerUpdated(customer_id="c-1", addresses=("ana@customer.example",))
    desk.bench.publish(told, "c-1")
    await desk.bench.run()
    await desk.mails(
        mail(
            sender="Boss <eve@evil.example>",
            message_id="<evil@x>",
            headers={"Reply-To": "ana@customer.example"},
        )
    )

    await desk.mails(mail(message_id="<ana@x>"))

    created = created_by(desk, "<ana@x>")
    assert created.profile is not None
    assert created.profile.addresses == ()
    assert created.requester.name != "Boss"


async def test_a_customer_who_is_gone_leaves_no_profile() -> None:
    desk = FrontDesk()
    await desk.mails(mail())
    told = CustomerUpdated(customer_id="c-1", addresses=("ana@customer.example",))
    desk.bench.publish(told, "c-1")
    await desk.bench.run()
    await desk.mails(mail(message_id="<later@customer.example>"))
    assert all("profile" in each for each in desk.bench.documents("senders").values())

    desk.bench.publish_raw(CUSTOMER_UPDATES.name, "c-1", None)
    await desk.bench.run()

    left = desk.bench.documents("senders").values()
    assert {each["customer_id"] for each in left} == {
        "c-1",
        stranger_id("email", "ana@customer.example"),
    }
    assert not any("profile" in each for each in left)


def without_number(text: str, message_id: str) -> dict[str, Any]:
    message = chat(text, message_id, from_user_id="ES.81")
    del message["from"]
    return message


async def test_a_number_and_a_user_id_that_meta_names_together_are_one_person() -> None:
    desk = FrontDesk()
    said = [
        without_number("Hidden", "w1"),
        chat("Both", "w2", from_user_id="ES.81"),
        without_number("Hidden again", "w3"),
    ]
    for each in said:
        await desk.mails(whatsapp(each), channel="whatsapp", mailbox=None)

    first, second = created_by(desk, "w1"), created_by(desk, "w2")
    assert second.history.tickets == 1
    assert second.profile is not None
    assert second.profile.addresses == ("whatsapp:es.81",)
    assert first.requester.customer_id == stranger_id("whatsapp", "ES.81")
    owner = desk.bench.documents("addresses")["es.81"]["customer_id"]
    assert owner == second.requester.customer_id == stranger_id("whatsapp", "+34600111222")


async def test_the_crms_word_on_a_number_holds_for_its_user_id() -> None:
    desk = FrontDesk()
    both = chat("Both", "w1", from_user_id="ES.81")
    await desk.mails(whatsapp(both), channel="whatsapp", mailbox=None)
    desk.bench.publish(CustomerUpdated(customer_id="c-1", addresses=("+34600111222",)), "c-1")
    await desk.bench.run()

    again = chat("Again", "w2", from_user_id="ES.81")
    await desk.mails(whatsapp(again), channel="whatsapp", mailbox=None)

    assert desk.bench.documents("addresses")["es.81"]["customer_id"] == "c-1"
