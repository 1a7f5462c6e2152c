from typing import Any

import orjson
import pytest

from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.payload import Payload
from services.intake.adapters.recognition import recognised
from services.intake.adapters.slack_words import plain
from services.intake.domain.message import UnreadableError
from tests.intake_channels.reading import as_bytes, form, read, reason


def callback(**members: Any) -> dict[str, Any]:
    event = {"type": "message", "user": "U7", "text": "It broke.", "channel": "C1", "ts": "17.5"}
    return {"type": "event_callback", "team_id": "T1", "event": {**event, **members}}


def test_a_message_begins_a_thread() -> None:
    found = read("slack", callback())

    assert (found.sender.address, found.text, found.mailbox) == ("U7", "It broke.", "T1")
    assert (found.external_id, found.conversation) == ("C1:17.5", "C1:17.5")
    assert found.references == ()


def test_an_answer_in_a_thread_goes_on_with_it() -> None:
    found = read("slack", callback(thread_ts="16.1"))

    assert (found.conversation, found.references) == ("C1:16.1", ("C1:16.1",))


def test_a_mention_is_the_same_message_as_its_post() -> None:
    post, mention = read("slack", callback()), read("slack", callback(type="app_mention"))

    assert post.external_id == mention.external_id


def test_a_direct_chat_is_one_conversation() -> None:
    assert read("slack", callback(channel="D1", channel_type="im")).conversation == "D1"


def test_files_are_described() -> None:
    file = {
        "name": "log.txt",
        "mimetype": "text/plain",
        "size": 7,
        "url_private": "https://files.slack.example/F1",
    }

    found = read("slack", callback(subtype="file_share", text="", files=[file]))

    [attachment] = found.described
    assert (attachment.filename, attachment.size) == ("log.txt", 7)
    assert attachment.source == "https://files.slack.example/F1"
    assert found.text == "[log.txt]"


@pytest.mark.parametrize(
    "members",
    [
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"subtype": "bot_message"},
        {"bot_id": "B1"},
        {"user": None},
        {"type": "reaction_added"},
    ],
)
def test_what_happens_beside_messages_is_none(members: dict[str, Any]) -> None:
    assert reason("slack", callback(**members)).startswith("Slack")


def test_the_handshake_is_no_message() -> None:
    assert reason("slack", {"type": "url_verification", "challenge": "c"}) == (
        "Slack url_verification"
    )


def test_a_slash_command_is_a_message_of_its_own() -> None:
    fields = {"command": "/ticket", "text": "It broke.", "user_id": "U7", "user_name": "ana"}

    found = read("slack", form({**fields, "trigger_id": "1.2.3"}))

    assert (found.text, found.sender.address, found.sender.name) == ("It broke.", "U7", "ana")
    assert (found.external_id, found.conversation) == ("1.2.3", None)


def test_a_slash_command_needs_words() -> None:
    assert reason("slack", form({"command": "/ticket", "user_id": "U7"})) == (
        "Slack command without a text"
    )


def test_a_shortcut_hands_over_the_message_it_was_used_on() -> None:
    body = {
        "type": "message_action",
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "message": {"user": "U7", "text": "It broke.", "ts": "17.5"},
    }

    found = read("slack", form({"payload": orjson.dumps(body).decode()}))

    assert (found.sender.address, found.external_id) == ("U7", "C1:17.5")


def test_a_pressed_button_is_none() -> None:
    payload = orjson.dumps({"type": "block_actions"}).decode()

    assert reason("slack", form({"payload": payload})) == "Slack block_actions"


@pytest.mark.parametrize("body", [{"type": "x"}, form({"a": "b"}), b"no form", b"{"])
def test_what_is_none_of_slacks(body: object) -> None:
    with pytest.raises(UnreadableError):
        read("slack", body)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<https://x.example|the page> &amp; more", "the page (https://x.example) & more"),
        ("<https://x.example>", "https://x.example"),
        ("<mailto:a@x.example|a@x.example>", "a@x.example"),
        ("<@U1|ana> <#C1|help> <!here>", "@ana #help @here"),
        ("1 &lt; 2", "1 < 2"),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_markup(text: str, shown: str) -> None:
    assert plain(text) == shown


