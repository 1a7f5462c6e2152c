import json

import pytest

from services.intake.adapters.alertmanager import read_alertmanager
from services.intake.adapters.canonical import from_received, read_canonical
from services.intake.adapters.channels import UnknownChannelError, channel_of
from services.intake.adapters.payload import Payload
from services.intake.adapters.whatsapp import read_whatsapp
from services.intake.domain.message import IncomingMessage, NoMessage, Parsed, UnreadableError
from shared.contracts.channel import MessageReceived, Sender
from shared.contracts.fields import Priority, Sealed, TicketType
from tests.intake_reception.mails import alert, alerts, chat, whatsapp


def messages(found: list[Parsed]) -> list[IncomingMessage]:
    return [each for each in found if isinstance(each, IncomingMessage)]


def reasons(found: list[Parsed]) -> list[str]:
    return [each.reason for each in found if isinstance(each, NoMessage)]


def from_whatsapp(value: bytes) -> list[Parsed]:
    return read_whatsapp(Payload(value, "whatsapp"))


def test_a_whatsapp_batch_is_many_messages() -> None:
    found = from_whatsapp(
        whatsapp(
            chat("Hello", "wamid.1"),
            chat("It broke", "wamid.2", context={"id": "wamid.0"}),
            statuses=[{"id": "wamid.9", "status": "read"}],
        )
    )

    first, second = messages(found)
    assert (first.sender.address, first.sender.name) == ("+34600111222", "Ana Ruiz")
    assert (first.text, first.external_id, first.mailbox) == ("Hello", "wamid.1", "+49301234567")
    assert first.conversation == "+34600111222"
    assert second.references == ("wamid.0",)
    assert reasons(found) == ["WhatsApp status read"]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"type": "button", "button": {"text": "Yes", "payload": "y"}}, "Yes"),
        (
            {
                "type": "interactive",
                "interactive": {"type": "list_reply", "list_reply": {"title": "Repair"}},
            },
            "Repair",
        ),
        (
            {"type": "location", "location": {"latitude": 52.5, "longitude": 13.4, "name": "Shop"}},
            "[location]\nShop\n52.5, 13.4",
        ),
        (
            {
                "type": "contacts",
                "contacts": [{"name": {"formatted_name": "Bob"}, "phones": [{"phone": "+49 1"}]}],
            },
            "[contacts]\nBob +49 1",
        ),
        ({"type": "image", "image": {"id": "5", "mime_type": "image/jpeg"}}, "[image]"),
        ({"type": "document", "document": {"id": "5", "caption": "See"}}, "See"),
        ({"type": "unsupported", "errors": []}, "[unsupported]"),
        ({"type": "text", "text": "not an object"}, "not an object"),
    ],
)
def test_whatsapp_kinds(message: dict[str, object], text: str) -> None:
    [found] = messages(from_whatsapp(whatsapp({"from": "34600111222", "id": "w", **message})))

    assert found.text == text


def test_whatsapp_media_are_described() -> None:
    document = {"id": "5", "filename": "a/../b.pdf", "mime_type": "application/pdf", "sha256": "x"}
    value = whatsapp({"from": "34600111222", "id": "w", "type": "document", "document": document})

    [found] = messages(from_whatsapp(value))

    [attachment] = found.described
    assert (attachment.filename, attachment.content_type) == ("b.pdf", "application/pdf")
    assert attachment.blob is None


