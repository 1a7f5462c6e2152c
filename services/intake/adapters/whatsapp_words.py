"""What a WhatsApp message says and brings along, by its type."""

from collections.abc import Callable, Mapping

import orjson

from services.intake.adapters.media import described
from services.intake.adapters.payload import Json, lines_of, member, objects, text_at
from shared.contracts.fields import Attachment

MEDIA = ("image", "video", "audio", "voice", "document", "sticker")
# What happens to messages, and is none.
NO_MESSAGES = frozenset(
    {"reaction", "system", "revoke", "edit", "request_welcome", "ephemeral", "pin", "keep"}
)
# What a message carries beside its content.
ENVELOPE = frozenset(
    {"from", "from_user_id", "id", "timestamp", "type", "context", "errors", "group_id", "referral"}
)
SAID = ("type", "body", "text", "title", "name", "caption", "question", "description", "response")


def kind_of(message: Json) -> str:
    """As it says; else by what it holds, since some gateways leave the type out."""
    named = text_at(message, "unsupported", "type") or text_at(message, "type")
    if named in NO_MESSAGES:
        return named
    named = text_at(message, "type")
    held = next((k for k in message if k in READERS or k in (*MEDIA, *NO_MESSAGES)), None)
    return named or held or "unsupported"


def content_of(message: Json, kind: str) -> tuple[str, tuple[Attachment, ...]]:
    if kind in MEDIA:
        media = member(message, kind)
        return text_at(media, "caption") or f"[{kind}]", (_attachment(media, kind),)
    read = READERS.get(kind)
    return (read(message) if read else _unknown(message, kind)), ()


def _unknown(message: Json, kind: str) -> str:
    """A kind that we don't know yet: its name, and whatever in it is said in words."""
    holder = member(message, kind) or next((v for k, v in message.items() if k not in ENVELOPE), {})
    said = [text for name in SAID if (text := text_at(holder, name))]
    return "\n".join([f"[{kind[:40]}]", *said])


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
    return text_at(message, "text", "body") or text_at(message, "text") or "[text]"


def _button(message: Json) -> str:
    button = member(message, "button")
    return text_at(button, "text") or text_at(button, "payload") or "[button]"


def _interactive(message: Json) -> str:
    answer = member(message, "interactive")
    kind = text_at(answer, "type") or next((k for k in answer if k.endswith("_reply")), "")
    chosen = member(answer, kind)
    parts = [text_at(chosen, name) for name in ("title", "body", "description")]
    lines = [part for part in parts if part] + _flow_answers(text_at(chosen, "response_json"))
    if response := text_at(chosen, "response"):
        lines.append(f"[{kind}] {response}")
    return "\n".join(lines) or f"[{kind or 'interactive'}]"


def _flow_answers(response: str | None) -> list[str]:
    """What was filled into a flow's form, a line for each field."""
    try:
        answers = orjson.loads(response or "{}")
    except orjson.JSONDecodeError:
        return [response or ""]
    if isinstance(answers, dict):
        answers.pop("flow_token", None)
    return list(lines_of(answers))


def _location(message: Json) -> str:
    place = member(message, "location")
    named = [text for name in ("name", "address", "url") if (text := text_at(place, name))]
    point = f"{text_at(place, 'latitude')}, {text_at(place, 'longitude')}"
    return "\n".join(["[location]", *named, point])


def _contacts(message: Json) -> str:
    cards = (_card(contact) for contact in objects(message.get("contacts")))
    return "\n".join(["[contacts]", *(" ".join(part for part in card if part) for card in cards)])


def _card(contact: Json) -> list[str | None]:
    """A business card on one line."""
    name = member(contact, "name")
    full = [text_at(name, part) for part in ("first_name", "last_name")]
    return [
        text_at(name, "formatted_name") or " ".join(part for part in full if part),
        *(text_at(each, "phone") for each in objects(contact.get("phones"))),
        *(text_at(each, "email") for each in objects(contact.get("emails"))),
        text_at(contact, "org", "company"),
        *(text_at(each, "url") for each in objects(contact.get("urls"))),
        *(_street(each) for each in objects(contact.get("addresses"))),
    ]


def _street(address: Json) -> str:
    parts = (text_at(address, part) for part in ("street", "zip", "city", "state", "country"))
    return ", ".join(part for part in parts if part)


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
