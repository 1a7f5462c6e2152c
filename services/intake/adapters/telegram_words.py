"""What a Telegram message says: in its own words, or what was sent instead of any."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from services.intake.adapters.payload import Json, member, objects, text_at
from services.intake.adapters.telegram_files import MEDIA

# What a chat tells of itself, and what a member did in it other than write.
SERVICE = frozenset(
    {
        "boost_added",
        "channel_chat_created",
        "chat_background_set",
        "chat_owner_changed",
        "chat_owner_left",
        "chat_shared",
        "checklist_tasks_added",
        "checklist_tasks_done",
        "community_chat_added",
        "community_chat_removed",
        "connected_website",
        "delete_chat_photo",
        "direct_message_price_changed",
        "forum_topic_closed",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "gift",
        "gift_upgrade_sent",
        "giveaway",
        "giveaway_completed",
        "giveaway_created",
        "giveaway_winners",
        "group_chat_created",
        "is_automatic_forward",
        "left_chat_member",
        "left_chat_participant",
        "message_auto_delete_timer_changed",
        "migrate_from_chat_id",
        "migrate_to_chat_id",
        "new_chat_member",
        "new_chat_members",
        "new_chat_participant",
        "new_chat_photo",
        "new_chat_title",
        "paid_message_price_changed",
        "passport_data",
        "pinned_message",
        "poll_option_added",
        "poll_option_deleted",
        "proximity_alert_triggered",
        "refunded_payment",
        "successful_payment",
        "suggested_post_approval_failed",
        "suggested_post_approved",
        "suggested_post_declined",
        "suggested_post_paid",
        "suggested_post_refunded",
        "supergroup_chat_created",
        "unique_gift",
        "user_shared",
        "users_shared",
        "video_chat_ended",
        "video_chat_participants_invited",
        "video_chat_scheduled",
        "video_chat_started",
        "voice_chat_ended",
        "voice_chat_participants_invited",
        "voice_chat_scheduled",
        "voice_chat_started",
        "write_access_allowed",
    }
)
# What a message carries beside its content.
ENVELOPE = frozenset(
    {
        "message_id",
        "message_thread_id",
        "is_topic_message",
        "from",
        "sender_chat",
        "sender_boost_count",
        "sender_business_bot",
        "sender_tag",
        "business_connection_id",
        "chat",
        "date",
        "edit_date",
        "entities",
        "caption_entities",
        "reply_markup",
        "reply_to_message",
        "via_bot",
        "quote",
        "media_group_id",
        "has_protected_content",
        "effect_id",
        "author_signature",
        "direct_messages_topic",
        "ephemeral_message_id",
        "external_reply",
        "guest_bot_caller_chat",
        "guest_bot_caller_user",
        "guest_query_id",
        "has_media_spoiler",
        "paid_star_count",
        "receiver_user",
        "reply_to_checklist_task_id",
        "reply_to_story",
        "show_caption_above_media",
        "suggested_post_info",
        "link_preview_options",
    }
)
FILES = (*MEDIA, "photo", "paid_media", "story")
UNITS = "utf-16-le"  # what Telegram counts offsets in
MOST_LINKS = 100
DEEPEST_TEXT = 12
# Rich text within a line; all other objects are blocks.
RUNS = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "code", "url", "email_address"}
    | {"phone_number", "mention", "text_mention", "hashtag", "custom_emoji", "marked", "text_link"}
    | {"subscript", "superscript", "date_time", "reference", "anchor_link", "bot_command", None}
)


def words_of(message: Json) -> str:
    for name, marks in (("text", "entities"), ("caption", "caption_entities")):
        if text := text_at(message, name):
            whole = message[name] if isinstance(message[name], str) else text
            return _with_links(whole, objects(message.get(marks)))
    return _told(message)


def is_there(message: Json, name: str) -> bool:
    """Some libraries pass on every field that there is, with nothing in it."""
    return message.get(name) not in (None, False, [])


def _with_links(text: str, entities: list[Json]) -> str:
    """Addresses behind words are put after them: "see here (https://…)"."""
    links = [each for each in entities if each.get("type") == "text_link"][:MOST_LINKS]
    units = text.encode(UNITS, "surrogatepass")
    for link in sorted(links, key=_end, reverse=True):
        address, end = text_at(link, "url"), 2 * _end(link)
        if address and 0 < end <= len(units):
            units = units[:end] + f" ({address})".encode(UNITS) + units[end:]
    return units.decode(UNITS, "replace").strip() if links else text.strip()


def _end(entity: Json) -> int:
    offset, length = entity.get("offset"), entity.get("length")
    return offset + length if isinstance(offset, int) and isinstance(length, int) else 0


def _told(message: Json) -> str:
    """In words, where the sender wrote none. A kind that we don't know is named as it comes."""
    kinds = [name for name in message if name not in ENVELOPE and is_there(message, name)]
    kinds = [name for name in kinds if not name.startswith(("forward_", "is_"))]
    kind = next((each for each in (*TOLD, *FILES) if each in kinds), next(iter(kinds), "message"))
    told = TOLD[kind](member(message, kind)) if kind in TOLD else []
    return "\n".join(part for part in (f"[{kind[:40]}]", *told) if part)


def _venue(venue: Json) -> list[str | None]:
    place = _location(member(venue, "location"))
    return [text_at(venue, "title"), text_at(venue, "address"), *place]


def _location(location: Json) -> list[str | None]:
    return [f"{text_at(location, 'latitude')}, {text_at(location, 'longitude')}"]


def _contact(contact: Json) -> list[str | None]:
    names = (text_at(contact, name) for name in ("first_name", "last_name", "phone_number"))
    return [" ".join(name for name in names if name)]


def _rich_message(message: Json) -> list[str | None]:
    return ["".join(_rich(message.get("blocks"), DEEPEST_TEXT)).strip()]


def _rich(text: Any, levels: int) -> Iterator[str]:
    """Rich text is a text, a list of such, or an object that holds it; a block is a line."""
    if isinstance(text, str):
        yield text
    elif isinstance(text, list) and levels:
        for each in text:
            yield from _rich(each, levels - 1)
            if isinstance(each, dict) and not RUNS.issuperset({text_at(each, "type")}):
                yield "\n"
    elif isinstance(text, dict) and levels:
        for name in ("text", "caption", "items", "blocks", "cells", "summary"):
            yield from _rich(text.get(name), levels - 1)


def _poll(poll: Json) -> list[str | None]:
    options = (text_at(each, "text") for each in objects(poll.get("options")))
    return [text_at(poll, "question"), *(f"- {option}" for option in options if option)]


def _checklist(checklist: Json) -> list[str | None]:
    tasks = (text_at(each, "text") for each in objects(checklist.get("tasks")))
    return [text_at(checklist, "title"), *(f"- {task}" for task in tasks if task)]


TOLD: Mapping[str, Callable[[Json], list[str | None]]] = {
    "venue": _venue,
    "location": _location,
    "contact": _contact,
    "rich_message": _rich_message,
    "poll": _poll,
    "checklist": _checklist,
    "game": lambda game: [text_at(game, "title")],
    "sticker": lambda sticker: [text_at(sticker, "emoji")],
    "dice": lambda dice: [f"{text_at(dice, 'emoji') or ''} {text_at(dice, 'value') or ''}".strip()],
    "invoice": lambda invoice: [text_at(invoice, "title"), text_at(invoice, "description")],
    "web_app_data": lambda data: [text_at(data, "data")],
}
