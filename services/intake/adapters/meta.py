"""What Messenger and Instagram have in common: entries of messaging events, one form."""

from collections.abc import Iterator

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

FILES = frozenset({"image", "video", "audio", "file"})
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


def read_events(payload: Payload, *, channel: str, named: str) -> list[Parsed]:
    """`named` is what the webhook's "object" must be."""
    body = payload.json()
    if body.get("object") != named:
        raise UnreadableError(f'"object" is not "{named}"')
    found = [
        _event(event, channel, payload.mailbox or page)
        for entry in objects(body.get("entry"))
        for page in [text_at(entry, "id")]
        for event in _events(entry)
    ]
    return found or [NoMessage(f"a webhook of {channel} without messages")]


def _events(entry: Json) -> Iterator[Json]:
    """Also those of Meta's test button, which come as a change. Another app minds `standby`."""
    yield from objects(entry.get("messaging"))
    for change in objects(entry.get("changes")):
        value = member(change, "value")
        if change.get("field") in ("messages", "messaging_postbacks"):
            yield value
        else:
            yield {str(change.get("field") or "change")[:40]: {}}
    for event in objects(entry.get("standby")):
        yield {"standby": event}


def _event(event: Json, channel: str, mailbox: str | None) -> Parsed:
    if isinstance(event.get("message"), dict):
        return _message(event, event["message"], channel, mailbox)
    if isinstance(event.get("postback"), dict):
        return _postback(event, event["postback"], channel, mailbox)
    kind = next((name for name in EVENTS if name in event), None) or next(iter(event), "event")
    return NoMessage(f"{channel} {kind[:40]}")


def _message(event: Json, message: Json, channel: str, mailbox: str | None) -> Parsed:
    if message.get("is_echo") is True:
        return NoMessage(f"{channel} echo of what was sent")
    if message.get("is_deleted") is True:
        return NoMessage(f"{channel} message was withdrawn")
    parts = objects(message.get("attachments"))[:MOST_ATTACHMENTS]
    text = text_at(message, "text") or _told(message, parts)
    answered = text_at(message, "reply_to", "mid")
    return _incoming(
        event,
        channel,
        mailbox,
        text=text,
        external_id=text_at(message, "mid"),
        described=tuple(_attachment(each) for each in parts if text_at(each, "type") in FILES),
        references=(answered,) if answered else (),
    )


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
    kind = text_at(part, "type") or "attachment"
    content = member(part, "payload")
    point = member(content, "coordinates")
    if point:
        place = f"{text_at(point, 'lat')}, {text_at(point, 'long')}"
        return "\n".join(t for t in ("[location]", text_at(part, "title"), place) if t)
    if kind in FILES:
        return f"[{kind}]"
    address = text_at(content, "url") or text_at(part, "url") or text_at(part, "URL")
    title = text_at(part, "title") or text_at(content, "title")
    return " ".join(t for t in (f"[{kind}]", title, address) if t)


def _attachment(part: Json) -> Attachment:
    kind = text_at(part, "type") or "file"
    url = text_at(part, "payload", "url")
    name = (url or "").partition("?")[0].rpartition("/")[2] if kind == "file" else None
    return described(kind, url, filename=name, unique=text_at(part, "payload", "sticker_id"))
