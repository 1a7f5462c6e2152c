from typing import Any

import pytest

from services.intake.adapters.recognition import recognised
from services.intake.domain.message import UnreadableError
from tests.intake_channels.reading import as_bytes, read, reason

ANA = {"name": "Ana Ruiz", "email": "ana@x.example"}


def test_what_a_visitor_writes() -> None:
    body = {"session": "s1", "visitor": ANA, "message": {"id": "7", "text": "It broke."}}

    found = read("chat", body)

    assert (found.sender.address, found.sender.name) == ("ana@x.example", "Ana Ruiz")
    assert (found.text, found.conversation, found.external_id) == ("It broke.", "s1", "s1:7")


def test_a_transcript_is_one_message_of_the_same_conversation() -> None:
    lines = [
        {"from": "bot", "text": "How can I help?", "at": "2026-03-02T09:00:00Z"},
        {"from": "visitor", "text": "It broke.", "at": "2026-03-02T09:01:00Z"},
        {"from": "agent", "name": "Sam", "text": "I'll call you.", "at": "2026-03-02T09:02:00Z"},
    ]

    found = read("chat", {"session": "s1", "visitor": ANA, "messages": lines})

    assert found.text == (
        "[09:00] Agent: How can I help?\n[09:01] Ana Ruiz: It broke.\n[09:02] Sam: I'll call you."
    )
    assert (found.conversation, found.external_id) == ("s1", "s1:transcript")
    assert found.sent_at is not None
    assert f"{found.sent_at:%H:%M}" == "09:02"


@pytest.mark.parametrize(
    "body",
    [
        {"event": "chat:start", "chatId": "s1", "visitor": ANA, "message": {"text": "Hi"}},
        {
            "data": {
                "session_id": "s1",
                "user": {"nickname": "Ana", "user_id": "9"},
                "content": "Hi",
            }
        },
        {"chat_id": "s1", "email": "ana@x.example", "message": "Hi"},
        {"channel": "chat", "conversation": "s1", "sender": {"address": "9"}, "text": "Hi"},
    ],
)
def test_other_spellings(body: dict[str, Any]) -> None:
    found = read("chat", body)

    assert (found.text, found.conversation) == ("Hi", "s1")
    assert found.sender.address


def test_without_a_session_the_visitor_is_the_conversation() -> None:
    assert read("chat", {"visitor": ANA, "message": "Hi"}).conversation == "ana@x.example"


@pytest.mark.parametrize(
    "body",
    [
        {"session": "s", "visitor": ANA, "message": {"from": "agent", "text": "Hello"}},
        {"session": "s", "visitor": ANA, "messages": [{"from": "agent", "text": "Hello?"}]},
    ],
)
def test_our_own_words_are_no_message(body: dict[str, Any]) -> None:
    assert "chat" in reason("chat", body)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"session": "s", "visitor": ANA}, "needs a message"),
        ({"session": "s", "visitor": {"name": "Ana"}, "message": "Hi"}, "no email, phone or id"),
    ],
)
def test_what_is_no_chat(body: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnreadableError, match=problem):
        read("chat", body)


def test_a_chats_event_without_words_is_none() -> None:
    assert reason("chat", {"event": "chat:end", "chatId": "c1", "visitor": {"id": "v"}}) == (
        "chat chat:end"
    )


def test_a_visitors_mail_address_counts_before_an_id() -> None:
    body = {
        "event": "message_created",
        "id": 8,
        "content": "It broke.",
        "message_type": "incoming",
        "contact": {"id": 3},
        "sender": {"id": 3, "name": "Ana", "email": "ana@x.example"},
        "conversation": {"id": 41},
    }

    found = read("chat", body)

    assert (found.sender.address, found.sender.name) == ("ana@x.example", "Ana")
    assert (found.conversation, found.external_id) == ("41", "41:8")
    assert "our own side" in reason("chat", {**body, "message_type": "outgoing"})
    assert "our own side" in reason("chat", {**body, "private": True})


@pytest.mark.parametrize(
    ("body", "sender"),
    [
        ({"sender": "visitor-7", "message": "It broke."}, "visitor-7"),
        ({"type": "message", "user": "u7", "text": "It broke.", "channel": "socket"}, "u7"),
        (
            {
                "requester": {"name": "Ana", "email": "ana@x.example"},
                "ticket": {"id": "t", "subject": "Lamp", "message": "It broke."},
            },
            "ana@x.example",
        ),
    ],
)
def test_what_bots_and_widgets_send(body: dict[str, Any], sender: str) -> None:
    assert recognised(as_bytes(body)) == "chat"
    assert (read("chat", body).sender.address, read("chat", body).text) == (sender, "It broke.")
