"""Twilio's webhook for SMS, MMS and its WhatsApp numbers; delivery states are no messages."""

import re

from services.intake.adapters.forms import Form, form_of
from services.intake.adapters.media import described
from services.intake.adapters.payload import Payload
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
STATES = ("MessageStatus", "SmsStatus", "EventType")
RECEIVED = frozenset({None, "received", "receiving"})
MOST_MEDIA = 10
PREFIX = re.compile(r"(whatsapp|messenger|sms|rcs):", re.IGNORECASE)


def read_twilio(payload: Payload) -> list[Parsed]:
    form = form_of(payload)
    sender = form.text("From", "Author")
    state = form.text(*STATES)
    if sender is None:
        raise UnreadableError('"From" is missing: this is no message of Twilio')
    if (state.lower() if state else None) not in RECEIVED:
        return [NoMessage(f"Twilio state {(state or '').lower()[:40]}")]
    return [_message(form, sender, payload.mailbox)]


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
        conversation=address,
    )


def _address(text: str) -> tuple[str, str]:
    """`whatsapp:+49…` is a number on another channel."""
    found = PREFIX.match(text)
    kind = found[1].lower() if found else "sms"
    channel = kind if kind in ("whatsapp", "messenger") else "sms"
    return channel, normal_address(text[found.end() :] if found else text, channel)


def _media(form: Form) -> tuple[Attachment, ...]:
    urls = [(i, form.text(f"MediaUrl{i}")) for i in range(MOST_MEDIA)]
    return tuple(
        described("media", url, content_type=form.text(f"MediaContentType{i}"), unique=str(i + 1))
        for i, url in urls
        if url
    )


def _text(form: Form, media: tuple[Attachment, ...]) -> str:
    text = form.text("Body", "ButtonText", "ButtonPayload")
    if text is None and form.text("Latitude"):
        point = f"{form.text('Latitude')}, {form.text('Longitude')}"
        named = (form.text("Label"), form.text("Address"))
        text = "\n".join(["[location]", *(each for each in named if each), point])
    kinds = [f"[{each.content_type.partition('/')[0]}]" for each in media]
    return text or "\n".join(kinds) or "[empty]"
