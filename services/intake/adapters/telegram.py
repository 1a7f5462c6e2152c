"""Telegram's bot updates: messages and pressed buttons; edits, posts and queries are none."""

from services.intake.adapters.payload import Json, Payload, member, moment_at, objects, text_at
from services.intake.adapters.rfc822.charsets import readable
from services.intake.adapters.telegram_files import files_of
from services.intake.adapters.telegram_words import SERVICE, is_there, words_of
from services.intake.domain.message import (
    LONGEST_TEXT,
    IncomingMessage,
    NoMessage,
    Parsed,
    Person,
    UnreadableError,
)

BUSINESS = "business_message"
MESSAGES = ("message", BUSINESS, "guest_message")
UPDATES = (*MESSAGES, "callback_query", "edited_message", "channel_post")  # where no id says so
# GroupAnonymousBot and Channel_Bot: `from` of those who write in their group's or channel's name.
STAND_INS = ("1087968824", "136817688")


def read_telegram(payload: Payload) -> list[Parsed]:
    """One update, what getUpdates answers with, or a message without the update round it."""
    body = payload.json()
    if isinstance(body.get("result"), list):
        found = [_update(each, payload.mailbox) for each in objects(body["result"])]
        return found or [NoMessage("no update of Telegram")]
    if "message_id" in body and "chat" in body:
        return [_message(body, payload.mailbox)]
    if "update_id" not in body and not any(member(body, name) for name in UPDATES):
        raise UnreadableError('"update_id" is missing: this is no update of a Telegram bot')
    return [_update(body, payload.mailbox)]


def _update(update: Json, mailbox: str | None) -> Parsed:
    for name in MESSAGES:
        if isinstance(update.get(name), dict):
            return _message(update[name], mailbox, of_business=name == BUSINESS)
    if isinstance(update.get("callback_query"), dict):
        return _button(update["callback_query"], mailbox)
    kind = next((name for name in update if name != "update_id"), "update")
    return NoMessage(f"Telegram {kind[:40]}")


def _message(message: Json, mailbox: str | None, *, of_business: bool = False) -> Parsed:
    service = next((name for name in message if name in SERVICE and is_there(message, name)), None)
    if service:
        return NoMessage(f"Telegram {service}")
    author, chat = _author(message), member(message, "chat")
    if author.get("is_bot") is True:
        return NoMessage("Telegram message of a bot")
    sender = _sender(author)
    if of_business and sender.address != text_at(chat, "id"):
        return NoMessage("Telegram message of the business itself")
    thread = _topic(message)
    answered = _answered(message, chat, thread)
    return IncomingMessage(
        channel="telegram",
        sender=sender,
        text=readable(words_of(message))[:LONGEST_TEXT],
        described=files_of(message),
        external_id=_id(message, chat),
        fingerprint=f"{sender.address} {text_at(message, 'date')}",
        mailbox=mailbox,
        references=(answered,) if answered else (),
        conversation=thread or text_at(chat, "id") or sender.address,
        sent_at=moment_at(message, "date"),
    )


def _topic(message: Json) -> str | None:
    """A forum's topics are conversations of their own; plain threads of replies are not.

    In a channel's direct messages each of its subscribers has a topic.
    """
    topic = text_at(message, "direct_messages_topic", "topic_id")
    if message.get("is_topic_message") is True:
        topic = topic or text_at(message, "message_thread_id")
    if topic is None:
        return None
    return f"{text_at(message, 'chat', 'id')}:topic:{topic}"


def _answered(message: Json, chat: Json, topic: str | None) -> str | None:
    """In a topic, what answers nobody refers to the message that opened the topic."""
    original = member(message, "reply_to_message")
    if topic and "forum_topic_created" in original:
        return None
    return _id(original, chat)


def _button(query: Json, mailbox: str | None) -> Parsed:
    """A pressed button of ours: a word in a conversation, but none that opens one."""
    sender = _sender(member(query, "from"))
    below = member(query, "message")
    chat = member(below, "chat")
    pressed = _id(below, chat)
    return IncomingMessage(
        channel="telegram",
        sender=sender,
        text=readable(_label(query, below))[:LONGEST_TEXT],
        external_id=f"callback:{text_at(query, 'id')}",
        mailbox=mailbox,
        references=(pressed,) if pressed else (),
        conversation=text_at(chat, "id") or sender.address,
        opens=False,
    )


def _label(query: Json, below: Json) -> str:
    """The button's words, where the message with the buttons came along."""
    data = text_at(query, "data")
    rows = member(below, "reply_markup").get("inline_keyboard")
    for row in rows if isinstance(rows, list) else []:
        for button in objects(row):
            if data is not None and text_at(button, "callback_data") == data:
                return text_at(button, "text") or data
    return data or text_at(query, "game_short_name") or "[button]"


def _author(message: Json) -> Json:
    """Who writes as a group or channel is that one; a bot of Telegram's own stands in `from`."""
    author = member(message, "from")
    if not author or text_at(author, "id") in STAND_INS:
        return member(message, "sender_chat") or author or _partner(message)
    return author


def _partner(message: Json) -> Json:
    """In a private chat, the chat is named as the person is."""
    chat = member(message, "chat")
    return chat if text_at(chat, "type") == "private" else {}


def _sender(author: Json) -> Person:
    address = text_at(author, "id")
    if address is None:
        raise UnreadableError('a message of Telegram has no "from.id"')
    names = (text_at(author, "first_name"), text_at(author, "last_name"))
    name = " ".join(name for name in names if name)
    name = name or text_at(author, "title") or text_at(author, "username") or ""
    return Person(address, readable(name) or None)


def _id(message: Json, chat: Json) -> str | None:
    """Message ids count up within a chat."""
    number, where = text_at(message, "message_id"), text_at(chat, "id")
    return f"{where}:{number}" if number and where else None
