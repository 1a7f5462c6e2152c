from collections.abc import Mapping
from datetime import timedelta

import orjson
import pytest
from prometheus_client import REGISTRY

from shared.contracts.channel import MessageReceived, Sender
from shared.contracts.commands import RecordMessage, ReportBounce, SetStatus
from shared.contracts.envelope import deterministic_id
from shared.contracts.fields import Actor, ActorKind, Automatic, Status, Tier
from shared.contracts.mail import message_id_for, reply_address
from shared.contracts.people import CustomerUpdated
from shared.contracts.ticket import (
    CustomerReplied,
    DeliveryFailed,
    MessageDropped,
    MessageHeld,
    MessageRejected,
    TicketCreated,
    TicketReopened,
    TicketResolved,
)
from shared.contracts.topics import CHANNEL_MESSAGES, CUSTOMER_UPDATES
from tests.intake_reception.mails import (
    MAILBOX,
    SECRET,
    FrontDesk,
    alert,
    alerts,
    chat,
    delivery_status,
    mail,
    multipart,
    whatsapp,
)

AGENT = Actor(kind=ActorKind.AGENT, id="agent-1")


def counted(channel: str, outcome: str) -> float:
    labels = {"channel": channel, "outcome": outcome}
    return REGISTRY.get_sample_value("deskstream_intake_messages_total", labels) or 0


def the_ticket(desk: FrontDesk) -> str:
    [ticket_id] = desk.bench.documents("tickets")
    return ticket_id


def reply(number: int = 2, more: Mapping[str, str] | None = None) -> bytes:
    headers = {"In-Reply-To": "<one@customer.example>", **(more or {})}
    return mail("Thanks", message_id=f"<{number}@customer.example>", headers=headers)


async def test_a_mail_opens_a_ticket() -> None:
    desk = FrontDesk()
    before = counted("email", "created")

    await desk.mails(mail())

    [created] = desk.bench.said_of(TicketCreated)
    assert created.subject == "Printer on fire"
    assert (created.channel, created.mailbox) == ("email", MAILBOX)
    assert created.requester.address == "ana@customer.example"
    assert not created.requester.known
    assert created.participants == ("ana@customer.example",)
    assert created.acknowledge
    assert counted("email", "created") == before + 1


async def test_the_original_is_kept() -> None:
    desk = FrontDesk()

    await desk.mails(mail())

    [created] = desk.bench.said_of(TicketCreated)
    assert created.message.raw is not None
    assert await desk.blobs.get(created.message.raw.blob_id) == mail()


async def test_attachments_lie_in_the_blob_store() -> None:
    desk = FrontDesk()

    await desk.mails(
        multipart(
            "mixed",
            ("Content-Type: text/plain", "See"),
            ("Content-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv", "1,2"),
        )
    )

    [created] = desk.bench.said_of(TicketCreated)
    [attachment] = created.message.attachments
    assert attachment.blob is not None
    assert await desk.blobs.get(attachment.blob.blob_id) == b"1,2"


async def test_the_same_mail_on_two_partitions_is_one_ticket() -> None:
    desk = FrontDesk()

    for key in ("ana", "bob", "eve", "joe", "kim"):
        desk.post(mail(), key=key)
    await desk.bench.run()

    assert len(desk.bench.said_of(TicketCreated)) == 1
    assert len(desk.bench.said_of(MessageDropped)) == 4


async def test_the_same_mail_to_two_mailboxes_is_two_tickets() -> None:
    desk = FrontDesk()

    desk.post(mail(), mailbox="support@desk.example")
    desk.post(mail(), mailbox="sales@desk.example")
    await desk.bench.run()

    assert len(desk.bench.said_of(TicketCreated)) == 2


async def test_another_mail_under_the_same_id_is_a_dead_letter() -> None:
    desk = FrontDesk()

    await desk.mails(mail(), mail("Other", sender="eve@evil.example"))

    [(reason, _)] = desk.bench.dead_letters
    assert "another message came before under the same id" in reason
    assert len(desk.bench.said_of(TicketCreated)) == 1
    assert len(desk.bench.said_of(MessageRejected)) == 1


async def test_a_reply_in_the_same_batch_finds_its_ticket() -> None:
    desk = FrontDesk()

    await desk.mails(mail(), reply())

    assert len(desk.bench.said_of(TicketCreated)) == 1
    [replied] = desk.bench.said_of(CustomerReplied)
    assert replied.participant


