import pytest

from services.intake.domain.message import UnreadableError
from tests.intake_channels.reading import form, multipart, read, reason

SMS = {"MessageSid": "SM1", "From": "+34 600-111-222", "To": "+49301234567", "Body": "It broke."}


def test_a_text_message() -> None:
    found = read("sms", form(SMS))

    assert (found.channel, found.sender.address) == ("sms", "+34600111222")
    assert (found.text, found.external_id, found.mailbox) == ("It broke.", "SM1", "+49301234567")
    assert found.conversation == "+34600111222"


def test_a_whatsapp_number_is_of_that_channel() -> None:
    fields = {**SMS, "From": "whatsapp:+34600111222", "To": "whatsapp:+49301234567"}

    found = read("sms", form({**fields, "ProfileName": "Ana", "OriginalRepliedMessageSid": "SM0"}))

    assert (found.channel, found.sender.address, found.sender.name) == (
        "whatsapp",
        "+34600111222",
        "Ana",
    )
    assert (found.mailbox, found.references) == ("+49301234567", ("SM0",))


def test_media_are_described() -> None:
    media = {"NumMedia": "1", "MediaUrl0": "https://m.example/1", "MediaContentType0": "image/png"}

    found = read("sms", form({**SMS, **media, "Body": ""}))

    [attachment] = found.described
    assert (attachment.filename, attachment.source) == ("media-1.png", "https://m.example/1")
    assert found.text == "[image]"


def test_a_place() -> None:
    place = {"Latitude": "1.5", "Longitude": "2.5", "Label": "Shop", "Body": ""}

    assert read("sms", form({**SMS, **place})).text == "[location]\nShop\n1.5, 2.5"


@pytest.mark.parametrize("state", ["sent", "delivered", "read", "failed", "undelivered"])
def test_states_are_none(state: str) -> None:
    assert reason("sms", form({**SMS, "MessageStatus": state})) == f"Twilio state {state}"


def test_other_encodings_of_the_same_form() -> None:
    assert read("sms", multipart(SMS)).text == read("sms", SMS).text == "It broke."


def test_null_bytes_are_left_out() -> None:
    assert read("sms", b"From=%2B34600111222&Body=a%00b").text == "ab"


@pytest.mark.parametrize("body", [form({"To": "+1"}), b"", b"hello", b"[]"])
def test_what_is_no_message_of_twilio(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        read("sms", body)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ListTitle": "Lamps", "ListId": "l-1"}, "Lamps"),
        ({"InteractiveData": '{"size":"4","colour":["red","blue"]}'}, "size: 4\ncolour: red, blue"),
        ({"Body": "Home", "Latitude": "4.5", "Longitude": "6"}, "Home\n[location]\n4.5, 6"),
        ({"MessageType": "order"}, "[order]"),
        ({"MediaUrl0": "https://m.example/0", "MediaContentType0": "text/vcard"}, "[contact]"),
        ({}, "[empty]"),
    ],
)
def test_whatever_was_sent_is_told(fields: dict[str, str], words: str) -> None:
    assert read("sms", form({**SMS, "Body": "", **fields})).text == words


def test_a_senders_name_stays_as_it_is_written() -> None:
    assert read("sms", form({**SMS, "From": "LampShop"})).sender.address == "LampShop"


ADDED = {
    "EventType": "onMessageAdded",
    "ConversationSid": "CH1",
    "MessageSid": "IM1",
    "Author": "+34600111222",
    "DateCreated": "2026-03-02T09:00:00.000Z",
    "Source": "SMS",
}


def test_a_message_of_a_conversation() -> None:
    media = '[{"Sid":"ME1","Filename":"lamp.jpg","ContentType":"image/jpeg","Size":7}]'

    found = read("sms", form({**ADDED, "Body": "Look", "Media": media}))

    assert (found.text, found.external_id, found.conversation) == ("Look", "IM1", "CH1")
    assert found.sent_at is not None
    assert [(each.filename, each.size) for each in found.described] == [("lamp.jpg", 7)]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({**ADDED, "Source": "API"}, "our own side"),
        ({**ADDED, "EventType": "onConversationAdded"}, "onConversationAdded"),
        ({**SMS, "MessageType": "reaction"}, "reaction"),
        ({"MessageSid": "SM1", "MessageStatus": "sent"}, "state sent"),
    ],
)
def test_what_is_none(fields: dict[str, str], why: str) -> None:
    assert why in reason("sms", form(fields))


def test_a_form_to_the_channel_whatsapp_is_twilios() -> None:
    fields = {**SMS, "From": "whatsapp:+34600111222"}

    assert read("whatsapp", form(fields)) == read("sms", form(fields))