RICH = [
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "It broke "},
                    {"type": "user", "user_id": "U9"},
                    {"type": "emoji", "name": "wave"},
                ],
            },
            {
                "type": "rich_text_quote",
                "elements": [{"type": "link", "url": "https://lamp.example"}],
            },
        ],
    },
    {"type": "section", "text": {"type": "mrkdwn", "text": "<https://x.example|here>"}},
]


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"text": "", "blocks": RICH}, "It broke @U9:wave:\nhttps://lamp.example\nhere (https://x.example)"),
        ({"text": "Kept", "blocks": RICH}, "Kept"),
        (
            {"text": "Look", "attachments": [{"is_share": 1, "author_name": "Bo", "text": "dark"}]},
            "Look\nBo: dark",
        ),
        ({"text": "Look", "attachments": [{"text": "a page's preview"}]}, "Look"),
        ({"text": "", "attachments": [{"fallback": "A note"}]}, "A note"),
    ],
)  # fmt: skip
def test_whatever_was_sent_is_told(members: dict[str, Any], words: str) -> None:
    assert read("slack", callback(**members)).text == words


def test_a_date_is_shown_as_it_was_written() -> None:
    assert plain("since <!date^1772442000^{date_num} {time}|2 March> dark") == "since 2 March dark"


def test_a_group_of_people_is_mentioned_once() -> None:
    assert plain("<!subteam^S1|@lamps>") == "@lamps"


VIEW = {
    "type": "view_submission",
    "team": {"id": "T1"},
    "user": {"id": "U7", "name": "ana"},
    "view": {
        "id": "V1",
        "title": {"type": "plain_text", "text": "New request"},
        "blocks": [{"block_id": "b1", "label": {"type": "plain_text", "text": "Which lamp"}}],
        "state": {
            "values": {
                "b1": {"pick": {"selected_option": {"text": {"text": "The tall one"}}}},
                "b2": {"since": {"selected_date": "2026-03-02"}},
                "b3": {"more": {"value": None}},
            }
        },
    },
}


def test_what_was_filled_into_a_dialog_is_a_message() -> None:
    found = read("slack", form({"payload": orjson.dumps(VIEW).decode()}))

    assert (found.sender.address, found.sender.name) == ("U7", "ana")
    assert (found.subject, found.text) == (
        "New request",
        "Which lamp: The tall one\nsince: 2026-03-02",
    )
    assert (found.external_id, found.mailbox) == ("form:V1", "T1")


def test_an_empty_dialog_is_none() -> None:
    empty = {**VIEW, "view": {"id": "V1"}}

    assert reason("slack", form({"payload": orjson.dumps(empty).decode()})) == (
        "Slack view_submission"
    )


def test_an_older_dialog() -> None:
    older = {
        "type": "dialog_submission",
        "user": {"id": "U7"},
        "submission": {"lamp": "tall", "note": None},
        "action_ts": "17.9",
    }

    found = read("slack", form({"payload": orjson.dumps(older).decode()}))

    assert (found.text, found.external_id) == ("lamp: tall", "form:17.9")


OUTGOING = {
    "token": "t",
    "team_id": "T1",
    "team_domain": "lamps",
    "channel_id": "C1",
    "timestamp": "17.5",
    "user_id": "U7",
    "user_name": "Ana",
    "text": "desk: it broke",
}


def test_an_outgoing_webhook() -> None:
    found = read("slack", form(OUTGOING))

    assert (found.sender.address, found.sender.name, found.external_id) == ("U7", "Ana", "C1:17.5")
    assert reason("slack", form({**OUTGOING, "user_id": "USLACKBOT"})) == "Slack message of a bot"


@pytest.mark.parametrize(
    "body",
    [
        callback()["event"],
        {"envelope_id": "e", "type": "events_api", "payload": callback()},
        form({"payload": orjson.dumps(VIEW).decode()}),
        form({"payload": orjson.dumps({"type": "shortcut", "team": {"id": "T1"}}).decode()}),
        form(OUTGOING),
        {"type": "app_rate_limited", "team_id": "T1"},
        form({"command": "/desk", "text": "x", "user_id": "U7", "response_url": "https://x"}),
        {"command": "/desk", "text": "x", "user_id": "U7", "response_url": "https://x"},
    ],
)
def test_every_form_is_recognised(body: object) -> None:
    assert recognised(as_bytes(body)) == "slack"
    assert ADAPTERS["slack"](Payload(as_bytes(body), "slack"))


def test_what_is_hidden_is_none() -> None:
    assert "hidden" in reason("slack", callback(hidden=True))


def test_without_a_time_the_channel_is_the_conversation() -> None:
    assert read("slack", callback(ts=None)).conversation == "C1"


def test_a_mention_in_a_canvas_has_its_words() -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "Hey <@U9>, it broke"}}
    mention = {"subtype": "document_mention", "type": "app_mention", "blocks": [block]}

    found = read("slack", callback(text="<@U9> was mentioned in a canvas", **mention))

    assert found.text == "@U9 was mentioned in a canvas\nHey @U9, it broke"