async def test_a_reply_on_another_partition_finds_its_ticket() -> None:
    desk = FrontDesk()
    await desk.mails(mail(), key="ana")

    await desk.mails(reply(), key="somebody else")

    [replied] = desk.bench.said_of(CustomerReplied)
    assert replied.message.external_id == "<2@customer.example>"


async def test_a_strangers_reply_is_threaded_but_not_believed() -> None:
    desk = FrontDesk()
    await desk.mails(mail())

    await desk.mails(reply(more={"From": "eve@evil.example"}))

    [replied] = desk.bench.said_of(CustomerReplied)
    assert not replied.participant


async def test_our_reply_address_and_message_id_lead_to_their_ticket() -> None:
    desk = FrontDesk()
    await desk.mails(mail())
    ticket_id = the_ticket(desk)
    ours = message_id_for("reply", ticket_id, "7", domain="desk.example", secret=SECRET)
    address = reply_address(MAILBOX, ticket_id, secret=SECRET)

    await desk.mails(
        mail("A", message_id="<a@x>", headers={"In-Reply-To": ours}),
        mail("B", message_id="<b@x>", headers={"To": f"Support <{address}>"}),
    )

    assert [m.message.text for m in desk.bench.said_of(CustomerReplied, ticket_id)] == ["A", "B"]


async def test_a_forged_token_opens_a_ticket_of_its_own() -> None:
    desk = FrontDesk()
    await desk.mails(mail())
    forged = reply_address(MAILBOX, the_ticket(desk), secret="guessed")

    await desk.mails(mail("B", message_id="<b@x>", sender="eve@x.example", headers={"To": forged}))

    assert len(desk.bench.said_of(TicketCreated)) == 2


@pytest.mark.parametrize(
    ("sender", "tickets"),
    [("ana@customer.example", 1), ("eve@evil.example", 2)],
    ids=["participant", "stranger"],
)
async def test_a_number_in_the_subject_counts_for_participants(sender: str, tickets: int) -> None:
    desk = FrontDesk()
    await desk.mails(mail())

    again = mail("B", message_id="<b@x>", sender=sender, subject="AW: [TKT-1000] Printer")
    await desk.mails(again)

    assert len(desk.bench.said_of(TicketCreated)) == tickets


async def test_a_reply_to_a_closed_ticket_opens_one_follow_up() -> None:
    desk = FrontDesk()
    await desk.mails(mail())
    ticket_id = the_ticket(desk)
    for status in (Status.RESOLVED, Status.CLOSED):
        desk.bench.publish(SetStatus(actor=AGENT, status=status), ticket_id)
    await desk.bench.run()

    await desk.mails(reply(2))
    await desk.mails(reply(3))

    [_, follow_up] = desk.bench.said_of(TicketCreated)
    assert follow_up.follow_up_of == ticket_id
    assert len(desk.bench.said_of(CustomerReplied)) == 1


async def test_an_auto_reply_is_stored_and_wakes_nobody() -> None:
    desk = FrontDesk()
    await desk.mails(mail())

    away = reply(more={"Auto-Submitted": "auto-replied"})
    await desk.mails(away)

    [replied] = desk.bench.said_of(CustomerReplied)
    assert replied.automatic is Automatic.AUTO_REPLY


async def test_a_first_mail_of_a_machine_is_not_acknowledged() -> None:
    desk = FrontDesk()

    await desk.mails(
        mail(headers={"Precedence": "bulk"}), mail(sender="noreply@x.example", message_id="<2@x>")
    )

    assert [created.acknowledge for created in desk.bench.said_of(TicketCreated)] == [False, False]


async def test_own_mail_coming_back_is_dropped() -> None:
    desk = FrontDesk()
    ours = message_id_for("ack", "t1", "1", domain="desk.example", secret=SECRET)

    await desk.mails(mail(message_id=ours))

    [dropped] = desk.bench.said_of(MessageDropped)
    assert dropped.reason == "own mail coming back"
    assert desk.bench.said_of(TicketCreated) == []


def bounce_of(original: str) -> bytes:
    return multipart(
        'report; report-type="delivery-status"',
        ("Content-Type: text/plain", "User unknown"),
        delivery_status("ana@customer.example", "5.1.1"),
        ("Content-Type: text/rfc822-headers", f"Message-ID: {original}"),
    )


