"""Messenger and Instagram share their form; what differs is tried on either."""

from typing import Any

import pytest

from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.payload import Payload
from services.intake.adapters.recognition import recognised
from services.intake.domain.message import UnreadableError
from tests.intake_channels.reading import as_bytes, read, reason

OBJECTS = {"messenger": "page", "instagram": "instagram"}


def event(channel: str, **members: Any) -> dict[str, Any]:
    said = {"sender": {"id": "71"}, "recipient": {"id": "900"}, "timestamp": 1772442000123}
    entry = {"id": "900", "time": 1772442000456, "messaging": [{**said, **members}]}
    return {"object": OBJECTS[channel], "entry": [entry]}


@pytest.mark.parametrize("channel", OBJECTS)
def test_a_text(channel: str) -> None:
    found = read(channel, event(channel, message={"mid": "m.1", "text": " It broke. "}))

    assert (found.channel, found.sender.address, found.text) == (channel, "71", "It broke.")
    assert (found.external_id, found.conversation, found.mailbox) == ("m.1", "71", "900")
    assert found.sent_at is not None
    assert found.sent_at.isoformat() == "2026-03-02T09:00:00.123000+00:00"


def test_an_answer_refers_to_what_it_answers() -> None:
    message = {"mid": "m.2", "text": "Yes", "reply_to": {"mid": "m.1"}}

    assert read("instagram", event("instagram", message=message)).references == ("m.1",)


def test_files_are_named_by_their_address() -> None:
    file = {"type": "file", "payload": {"url": "https://cdn.example/a/bill.pdf?token=1"}}

    found = read("messenger", event("messenger", message={"mid": "m", "attachments": [file]}))

    [attachment] = found.described
    assert attachment.filename == "bill.pdf"
    assert attachment.source == "https://cdn.example/a/bill.pdf?token=1"
    assert found.text == "[file]"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            {
                "attachments": [
                    {"type": "location", "payload": {"coordinates": {"lat": 1, "long": 2}}}
                ]
            },
            "[location]\n1, 2",
        ),
        (
            {"attachments": [{"type": "share", "payload": {"url": "https://x.example/1"}}]},
            "[share] https://x.example/1",
        ),
        ({"reply_to": {"story": {"url": "https://x.example/s"}}}, "[story] https://x.example/s"),
        ({"is_unsupported": True}, "[unsupported]"),
        ({"text": "Red", "quick_reply": {"payload": "PICK_RED"}}, "Red"),
    ],
)
def test_what_is_no_text_is_told_in_words(message: dict[str, Any], text: str) -> None:
    assert read("instagram", event("instagram", message={"mid": "m", **message})).text == text


def test_a_pressed_button_opens_no_ticket() -> None:
    found = read("messenger", event("messenger", postback={"title": "Start", "payload": "S"}))

    assert (found.text, found.opens) == ("Start", False)


@pytest.mark.parametrize(
    "members",
    [
        {"message": {"mid": "m", "text": "ours", "is_echo": True}},
        {"message": {"mid": "m", "is_deleted": True}},
        {"message_edit": {"mid": "m", "text": "new", "num_edit": 1}},
        {"reaction": {"mid": "m", "action": "react", "emoji": "👍"}},
        {"read": {"mid": "m"}},
        {"delivery": {"mids": ["m"]}},
        {"optin": {"ref": "x"}},
    ],
)
@pytest.mark.parametrize("channel", OBJECTS)
def test_what_happens_beside_messages_is_none(channel: str, members: dict[str, Any]) -> None:
    assert reason(channel, event(channel, **members)).startswith(channel)


def test_many_events_in_one_webhook() -> None:
    body = event("messenger", message={"mid": "m.1", "text": "a"})
    other = event("messenger", message={"mid": "m.2", "text": "b"})
    body["entry"] += other["entry"]

    found = ADAPTERS["messenger"](Payload(as_bytes(body), "messenger"))

    assert len(found) == 2


def test_what_another_app_minds_is_none() -> None:
    body = {"object": "instagram", "entry": [{"standby": [{"message": {"text": "hi"}}]}]}

    assert reason("instagram", body) == "instagram standby"


