from typing import Any

import pytest

from services.intake.adapters.recognition import recognised
from services.intake.domain.message import UnreadableError
from tests.intake_channels.reading import as_bytes, read, reason

ANA = {"id": 71, "is_bot": False, "first_name": "Ana", "last_name": "Ruiz"}


def update(**members: Any) -> dict[str, Any]:
    message = {"message_id": 5, "from": ANA, "chat": {"id": 71, "type": "private"}}
    return {"update_id": 1, "message": {**message, "date": 1772442000, **members}}


def test_a_text() -> None:
    found = read("telegram", update(text="It broke."))

    assert (found.sender.address, found.sender.name) == ("71", "Ana Ruiz")
    assert (found.text, found.external_id, found.conversation) == ("It broke.", "71:5", "71")
    assert found.sent_at is not None


def test_message_ids_count_up_in_each_chat() -> None:
    group = read("telegram", update(text="hi", chat={"id": -9, "type": "group"}))

    assert (group.external_id, group.conversation) == ("-9:5", "-9")


def test_an_answer_refers_to_what_it_answers() -> None:
    assert read("telegram", update(text="x", reply_to_message={"message_id": 3})).references == (
        "71:3",
    )


@pytest.mark.parametrize("stand_in", [1087968824, 136817688])
def test_who_writes_in_the_groups_name_is_no_bot(stand_in: int) -> None:
    group = {"id": -1009, "type": "supergroup", "title": "Lamps of Vigo"}
    bot = {"id": stand_in, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}

    found = read(
        "telegram", update(text="Still dark.", chat=group, sender_chat=group, **{"from": bot})
    )

    assert (found.sender.address, found.sender.name) == ("-1009", "Lamps of Vigo")
    assert (found.text, found.conversation) == ("Still dark.", "-1009")


def test_a_stand_in_without_whom_it_stands_for_is_a_bot() -> None:
    bot = {"id": 1087968824, "is_bot": True, "first_name": "Group"}

    assert reason("telegram", update(text="x", **{"from": bot})) == "Telegram message of a bot"


@pytest.mark.parametrize(
    ("members", "name", "content_type", "size"),
    [
        (
            {
                "document": {
                    "file_id": "f",
                    "file_name": "a/../b.pdf",
                    "mime_type": "application/pdf",
                }
            },
            "b.pdf",
            "application/pdf",
            0,
        ),
        (
            {"photo": [{"file_id": "s", "file_size": 1}, {"file_id": "f", "file_size": 9}]},
            "photo-1.jpg",
            "image/jpeg",
            9,
        ),
        ({"voice": {"file_id": "f", "mime_type": "audio/ogg"}}, "voice-1.ogg", "audio/ogg", 0),
    ],
)
def test_media_are_described(
    members: dict[str, Any], name: str, content_type: str, size: int
) -> None:
    found = read("telegram", update(caption="Look", **members))

    [attachment] = found.described
    assert found.text == "Look"
    assert (attachment.filename, attachment.content_type) == (name, content_type)
    assert (attachment.size, attachment.source) == (size, "f")


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"location": {"latitude": 1, "longitude": 2}}, "[location]\n1, 2"),
        (
            {"venue": {"title": "Shop", "location": {"latitude": 1, "longitude": 2}}},
            "[venue]\nShop\n1, 2",
        ),
        ({"contact": {"first_name": "Bob", "phone_number": "1"}}, "[contact]\nBob 1"),
        ({"dice": 3}, "[dice]"),
        ({}, "[message]"),
    ],
)
def test_what_is_no_text_is_told_in_words(members: dict[str, Any], text: str) -> None:
    assert read("telegram", update(**members)).text == text


def test_a_pressed_button_says_its_words_and_opens_no_ticket() -> None:
    keyboard = {"inline_keyboard": [[{"text": "Repair", "callback_data": "r"}]]}
    below = {"message_id": 5, "chat": {"id": 71}, "reply_markup": keyboard}
    query = {"id": "q", "from": ANA, "message": below, "data": "r"}

    found = read("telegram", {"update_id": 1, "callback_query": query})

    assert (found.text, found.opens, found.references) == ("Repair", False, ("71:5",))


@pytest.mark.parametrize(
    "body",
    [
        {"update_id": 1, "edited_message": {"text": "x"}},
        {"update_id": 1, "channel_post": {"text": "x"}},
        {"update_id": 1, "message_reaction": {}},
        {"update_id": 1, "poll": {}},
        {"update_id": 1},
        update(new_chat_members=[ANA]),
        {"update_id": 1, "message": {"from": {**ANA, "is_bot": True}, "text": "x"}},
    ],
)
def test_what_happens_beside_messages_is_none(body: dict[str, Any]) -> None:
    assert reason("telegram", body).startswith("Telegram")


@pytest.mark.parametrize(
    ("body", "problem"),
    [({}, '"update_id" is missing'), ({"update_id": 1, "message": {"text": "x"}}, 'no "from.id"')],
)
def test_what_is_no_update(body: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnreadableError, match=problem):
        read("telegram", body)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"dice": {"emoji": "🎯", "value": 5}}, "[dice]\n🎯 5"),
        ({"poll": {"question": "Which?", "options": [{"text": "A"}]}}, "[poll]\nWhich?\n- A"),
        (
            {"checklist": {"title": "Moving", "tasks": [{"text": "lamps"}]}},
            "[checklist]\nMoving\n- lamps",
        ),
        ({"web_app_data": {"data": "size=4", "button_text": "Open"}}, "[web_app_data]\nsize=4"),
        ({"hologram": {"depth": 3}}, "[hologram]"),
        ({}, "[message]"),
        # What libraries pass on of fields in which nothing is.
        ({"text": "hi", "new_chat_members": [], "group_chat_created": False}, "hi"),
        ({"photo": [], "delete_chat_photo": False, "sticker": {"file_id": "s"}}, "[sticker]"),
    ],
)
def test_whatever_was_sent_is_told(members: dict[str, Any], words: str) -> None:
    assert read("telegram", update(**members)).text == words