async def test_a_bounce_finds_the_ticket_of_the_mail_that_came_back() -> None:
    desk = FrontDesk()
    await desk.mails(mail())
    ticket_id = the_ticket(desk)
    ours = message_id_for("reply", ticket_id, "1", domain="desk.example", secret=SECRET)

    await desk.mails(bounce_of(ours))

    [report] = desk.bench.said_of(ReportBounce, ticket_id)
    assert (report.address, report.status, report.hard) == ("ana@customer.example", "5.1.1", True)
    assert len(desk.bench.said_of(DeliveryFailed)) == 1


async def test_a_bounce_of_nobodys_mail_is_held() -> None:
    desk = FrontDesk()

    await desk.mails(bounce_of("<foreign@elsewhere.example>"))

    [held] = desk.bench.said_of(MessageHeld)
    assert "bounce" in held.reason


async def test_a_burst_of_one_sender_is_held_and_passes() -> None:
    desk = FrontDesk(burst_limit=3)
    for number in range(6):
        desk.post(mail(message_id=f"<{number}@customer.example>"))
    desk.post(mail(message_id="<other@x>", sender="bob@customer.example"))
    await desk.bench.run()

    assert len(desk.bench.said_of(TicketCreated)) == 4
    assert len(desk.bench.said_of(MessageHeld)) == 3

    await desk.bench.advance(timedelta(minutes=11))
    await desk.mails(mail(message_id="<later@customer.example>"))

    assert len(desk.bench.said_of(TicketCreated)) == 5


async def test_many_short_messages_of_a_chat_are_no_burst() -> None:
    desk = FrontDesk(burst_limit=3)

    batch = whatsapp(*(chat(f"word {n}", f"wamid.{n}") for n in range(8)))
    await desk.mails(batch, channel="whatsapp", mailbox=None)

    assert len(desk.bench.said_of(TicketCreated)) == 1
    assert len(desk.bench.said_of(CustomerReplied)) == 7
    assert desk.bench.said_of(MessageHeld) == []


async def test_parallel_webhooks_of_an_album_are_one_ticket() -> None:
    desk = FrontDesk()
    for number in range(4):
        value = whatsapp(chat(f"picture {number}", f"wamid.{number}"))
        desk.post(value, channel="whatsapp", key=f"webhook-{number}", mailbox=None)
    await desk.bench.run()

    assert len(desk.bench.said_of(TicketCreated)) == 1


async def test_statuses_and_reactions_are_dropped_by_name() -> None:
    desk = FrontDesk()
    value = whatsapp(
        {"from": "34600111222", "id": "w", "type": "reaction"},
        statuses=[{"id": "wamid.1", "status": "delivered"}],
    )

    await desk.mails(value, channel="whatsapp", mailbox=None)

    reasons = {dropped.reason for dropped in desk.bench.said_of(MessageDropped)}
    assert reasons == {"WhatsApp reaction", "WhatsApp status delivered"}


async def test_an_alert_opens_repeats_resolves_and_fires_again() -> None:
    desk = FrontDesk()

    async def ring(value: bytes) -> None:
        await desk.mails(value, channel="alertmanager", mailbox=None)

    await ring(alerts(alert()))
    await ring(alerts(alert()))
    assert len(desk.bench.said_of(TicketCreated)) == 1
    assert not desk.bench.said_of(TicketCreated)[0].acknowledge

    await ring(alerts(alert("resolved")))
    assert len(desk.bench.said_of(TicketResolved)) == 1

    await ring(alerts(alert(started="2026-03-02T09:00:00Z")))
    assert len(desk.bench.said_of(TicketReopened)) == 1
    assert len(desk.bench.said_of(TicketCreated)) == 1


async def test_the_end_of_an_unknown_alert_opens_nothing() -> None:
    desk = FrontDesk()

    await desk.mails(alerts(alert("resolved")), channel="alertmanager", mailbox=None)

    [dropped] = desk.bench.said_of(MessageDropped)
    assert "no open ticket" in dropped.reason


def form(**fields: object) -> MessageReceived:
    base: dict[str, object] = {
        "channel": "web",
        "sender": Sender(address="ana@customer.example"),
        "text": "The shop rejects my card.\nPlease help.",
    }
    return MessageReceived.model_validate(base | fields)


async def test_canonical_json_carries_its_upstreams_identity() -> None:
    desk = FrontDesk()
    headers = {"ce_id": "42", "ce_source": "/shop", "ce_type": MessageReceived.type_name()}

    desk.bench.publish_raw(
        CHANNEL_MESSAGES.name, "ana", orjson.dumps(form().model_dump(mode="json")), headers
    )
    await desk.bench.run()

    [created] = desk.bench.said_of(TicketCreated)
    assert (created.upstream_source, created.upstream_id) == ("/shop", "42")
    assert created.subject == "The shop rejects my card."
    assert list(desk.bench.documents("tickets")) == [
        deterministic_id("ticket", "event", "/shop", "42")
    ]


