"""Twilio's webhook for SMS, MMS and its WhatsApp numbers; delivery states are no messages."""

import re

from services.intake.adapters.forms import Form, form_of
from services.intake.adapters.media import described
from services.intake.adapters.payload import Json, Payload, lines_of, moment_at, objects, text_at
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

IDS = ("MessageSid", "SmsMessageSid", "SmsSid")
STATES = ("MessageStatus", "SmsStatus")
ADDED = "onMessageAdded"  # of a conversation
RECEIVED = frozenset({"", "received", "receiving"})
MOST_MEDIA = 10
CARDS = frozenset({"text/vcard", "text/x-vcard"})
PREFIX = re.compile(r"(whatsapp|messenger|sms|rcs):", re.IGNORECASE)


def read_twilio(payload: Payload) -> list[Parsed]:
    """A message to a number of ours, or one that was added to one of Twilio's conversations."""
    form = form_of(payload)
    if reason := _no_message(form):
        return [NoMessage(reason)]
    sender = form.text("From", "Author")
    if sender is None:
        raise UnreadableError('"From" is missing: this is no message of Twilio')
    return [_message(form, sender, payload.mailbox)]


def _no_message(form: Form) -> str | None:
    state, event = (form.text(*STATES) or "").lower(), form.text("EventType")
    if state not in RECEIVED:
        return f"Twilio state {state[:40]}"
    if event not in (None, ADDED):
        return f"Twilio {event[:40]}"
    if event == ADDED and form.text("Source") == "API":
        return "Twilio message of our own side"
    if (form.text("MessageType") or "").lower() == "reaction":
        return "Twilio reaction"
    return None


def _message(form: Form, sender: str, mailbox: str | None) -> IncomingMessage:
    channel, address = _address(sender)
    ours = form.text("To")
    media = _media(form)
    answered = form.text("OriginalRepliedMessageSid")
    return IncomingMessage(
        channel=channel,
        sender=Person(address, form.text("ProfileName", "CallerName")),
        text=_text(form, media)[:LONGEST_TEXT],
        described=media,
        external_id=form.text(*IDS),
        fingerprint=f"{address} {form.text('Body') or ''}"[:200],
        mailbox=mailbox or (_address(ours)[1] if ours else None),
        references=(answered,) if answered else (),
        conversation=form.text("ConversationSid") or address,
        sent_at=moment_at({"at": form.text("DateCreated")}, "at"),
    )


def _address(text: str) -> tuple[str, str]:
    """`whatsapp:+49…` is a number on another channel."""
    found = PREFIX.match(text)
    kind = found[1].lower() if found else "sms"
    channel = kind if kind in ("whatsapp", "messenger") else "sms"
    written = text[found.end() :].strip() if found else text
    number = normal_address(written, channel)
    return channel, number if number.startswith("+") else written


def _media(form: Form) -> tuple[Attachment, ...]:
    urls = [(i, form.text(f"MediaUrl{i}")) for i in range(MOST_MEDIA)]
    linked = [
        described("media", url, content_type=form.text(f"MediaContentType{i}"), unique=str(i + 1))
        for i, url in urls
        if url
    ]
    named = [_named(each) for each in objects(form.any_json("Media"))[:MOST_MEDIA]]
    return (*linked, *named)


def _named(media: Json) -> Attachment:
    size, sid = media.get("Size"), text_at(media, "Sid") or text_at(media, "MediaSid")
    return described(
        "media",
        sid,
        filename=text_at(media, "Filename"),
        content_type=text_at(media, "ContentType"),
        size=size if isinstance(size, int) else 0,
        unique=sid,
    )


def _text(form: Form, media: tuple[Attachment, ...]) -> str:
    """The sender's words and what he pressed, filled in or pointed at; else what he sent."""
    words = form.text("Body", "ButtonText", "ButtonPayload", "ListTitle", "ListId")
    place = _place(form)
    lines = [each for each in (words, *place) if each]
    filled = form.any_json("InteractiveData") or form.any_json("FlowData")
    lines += lines_of(filled) if isinstance(filled, dict) and not words else []
    kind = (form.text("MessageType") or "empty").lower()
    return "\n".join(lines or map(_kind, media)) or f"[{kind[:40]}]"


def _place(form: Form) -> list[str | None]:
    if form.text("Latitude") is None:
        return []
    point = f"{form.text('Latitude')}, {form.text('Longitude')}"
    return ["[location]", form.text("Label"), form.text("Address"), point]


def _kind(media: Attachment) -> str:
    kind = media.content_type.partition("/")[0]
    return "[contact]" if media.content_type in CARDS else f"[{kind}]"