@pytest.mark.parametrize("kind", ["reaction", "system", "revoke", "edit"])
def test_what_happens_to_a_message_is_none(kind: str) -> None:
    found = from_whatsapp(whatsapp({"from": "34600111222", "id": "w", "type": kind}))

    assert reasons(found) == [f"WhatsApp {kind}"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"[]", "a JSON list, not an object"),
        (b"{", "no JSON"),
        (b"{}", '"object" is not'),
        (whatsapp({"type": "text"}), 'has no "from"'),
    ],
)
def test_bad_whatsapp_is_refused(value: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        from_whatsapp(value)


def from_alertmanager(value: bytes) -> list[IncomingMessage]:
    return messages(list(read_alertmanager(Payload(value, "alertmanager"))))


def test_a_firing_alert_opens_and_its_end_resolves() -> None:
    [firing] = from_alertmanager(alerts(alert()))
    [resolved] = from_alertmanager(alerts(alert("resolved"), status="resolved"))

    assert firing.subject == "DiskFull · Disk nearly full · db-7"
    assert (firing.priority, firing.type) == (Priority.CRITICAL, TicketType.INCIDENT)
    assert (firing.opens, firing.resolves) == (True, False)
    assert (resolved.opens, resolved.resolves) == (False, True)
    assert firing.conversation == resolved.conversation
    assert firing.external_id != resolved.external_id
    assert firing.sent_at is not None
    assert not firing.answerable
    assert "runbook: https://wiki.example/disk" in firing.text


def test_alerts_that_share_a_fingerprint_are_told_apart_by_their_labels() -> None:
    other = alert()
    other["labels"] = {**other["labels"], "instance": "db-8"}

    first, second = from_alertmanager(alerts(alert(), other))

    assert first.conversation != second.conversation


def test_an_alert_of_an_old_version_has_no_fingerprint() -> None:
    old = alert()
    del old["fingerprint"]

    [found] = from_alertmanager(alerts(old))

    assert found.conversation is not None
    assert found.conversation.startswith("labels-")


def test_no_alerts_are_no_message() -> None:
    [found] = read_alertmanager(Payload(alerts(), "alertmanager"))

    assert isinstance(found, NoMessage)


def test_what_is_no_webhook_of_alertmanager() -> None:
    with pytest.raises(UnreadableError, match='"alerts" is missing'):
        read_alertmanager(Payload(b"{}", "alertmanager"))


def received(**fields: object) -> MessageReceived:
    base: dict[str, object] = {
        "channel": "web",
        "sender": {"address": "ana@x.example"},
        "text": "Help",
    }
    return MessageReceived.model_validate(base | fields)


def test_a_form_is_a_message_of_its_own() -> None:
    found = from_received(received(subject="S", external_id="7", tags=("vip",)), "form-1")

    assert (found.text, found.subject, found.mailbox) == ("Help", "S", "form-1")
    assert (found.external_id, found.tags, found.conversation) == ("7", ("vip",), None)


def test_a_chat_is_one_conversation_by_its_sender() -> None:
    found = from_received(received(channel="chat", sender={"address": "U7"}))

    assert found.conversation == "u7"


def test_html_of_an_upstream_is_made_safe() -> None:
    found = from_received(received(html="<p onclick=x()>Help</p><script>x()</script>"))

    assert found.html == "<p>Help</p>"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"sender": {"name": "Ana"}}, "needs an address or a customer_id"),
        ({"sender": {"address": "  "}}, "needs an address or a customer_id"),
        ({"text": " "}, "text: is empty"),
    ],
)
def test_what_nobody_can_answer_is_refused(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        from_received(received(**fields))


def test_a_sealed_address_is_known_by_its_customer() -> None:
    sealed = Sealed(kid="k", ct="c")
    message = MessageReceived(
        channel="web", sender=Sender(address=sealed, customer_id="c1"), text="Help"
    )

    assert from_received(message).sender.customer_id == "c1"


def test_canonical_json_as_bytes_takes_the_doors_channel() -> None:
    value = json.dumps({"sender": {"address": "+34600111222"}, "text": "He called."}).encode()

    [found] = messages(list(read_canonical(Payload(value, "phone"))))

    assert found.channel == "phone"


def test_a_problem_names_the_field_and_repeats_no_text() -> None:
    value = json.dumps({"sender": {}, "text": 7, "subject": "secret"}).encode()

    with pytest.raises(UnreadableError, match="text") as error:
        read_canonical(Payload(value, "web"))

    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("named", "content_type", "channel"),
    [
        ("email", None, "email"),
        (" WhatsApp ", None, "whatsapp"),
        (None, "message/rfc822; charset=utf-8", "email"),
    ],
)
def test_the_channel(named: str | None, content_type: str | None, channel: str) -> None:
    assert channel_of(named, content_type) == channel


@pytest.mark.parametrize(
    ("named", "content_type"), [("fax", None), (None, "text/plain"), (None, None)]
)
def test_an_unknown_channel_lists_those_there_are(
    named: str | None, content_type: str | None
) -> None:
    with pytest.raises(UnknownChannelError, match="there are alertmanager, chat, email"):
        channel_of(named, content_type)
