"""Telegram's bot updates: messages and pressed buttons; edits, posts and queries are none."""

from collections.abc import Callable, Mapping

from services.intake.adapters.media import described
from services.intake.adapters.payload import Json, Payload, member, moment_at, objects, text_at
from services.intake.adapters.rfc822.charsets import readable
from services.intake.domain.message import (
    LONGEST_TEXT,
    IncomingMessage,
    NoMessage,
    Parsed,
    Person,
    UnreadableError,
)
from shared.contracts.fields import Attachment

MESSAGES = ("message", "business_message")
MEDIA = ("animation", "document", "audio", "video", "voice", "video_note", "sticker")
# GroupAnonymousBot and Channel_Bot: `from` of those who write in their group's or channel's name.
STAND_INS = ("1087968824", "136817688")
CONTENT_TYPES = {"photo": "image/jpeg", "sticker": "image/webp", "video_note": "video/mp4"}
# What a group tells of itself.
SERVICE = (
    "new_chat_members",
    "left_chat_member",
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "pinned_message",
    "message_auto_delete_timer_changed",
    "forum_topic_created",
    "forum_topic_closed",
    "video_chat_started",
    "video_chat_ended",
)


def read_telegram(payload: Payload) -> list[Parsed]:
    update = payload.json()
    if "update_id" not in update:
        raise UnreadableError('"update_id" is missing: this is no update of a Telegram bot')
    for name in MESSAGES:
        if isinstance(update.get(name), dict):
            return [_message(update[name], payload.mailbox)]
    if isinstance(update.get("callback_query"), dict):
        return [_button(update["callback_query"], payload.mailbox)]
    kind = next((name for name in update if name != "update_id"), "update")
    return [NoMessage(f"Telegram {kind[:40]}")]


def _message(message: Json, mailbox: str | None) -> Parsed:
    service = next((name for name in SERVICE if name in message), None)
    if service:
        return NoMessage(f"Telegram {service}")
    author, chat = _author(message), member(message, "chat")
    if author.get("is_bot") is True:
        return NoMessage("Telegram message of a bot")
    sender = _sender(author)
    answered = _id(member(message, "reply_to_message"), chat)
    text = text_at(message, "text") or text_at(message, "caption") or _told(message)
    return IncomingMessage(
        channel="telegram",
        sender=sender,
        text=readable(text)[:LONGEST_TEXT],
        described=_attachments(message),
        external_id=_id(message, chat),
        fingerprint=f"{sender.address} {text_at(message, 'date')}",
        mailbox=mailbox,
        references=(answered,) if answered else (),
        conversation=text_at(chat, "id") or sender.address,
        sent_at=moment_at(message, "date"),
    )


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
        return member(message, "sender_chat") or author
    return author


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


def _attachments(message: Json) -> tuple[Attachment, ...]:
    found = [(kind, member(message, kind)) for kind in MEDIA if message.get(kind)]
    photos = objects(message.get("photo"))
    if photos:
        found.append(("photo", max(photos, key=_size)))
    if found and found[0][0] == "animation":
        # An animation comes as a document as well, so that old clients show it.
        del found[1:]
    return tuple(_attachment(kind, file) for kind, file in found)


def _attachment(kind: str, file: Json) -> Attachment:
    return described(
        kind,
        text_at(file, "file_id"),
        filename=text_at(file, "file_name"),
        content_type=text_at(file, "mime_type") or CONTENT_TYPES.get(kind),
        size=_size(file),
        unique=text_at(file, "file_unique_id"),
    )


def _size(file: Json) -> int:
    size = file.get("file_size")
    return size if isinstance(size, int) else 0


def _told(message: Json) -> str:
    """In words, where the sender wrote none."""
    for kind, tell in TOLD.items():
        if isinstance(message.get(kind), dict):
            return "\n".join(part for part in (f"[{kind}]", *tell(message[kind])) if part)
    kinds = (*MEDIA, "photo", "game", "poll", "dice", "story", "invoice")
    return f"[{next((kind for kind in kinds if kind in message), 'message')}]"


def _venue(venue: Json) -> list[str | None]:
    place = _location(member(venue, "location"))
    return [text_at(venue, "title"), text_at(venue, "address"), *place]


def _location(location: Json) -> list[str | None]:
    return [f"{text_at(location, 'latitude')}, {text_at(location, 'longitude')}"]


def _contact(contact: Json) -> list[str | None]:
    names = (text_at(contact, name) for name in ("first_name", "last_name", "phone_number"))
    return [" ".join(name for name in names if name)]


TOLD: Mapping[str, Callable[[Json], list[str | None]]] = {
    "venue": _venue,
    "location": _location,
    "contact": _contact,
    "poll": lambda poll: [text_at(poll, "question")],
    "game": lambda game: [text_at(game, "title")],
    "sticker": lambda sticker: [text_at(sticker, "emoji")],
}