async def test_an_upstream_learns_what_was_wrong() -> None:
    desk = FrontDesk()

    desk.bench.publish(form(sender=Sender(name="Ana")), "ana", event_id="bad-1")
    await desk.bench.run()

    [rejected] = desk.bench.said_of(MessageRejected)
    assert (rejected.upstream_source, rejected.upstream_id) == ("/deskstream/test", "bad-1")
    assert "needs an address or a customer_id" in rejected.reason
    assert len(desk.bench.dead_letters) == 1


async def test_a_publisher_learns_which_field_does_not_fit() -> None:
    desk = FrontDesk()
    headers = {
        "ce_id": "42",
        "ce_source": "/shop",
        "ce_type": "deskstream.MessageReceived.v1",
    }

    desk.bench.publish_raw(
        CHANNEL_MESSAGES.name, "ana", b'{"channel": "web", "sender": {}, "text": 5}', headers
    )
    await desk.bench.run()

    [rejected] = desk.bench.said_of(MessageRejected)
    assert (rejected.upstream_source, rejected.upstream_id) == ("/shop", "42")
    assert "text.constrained-str: Input should be a valid string" in rejected.reason
    assert [reason for reason, _ in desk.bench.dead_letters] == [rejected.reason]


async def test_an_unknown_channel_is_a_dead_letter_that_lists_the_channels() -> None:
    desk = FrontDesk()

    await desk.mails(b"coo", channel="pigeon")

    [(reason, _)] = desk.bench.dead_letters
    assert 'no adapter reads "pigeon"; there are alertmanager, chat, email' in reason
    assert [r.reason for r in desk.bench.said_of(MessageRejected)] == [reason]


async def test_a_bad_payload_harms_only_itself() -> None:
    desk = FrontDesk()

    await desk.mails(mail(), b"\x00 no mail", reply())

    assert len(desk.bench.dead_letters) == 1
    assert len(desk.bench.said_of(TicketCreated)) == 1
    assert len(desk.bench.said_of(CustomerReplied)) == 1


async def test_a_payload_may_lie_in_the_blob_store() -> None:
    desk = FrontDesk()
    reference = await desk.blobs.put(mail())

    await desk.mails(b"", headers={"ce_dataref": reference.model_dump_json()})

    [created] = desk.bench.said_of(TicketCreated)
    assert created.message.raw == reference


@pytest.mark.parametrize(
    ("dataref", "reason"),
    [
        ("nonsense", "no reference to a blob"),
        ('{"blob_id":"x","size":1,"sha256":"x"}', "no blob x"),
    ],
)
async def test_a_payload_that_is_not_there(dataref: str, reason: str) -> None:
    desk = FrontDesk()

    await desk.mails(b"", headers={"ce_dataref": dataref})

    assert reason in desk.bench.dead_letters[0][0]


async def test_a_huge_text_is_cut_and_its_original_kept() -> None:
    desk = FrontDesk()
    value = mail("漢字" * 200_000, headers={"Content-Type": "text/plain; charset=utf-8"})

    await desk.mails(value)

    assert desk.bench.dead_letters == []
    [created] = desk.bench.said_of(TicketCreated)
    assert isinstance(created.message.text, str)
    assert len(created.message.text.encode()) <= 160_000
    assert created.message.raw is not None


ANA = CustomerUpdated(
    customer_id="c-1",
    name="Ana Ruiz",
    addresses=("Ana@Customer.example", "+34 600 111 222"),
    tier=Tier.ENTERPRISE,
    vip=True,
    locale="es",
)


async def test_a_known_customer_is_known_on_every_channel() -> None:
    desk = FrontDesk()
    desk.bench.publish(ANA, "c-1")
    await desk.bench.run()

    await desk.mails(mail())
    await desk.mails(whatsapp(chat("Hola", "wamid.1")), channel="whatsapp", mailbox=None)

    requesters = [created.requester for created in desk.bench.said_of(TicketCreated)]
    assert [(r.customer_id, r.known, r.tier, r.vip, r.locale) for r in requesters] == [
        ("c-1", True, Tier.ENTERPRISE, True, "es")
    ] * 2
    assert {r.address for r in requesters} == {"ana@customer.example", "+34600111222"}


