"""WhatsApp Cloud API: one webhook is a batch of messages, statuses, reactions and calls."""

from collections.abc import Callable, Mapping

import orjson

from services.intake.adapters.media import described
from services.intake.adapters.payload import Json, Payload, member, moment_at, objects, text_at
from services.intake.adapters.rfc822.charsets import readable
from services.intake.domain.identity import normal_address
from services.intake.domain.message import (
    LONGEST_TEXT,
    IncomingMessage,
    NoMessage,
    Parsed,
    Person,
    UnreadableError,
)
from shared.contracts.fields import Attachment

MEDIA = ("image", "video", "audio", "voice", "document", "sticker")
# What happens to messages, and is none.
NO_MESSAGES = frozenset({"reaction", "system", "revoke", "edit", "request_welcome", "ephemeral"})


def read_whatsapp(payload: Payload) -> list[Parsed]:
    """Also the value of a single change, as gateways between Meta and us pass it on."""
    body = payload.json()
    if "object" not in body and isinstance(body.get("messages"), list):
        return _change({"value": body}, payload)
    if body.get("object") != "whatsapp_business_account":
        raise UnreadableError(
            '"object" is not "whatsapp_business_account", nor is "messages" there'
        )
    found: list[Parsed] = []
    for entry in objects(body.get("entry")):
        for change in objects(entry.get("changes")):
            found += _change(change, payload)
    return found or [NoMessage("a WhatsApp webhook without messages")]


def _change(change: Json, payload: Payload) -> list[Parsed]:
    value = member(change, "value")
    number = text_at(value, "metadata", "display_phone_number")
    mailbox = payload.mailbox or (normal_address(number, "whatsapp") if number else None)
    names = _names(value)
    found: list[Parsed] = [
        _message(message, names, mailbox) for message in objects(value.get("messages"))
    ]
    found += [
        NoMessage(f"WhatsApp status {text_at(status, 'status') or 'unknown'}")
        for status in objects(value.get("statuses"))
    ]
    return found or [NoMessage(f"WhatsApp {text_at(change, 'field') or 'notification'}")]


def _names(value: Json) -> dict[str, str]:
    """By number and by user id: who hides his number has the latter alone."""
    return {
        identity: readable(name)
        for contact in objects(value.get("contacts"))
        if (name := text_at(contact, "profile", "name"))
        for key in ("wa_id", "user_id")
        if (identity := text_at(contact, key))
    }


def _name(message: Json, names: Mapping[str, str]) -> str | None:
    senders = (text_at(message, "from"), text_at(message, "from_user_id"))
    found = (names[each] for each in senders if each is not None and each in names)
    return next(found, None) or _only(names)


def _only(names: Mapping[str, str]) -> str | None:
    """A number's contact may be listed under another spelling of it."""
    known = set(names.values())
    return known.pop() if len(known) == 1 else None


def _message(message: Json, names: Mapping[str, str], mailbox: str | None) -> Parsed:
    kind = text_at(message, "type") or "unknown"
    if kind in NO_MESSAGES:
        return NoMessage(f"WhatsApp {kind}")
    sender = text_at(message, "from") or text_at(message, "from_user_id")
    if sender is None:
        raise UnreadableError(f'a WhatsApp message of type "{kind}" has no "from"')
    address = normal_address(sender, "whatsapp")
    context = text_at(message, "context", "id")
    text, attachments = _content(message, kind)
    return IncomingMessage(
        channel="whatsapp",
        sender=Person(address, _name(message, names)),
        text=readable(text)[:LONGEST_TEXT],
        described=attachments,
        external_id=text_at(message, "id"),
        fingerprint=f"{address} {text_at(message, 'timestamp')} {kind}",
        mailbox=mailbox,
        references=(context,) if context else (),
        conversation=text_at(message, "group_id") or address,
        sent_at=moment_at(message, "timestamp"),
    )


def _content(message: Json, kind: str) -> tuple[str, tuple[Attachment, ...]]:
    if kind in MEDIA:
        media = member(message, kind)
        return text_at(media, "caption") or f"[{kind}]", (_attachment(media, kind),)
    read = READERS.get(kind)
    return (read(message) if read else f"[{kind}]"), ()


def _attachment(media: Json, kind: str) -> Attachment:
    media_id = text_at(media, "id")
    return described(
        kind,
        media_id,
        filename=text_at(media, "filename"),
        content_type=text_at(media, "mime_type"),
        sha256=text_at(media, "sha256") or "",
        unique=media_id or "unknown",
    )


def _text(message: Json) -> str:
    return text_at(message, "text", "body") or ""


def _button(message: Json) -> str:
    return text_at(message, "button", "text") or "[button]"


def _interactive(message: Json) -> str:
    answer = member(message, "interactive")
    chosen = member(answer, text_at(answer, "type") or "")
    parts = [text_at(chosen, name) for name in ("title", "body", "description")]
    lines = [part for part in parts if part] + _flow_answers(text_at(chosen, "response_json"))
    return "\n".join(lines) or "[interactive]"


def _flow_answers(response: str | None) -> list[str]:
    """What was filled into a flow's form, a line for each field."""
    try:
        answers = orjson.loads(response or "{}")
    except orjson.JSONDecodeError:
        return [response or ""]
    named = answers.items() if isinstance(answers, dict) else ()
    return [f"{name}: {value}" for name, value in named if name != "flow_token"]


def _location(message: Json) -> str:
    place = member(message, "location")
    named = [text for name in ("name", "address", "url") if (text := text_at(place, name))]
    point = f"{text_at(place, 'latitude')}, {text_at(place, 'longitude')}"
    return "\n".join(["[location]", *named, point])


def _contacts(message: Json) -> str:
    lines = ["[contacts]"]
    for contact in objects(message.get("contacts")):
        numbers = (text_at(phone, "phone") for phone in objects(contact.get("phones")))
        parts = (text_at(contact, "name", "formatted_name"), *numbers)
        lines.append(" ".join(part for part in parts if part))
    return "\n".join(lines)


def _order(message: Json) -> str:
    order = member(message, "order")
    lines = ["[order]", text_at(order, "text") or ""]
    for item in objects(order.get("product_items")):
        product = text_at(item, "product_retailer_id")
        price, currency = text_at(item, "item_price"), text_at(item, "currency")
        lines.append(f"{text_at(item, 'quantity')} x {product} at {price} {currency}")
    return "\n".join(line for line in lines if line)


READERS: Mapping[str, Callable[[Json], str]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
}
