"""What Messenger and Instagram have in common: entries of messaging events, one form."""

from collections.abc import Iterator
from urllib.parse import unquote

from services.intake.adapters.media import described, type_by_name
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

FILES = frozenset({"image", "video", "audio", "file", "sticker"})
# What happens to a conversation beside its messages, by the member that the event carries.
EVENTS = (
    "account_linking",
    "app_roles",
    "checkout_update",
    "delivery",
    "game_play",
    "message_edit",
    "optin",
    "pass_thread_control",
    "payment",
    "policy_enforcement",
    "policy-enforcement",
    "pre_checkout",
    "reaction",
    "read",
    "referral",
    "request_thread_control",
    "response_feedback",
    "take_thread_control",
)
MOST_ATTACHMENTS = 30
LONGEST_NAME = 500
ADDRESSES = ("url", "URL", "story_media_url", "link")


def read_events(payload: Payload, *, channel: str, named: str) -> list[Parsed]:
    """`named` is what the webhook's "object" must be. Gateways pass on an entry or event alone."""
    body = payload.json()
    entries = _entries(body)
    if body.get("object", named) != named or not ("object" in body or entries):
        raise UnreadableError(f'"object" is not "{named}"')
    found = [
        _event(event, channel, payload.mailbox or page, page)
        for entry in entries
        for page in [text_at(entry, "id")]
        for event in _events(entry)
    ]
    return found or [NoMessage(f"a webhook of {channel} without messages")]


def _entries(body: Json) -> list[Json]:
    if "entry" in body:
        return objects(body["entry"])
    if "messaging" in body:
        return [body]
    return [{"messaging": [body]}] if {"sender", "recipient"}.issubset(body) else []


def _events(entry: Json) -> Iterator[Json]:
    """Also those of Meta's test button, which come as a change. Another app minds `standby`."""
    messaging = entry.get("messaging")
    yield from [messaging] if isinstance(messaging, dict) else objects(messaging)
    for change in objects(entry.get("changes")):
        value = member(change, "value")
        if change.get("field") in ("messages", "messaging_postbacks"):
            yield value
        else:
            yield {str(change.get("field") or "change")[:40]: {}}
    for event in objects(entry.get("standby")):
        yield {"standby": event}


def _event(event: Json, channel: str, mailbox: str | None, page: str | None) -> Parsed:
    if page is not None and text_at(event, "sender", "id") == page != _recipient(event):
        return NoMessage(f"{channel} event of the page itself")
    if isinstance(event.get("message"), dict):
        return _message(event, event["message"], channel, mailbox)
    if isinstance(event.get("postback"), dict):
        return _postback(event, event["postback"], channel, mailbox)
    kind = next((name for name in EVENTS if name in event), None) or next(iter(event), "event")
    return NoMessage(f"{channel} {kind[:40]}")


def _recipient(event: Json) -> str | None:
    return text_at(event, "recipient", "id")


def _message(event: Json, message: Json, channel: str, mailbox: str | None) -> Parsed:
    if message.get("is_echo") is True:
        return NoMessage(f"{channel} echo of what was sent")
    if message.get("is_deleted") is True:
        return NoMessage(f"{channel} message was withdrawn")
    parts = _once(objects(message.get("attachments"))[:MOST_ATTACHMENTS])
    text = text_at(message, "text") or text_at(message, "quick_reply", "payload")
    text = text or _told(message, parts)
    files = [each for each in parts if text_at(each, "type") in FILES]
    answered = text_at(message, "reply_to", "mid")
    return _incoming(
        event,
        channel,
        mailbox,
        text=text,
        external_id=text_at(message, "mid"),
        described=tuple(_attachment(each, i + 1) for i, each in enumerate(files)),
        references=(answered,) if answered else (),
    )


def _once(parts: list[Json]) -> list[Json]:
    """A sticker may come as a picture as well, so that old receivers show it."""
    named = [(text_at(each, "type"), text_at(each, "payload", "sticker_id")) for each in parts]
    stickers = {sticker for kind, sticker in named if kind == "sticker"}
    return [
        part
        for part, (kind, sticker) in zip(parts, named, strict=True)
        if kind != "image" or sticker is None or sticker not in stickers
    ]


def _postback(event: Json, postback: Json, channel: str, mailbox: str | None) -> Parsed:
    """A pressed button of ours: a word in a conversation, but none that opens one."""
    text = text_at(postback, "title") or text_at(postback, "payload") or "[postback]"
    return _incoming(
        event, channel, mailbox, text=text, external_id=text_at(postback, "mid"), opens=False
    )


def _incoming(
    event: Json,
    channel: str,
    mailbox: str | None,
    *,
    text: str,
    external_id: str | None,
    described: tuple[Attachment, ...] = (),
    references: tuple[str, ...] = (),
    opens: bool = True,
) -> IncomingMessage:
    sender = text_at(event, "sender", "id") or text_at(event, "sender", "user_ref")
    if sender is None:
        raise UnreadableError(f'a message of {channel} has no "sender.id"')
    name = text_at(event, "sender", "name") or text_at(event, "sender", "username")
    return IncomingMessage(
        channel=channel,
        sender=Person(sender, readable(name) if name else None),
        text=readable(text)[:LONGEST_TEXT],
        described=described,
        external_id=external_id,
        fingerprint=f"{sender} {text_at(event, 'timestamp')}",
        mailbox=mailbox,
        references=references,
        conversation=sender,
        sent_at=moment_at(event, "timestamp"),
        opens=opens,
    )


def _told(message: Json, parts: list[Json]) -> str:
    """In words, where the sender wrote none."""
    lines = [_part_in_words(each) for each in parts]
    if not lines and (story := text_at(message, "reply_to", "story", "url")):
        lines = [f"[story] {story}"]
    if message.get("is_unsupported") is True:
        lines.append("[unsupported]")
    return "\n".join(lines) or "[message]"


def _part_in_words(part: Json) -> str:
    kind = (text_at(part, "type") or "attachment").lower()
    content = member(part, "payload")
    point = member(content, "coordinates")
    if point:
        place = f"{text_at(point, 'lat')}, {text_at(point, 'long')}"
        return "\n".join(t for t in ("[location]", text_at(part, "title"), place) if t)
    if kind in FILES:
        return f"[{kind}]"
    address = next((t for n in ADDRESSES for h in (content, part) if (t := text_at(h, n))), None)
    title = text_at(part, "title") or text_at(content, "title") or text_at(content, "text")
    cards = objects(content.get("elements")) + objects(member(content, "product").get("elements"))
    first = " ".join(t for t in (f"[{kind}]", title, address) if t)
    return "\n".join([first, *map(_card, cards)])


def _card(element: Json) -> str:
    """A product, or another card that was shared."""
    told = (text_at(element, n) for n in ("title", "subtitle", "retailer_id", "item_url", "url"))
    return " · ".join(text for text in told if text)


def _attachment(part: Json, nth: int) -> Attachment:
    """Of pictures and sounds the address alone tells what they are; its name says nothing."""
    kind = text_at(part, "type") or "file"
    url = text_at(part, "payload", "url")
    name = unquote((url or "").partition("?")[0].rpartition("/")[2][:LONGEST_NAME])
    return described(
        kind,
        url,
        filename=name if kind == "file" else None,
        content_type="audio/mp4" if kind == "audio" and ".mp4" in name else type_by_name(name),
        unique=text_at(part, "payload", "sticker_id") or str(nth),
    )