async def test_history_counts_earlier_tickets() -> None:
    desk = FrontDesk()
    for number in range(3):
        await desk.mails(mail(message_id=f"<{number}@x>"), key=f"key-{number}")

    histories = [created.history for created in desk.bench.said_of(TicketCreated)]
    last = max(histories, key=lambda history: history.tickets)
    assert (last.tickets, last.open, last.last_ticket_number) == (2, 2, "TKT-1001")


async def test_an_address_goes_to_whom_it_was_last_given_and_with_its_customer() -> None:
    desk = FrontDesk()
    desk.bench.publish(ANA, "c-1")
    await desk.bench.run()
    desk.bench.publish(ANA.model_copy(update={"addresses": ("new@customer.example",)}), "c-1")
    bob = CustomerUpdated(customer_id="c-2", addresses=("ana@customer.example",))
    desk.bench.publish(bob, "c-2")
    await desk.bench.run()

    addresses = desk.bench.documents("addresses")
    assert addresses["ana@customer.example"]["customer_id"] == "c-2"
    assert "+34600111222" not in addresses

    desk.bench.publish_raw(CUSTOMER_UPDATES.name, "c-1", None)
    await desk.bench.run()

    assert set(desk.bench.documents("addresses")) == {"ana@customer.example"}
    assert set(desk.bench.documents("customers")) == {"c-2"}


async def test_a_message_that_overtakes_the_one_before_it_can_open_the_ticket() -> None:
    desk = FrontDesk()
    ticket_id = deterministic_id("ticket", "not yet written")
    address = reply_address(MAILBOX, ticket_id, secret=SECRET)

    await desk.mails(mail(headers={"To": address}))

    [command] = desk.bench.said_of(RecordMessage, ticket_id)
    assert command.new_ticket is not None
    assert command.new_ticket.requester.address == "ana@customer.example"


async def test_everything_accepted_is_counted_once() -> None:
    outcomes = ("created", "appended", "held", "rejected", "dropped", "bounced")
    before = sum(counted("email", outcome) for outcome in outcomes)
    desk = FrontDesk(burst_limit=4)

    inputs = [mail(), mail(), reply(2), reply(3), b"no mail", *(reply(n) for n in range(4, 9))]
    await desk.mails(*inputs)

    assert sum(counted("email", outcome) for outcome in outcomes) == before + len(inputs)


async def test_replies_from_two_upstreams_with_the_same_event_id_are_two_messages() -> None:
    desk = FrontDesk()
    await desk.mails(mail())
    for source in ("/one", "/two"):
        desk.post(
            mail(
                source,
                message_id=f"<{source}@x>",
                headers={"In-Reply-To": "<one@customer.example>"},
            ),
            headers={"ce_id": "1", "ce_source": source, "ce_type": "deskstream.RawMessage.v1"},
        )
        await desk.bench.run()

    assert len(desk.bench.said_of(CustomerReplied)) == 2


def from_portal(number: int, **sender: str) -> MessageReceived:
    return MessageReceived.model_validate(
        {"channel": "web", "sender": sender, "text": f"word {number}", "external_id": f"p{number}"}
    )


async def test_what_an_upstream_proves_of_an_address_holds_for_its_mails() -> None:
    desk = FrontDesk()
    desk.bench.publish(from_portal(1, customer_id="c-7", address="Ana@Customer.example"), "p1")
    await desk.bench.run()

    await desk.mails(mail())

    by_portal, by_mail = desk.bench.said_of(TicketCreated)
    assert by_portal.requester.customer_id == by_mail.requester.customer_id == "c-7"
    assert by_mail.history.tickets == 1


async def test_the_crms_word_on_an_address_is_not_replaced() -> None:
    desk = FrontDesk()
    known = CustomerUpdated(customer_id="ana", addresses=("ana@customer.example",))
    desk.bench.publish(known, "ana")
    await desk.bench.run()
    desk.bench.publish(from_portal(1, customer_id="c-7", address="ana@customer.example"), "p1")
    await desk.bench.run()

    await desk.mails(mail())

    assert desk.bench.said_of(TicketCreated)[-1].requester.customer_id == "ana"


async def test_a_reply_address_proves_nothing() -> None:
    desk = FrontDesk()
    await desk.mails(mail(headers={"Reply-To": "bob@customer.example"}))

    await desk.mails(mail(message_id="<bob@x>", sender="bob@customer.example"))

    first, second = desk.bench.said_of(TicketCreated)
    assert first.requester.customer_id != second.requester.customer_id