def test_metas_test_button_sends_a_change() -> None:
    value = {"sender": {"id": "1"}, "message": {"mid": "m", "text": "test"}}
    change = {"field": "messages", "value": value}

    found = read("instagram", {"object": "instagram", "entry": [{"changes": [change]}]})

    assert found.text == "test"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"object": "user"}, '"object" is not "page"'),
        (
            {"object": "page", "entry": [{"messaging": [{"message": {"text": "x"}}]}]},
            'no "sender.id"',
        ),
    ],
)
def test_what_is_no_webhook_of_theirs(body: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnreadableError, match=problem):
        read("messenger", body)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"quick_reply": {"payload": "RED"}}, "RED"),
        ({"text": "Red", "quick_reply": {"payload": "RED"}}, "Red"),
        (
            {"attachments": [{"type": "ig_story", "payload": {"story_media_url": "https://s"}}]},
            "[ig_story] https://s",
        ),
        (
            {
                "attachments": [
                    {
                        "type": "template",
                        "payload": {
                            "product": {
                                "elements": [
                                    {"title": "Lamp", "subtitle": "9 €", "retailer_id": "L-1"}
                                ]
                            }
                        },
                    }
                ]
            },
            "[template]\nLamp · 9 € · L-1",
        ),
        ({"is_unsupported": True}, "[unsupported]"),
    ],
)
def test_whatever_was_sent_is_told(message: dict[str, Any], words: str) -> None:
    found = read("instagram", event("instagram", message={"mid": "m", **message}))

    assert found.text == words


def test_files_have_names_of_their_own() -> None:
    parts = [
        {"type": "image", "payload": {"url": "https://cdn.example/v/1.jpg?x=1"}},
        {"type": "image", "payload": {"url": "https://cdn.example/v/2"}},
        {"type": "audio", "payload": {"url": "https://cdn.example/v/clip.mp4"}},
        {"type": "file", "payload": {"url": "https://cdn.example/v/the%20bill.pdf"}},
    ]

    found = read("messenger", event("messenger", message={"mid": "m", "attachments": parts}))

    assert [(each.filename, each.content_type) for each in found.described] == [
        ("image-1.jpg", "image/jpeg"),
        ("image-2.bin", "application/octet-stream"),
        ("audio-3.m4a", "audio/mp4"),
        ("the bill.pdf", "application/pdf"),
    ]


def test_what_the_page_wrote_is_none() -> None:
    ours = {"sender": {"id": "900"}, "recipient": {"id": "71"}}

    assert reason("instagram", event("instagram", message={"text": "x"}, **ours)) == (
        "instagram event of the page itself"
    )


SAID = event("messenger", message={"mid": "m.1", "text": "x"})["entry"][0]["messaging"][0]


@pytest.mark.parametrize(
    "body",
    [
        SAID,
        {"messaging": SAID},
        {"id": "900", "messaging": [SAID]},
        {"entry": [{"id": "900", "messaging": [SAID]}]},
        {"object": "page", "entry": [{"id": "900", "messaging": SAID}]},
    ],
)
def test_an_entry_or_event_alone(body: dict[str, Any]) -> None:
    assert recognised(as_bytes(body)) == "messenger"
    assert read("messenger", body).external_id == "m.1"


@pytest.mark.parametrize("kinds", [("sticker",), ("image", "sticker"), ("sticker", "image")])
def test_a_sticker_is_one_file(kinds: tuple[str, ...]) -> None:
    payload = {"url": "https://cdn.example/s.png", "sticker_id": 369}
    parts = [{"type": kind, "payload": payload} for kind in kinds]

    found = read("messenger", event("messenger", message={"mid": "m", "attachments": parts}))

    assert (found.text, [each.filename for each in found.described]) == (
        "[sticker]",
        ["sticker-369.png"],
    )


def test_two_pictures_stay_two() -> None:
    parts = [{"type": "image", "payload": {"url": f"https://cdn.example/{i}"}} for i in range(2)]

    found = read("messenger", event("messenger", message={"mid": "m", "attachments": parts}))

    assert len(found.described) == 2