def test_an_address_behind_words_is_kept() -> None:
    """Offsets count UTF-16 units: the lamp is two."""
    link = {"type": "text_link", "offset": 3, "length": 4, "url": "https://lamp.example/"}

    found = read("telegram", update(text="💡 here it is", entities=[link]))

    assert found.text == "💡 here (https://lamp.example/) it is"


@pytest.mark.parametrize(
    "entity", [{"offset": -9, "length": 2}, {"offset": 90, "length": 9}, {"offset": "x"}, {}]
)
def test_an_address_behind_no_words_changes_nothing(entity: dict[str, Any]) -> None:
    link = {"type": "text_link", "url": "https://lamp.example/", **entity}

    assert read("telegram", update(text="here", entities=[link])).text == "here"


@pytest.mark.parametrize(
    "service",
    ["new_chat_member", "forum_topic_edited", "boost_added", "users_shared", "voice_chat_started"],
)
def test_what_a_chat_tells_of_itself_is_none(service: str) -> None:
    assert reason("telegram", update(**{service: {}})) == f"Telegram {service}"


def test_a_channels_post_in_its_group_is_none() -> None:
    assert "forward" in reason("telegram", update(text="News!", is_automatic_forward=True))


def test_a_forums_topics_are_conversations_of_their_own() -> None:
    forum = {"id": -9, "type": "supergroup", "is_forum": True}
    root = {"message_id": 3, "forum_topic_created": {"name": "Bills"}}
    topic = {"message_thread_id": 3, "is_topic_message": True, "reply_to_message": root}

    found = read("telegram", update(text="x", chat=forum, **topic))

    assert (found.conversation, found.references) == ("-9:topic:3", ())


def test_a_business_owners_own_words_are_none() -> None:
    customer = update(text="It broke.")["message"]
    owner = {**customer, "from": {"id": 9, "first_name": "Shop"}}

    found = read("telegram", {"update_id": 1, "business_message": customer})

    assert found.sender.address == "71"
    assert "business itself" in reason("telegram", {"update_id": 1, "business_message": owner})


def test_without_a_sender_a_private_chat_names_him() -> None:
    body = update(text="x", chat={**ANA, "type": "private"})
    del body["message"]["from"]

    assert read("telegram", body).sender.name == "Ana Ruiz"


@pytest.mark.parametrize(
    ("sticker", "content_type"),
    [
        ({}, "image/webp"),
        ({"is_animated": True}, "application/x-tgsticker"),
        ({"is_video": True}, "video/webm"),
    ],
)
def test_a_moving_sticker_is_no_picture(sticker: dict[str, Any], content_type: str) -> None:
    [file] = read("telegram", update(sticker={"file_id": "s", **sticker})).described

    assert file.content_type == content_type


def test_media_that_were_bought_come_along() -> None:
    sizes = [{"file_id": "small", "width": 90}, {"file_id": "large", "width": 900}]
    media = [{"type": "photo", "photo": sizes}, {"type": "video", "video": {"file_id": "v"}}]

    found = read("telegram", update(paid_media={"star_count": 1, "paid_media": media}))

    assert [each.source for each in found.described] == ["large", "v"]


@pytest.mark.parametrize(
    "body",
    [
        update(text="x")["message"],
        {"message": update(text="x")["message"]},
        {"business_message": update(text="x")["message"]},
        {"ok": True, "result": [update(text="x")]},
    ],
)
def test_without_the_update_round_it(body: dict[str, Any]) -> None:
    assert recognised(as_bytes(body)) == "telegram"
    assert read("telegram", body).external_id == "71:5"


def test_rich_text_is_told_a_block_a_line() -> None:
    blocks = [
        {"type": "heading", "text": "Lamp 4"},
        {"type": "paragraph", "text": ["It is ", {"type": "bold", "text": "dark"}, "."]},
        {"type": "list", "items": [{"blocks": [{"type": "paragraph", "text": "since noon"}]}]},
    ]

    found = read("telegram", update(rich_message={"blocks": blocks}))

    assert [line for line in found.text.split("\n") if line] == [
        "[rich_message]",
        "Lamp 4",
        "It is dark.",
        "since noon",
    ]


def test_each_subscriber_who_writes_to_a_channel_is_a_conversation() -> None:
    channel = {"id": -9, "type": "supergroup", "is_direct_messages": True}

    found = read("telegram", update(text="x", chat=channel, direct_messages_topic={"topic_id": 71}))

    assert found.conversation == "-9:topic:71"


def test_who_calls_the_bot_as_a_guest_is_heard() -> None:
    message = update(text="Help", guest_query_id="g1")["message"]

    assert read("telegram", {"update_id": 1, "guest_message": message}).text == "Help"


def test_a_pressed_button_without_the_update_round_it() -> None:
    body = {"callback_query": {"id": "9", "from": ANA, "data": "yes"}}

    assert recognised(as_bytes(body)) == "telegram"
    assert read("telegram", body).text == "yes"
