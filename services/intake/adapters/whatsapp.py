"""WhatsApp Cloud API: one webhook is a batch of messages, statuses, reactions and calls."""

from collections.abc import Mapping

from services.intake.adapters.payload import Json, Payload, member, moment_at, objects, text_at
from services.intake.adapters.rfc822.charsets import readable
from services.intake.adapters.twilio import read_twilio
from services.intake.adapters.whatsapp_words import NO_MESSAGES, content_of, kind_of
from services.intake.domain.identity import normal_address
from services.intake.domain.message import (
    LONGEST_TEXT,
    IncomingMessage,
    NoMessage,
    Parsed,
    Person,
    UnreadableError,
)

OBJECT = "whatsapp_business_account"
NOT_OURS = f'"object" is not "{OBJECT}", nor is "messages" there'


def read_whatsapp(payload: Payload) -> list[Parsed]:
    """Also a single change or its value, as gateways and Meta's test button pass them on.

    Twilio's numbers on WhatsApp send forms.
    """
    if payload.value.lstrip()[:1] not in (b"{", b"[", b""):
        return read_twilio(payload)
    body = payload.json()
    if "object" not in body and "entry" not in body:
        return _unwrapped(body, payload)
    if body.get("object", OBJECT) != OBJECT:
        raise UnreadableError(NOT_OURS)
    found: list[Parsed] = []
    for entry in objects(body.get("entry")):
        for change in objects(entry.get("changes")):
            found += _change(change, payload)
    return found or [NoMessage("a WhatsApp webhook without messages")]


def _unwrapped(body: Json, payload: Payload) -> list[Parsed]:
    if isinstance(body.get("value"), dict):
        return _change(body, payload)
    if isinstance(body.get("messages") or body.get("statuses"), list):
        return _change({"value": body}, payload)
    raise UnreadableError(NOT_OURS)


def _change(change: Json, payload: Payload) -> list[Parsed]:
    value = member(change, "value")
    if change.get("field") == "standby":
        return [NoMessage("WhatsApp standby: another app minds it")]
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
    kind = kind_of(message)
    if kind in NO_MESSAGES:
        return NoMessage(f"WhatsApp {kind}")
    user_id = text_at(message, "from_user_id")
    sender = text_at(message, "from") or user_id
    if sender is None:
        raise UnreadableError(f'a WhatsApp message of type "{kind}" has no "from"')
    number = normal_address(sender, "whatsapp")
    address = number if number.startswith("+") else sender
    context = text_at(message, "context", "id")
    text, attachments = content_of(message, kind)
    return IncomingMessage(
        channel="whatsapp",
        sender=Person(address, _name(message, names)),
        text=readable(text)[:LONGEST_TEXT],
        described=attachments,
        external_id=text_at(message, "id"),
        fingerprint=f"{address} {text_at(message, 'timestamp')} {kind}",
        mailbox=mailbox,
        aliases=(user_id,) if user_id and user_id != sender else (),
        references=(context,) if context else (),
        conversation=text_at(message, "group_id") or address,
        sent_at=moment_at(message, "timestamp"),
    )
