"""From a channel's payload to a ticket: each once, however often it is delivered."""

import orjson
import pytest

from shared.contracts.ticket import CustomerReplied, TicketCreated
from tests.intake.seeds import PAYLOADS
from tests.intake_reception.mails import FrontDesk, mail

# A form that brings no id of its own is another message each time.
WITHOUT_IDS = frozenset({"web"})


@pytest.mark.parametrize("channel", sorted(set(PAYLOADS) - WITHOUT_IDS))
async def test_the_same_payload_twice_is_one_ticket(channel: str) -> None:
    desk = FrontDesk()
    value = PAYLOADS[channel][0]

    for key in ("one", "two"):
        desk.post(value, key=key, channel=channel, mailbox=None)
    await desk.bench.run()

    assert len(desk.bench.said_of(TicketCreated)) == 1
    assert desk.bench.dead_letters == []


async def test_a_chat_goes_on_in_its_ticket() -> None:
    desk = FrontDesk()
    sender = {"id": 7, "first_name": "Ana"}
    for number, text in ((1, "It broke."), (2, "Still there?")):
        message = {"message_id": number, "from": sender, "chat": {"id": 7}, "text": text}
        desk.post(orjson.dumps({"update_id": number, "message": message}), channel="telegram")
    await desk.bench.run()

    assert len(desk.bench.said_of(TicketCreated)) == 1
    assert len(desk.bench.said_of(CustomerReplied)) == 1


async def test_a_mail_by_two_ways_is_one_ticket() -> None:
    desk = FrontDesk()
    raw = mail().decode()
    body = orjson.dumps({"RawEmail": raw, "OriginalRecipient": "support@desk.example"})

    desk.post(mail(), channel="email")
    desk.post(body, key="other", channel="postmark")
    await desk.bench.run()

    assert len(desk.bench.said_of(TicketCreated)) == 1


async def test_a_pressed_button_opens_nothing() -> None:
    desk = FrontDesk()
    query = {"id": "q", "from": {"id": 7}, "data": "start"}

    desk.post(orjson.dumps({"update_id": 1, "callback_query": query}), channel="telegram")
    await desk.bench.run()

    assert desk.bench.said_of(TicketCreated) == []
