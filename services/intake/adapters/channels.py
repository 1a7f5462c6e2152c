"""Which adapter reads which channel. A new channel is a new file and an entry here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from services.intake.adapters.alertmanager import read_alertmanager
from services.intake.adapters.chat import read_chat
from services.intake.adapters.forms import form_of
from services.intake.adapters.instagram import read_instagram
from services.intake.adapters.mail import read_mail
from services.intake.adapters.mailgun import read_mailgun
from services.intake.adapters.messenger import read_messenger
from services.intake.adapters.payload import Adapter, Json, Payload
from services.intake.adapters.phone import read_phone
from services.intake.adapters.postmark import read_postmark
from services.intake.adapters.sendgrid import read_sendgrid
from services.intake.adapters.slack import read_slack
from services.intake.adapters.telegram import read_telegram
from services.intake.adapters.twilio import read_twilio
from services.intake.adapters.web import read_web
from services.intake.adapters.whatsapp import read_whatsapp
from services.intake.domain.message import IncomingMessage, Parsed, UnreadableError
from services.intake.domain.tidying import tidied

MAIL = "message/rfc822"
FORM_LINE = re.compile(rb"\s*[\w%.~*+\[\]$-]{1,200}=[^\s<>]*\s*\Z")
MULTIPART_START = re.compile(rb"\s*--[^\r\n]{1,200}\r?\n[^\r\n]*form-data", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Channel:
    """`marks` tell its payloads by shape: each a field that is there, or `field=value`."""

    read: Adapter
    marks: tuple[str, ...] = ()


# In the order in which shapes are looked at: the more telling first.
CHANNELS: Mapping[str, Channel] = {
    "email": Channel(read_mail),
    "whatsapp": Channel(
        read_whatsapp, marks=("object=whatsapp_business_account", "messaging_product=whatsapp")
    ),
    "messenger": Channel(read_messenger, marks=("object=page",)),
    "instagram": Channel(read_instagram, marks=("object=instagram",)),
    "telegram": Channel(read_telegram, marks=("update_id",)),
    "alertmanager": Channel(read_alertmanager, marks=("alerts",)),
    "postmark": Channel(
        read_postmark,
        marks=(
            "FromFull",
            "Attachments",
            "TextBody",
            "HtmlBody",
            "RawEmail",
            "OriginalRecipient",
            "RecordType",
        ),
    ),
    "sms": Channel(read_twilio, marks=("MessageSid", "SmsSid", "SmsMessageSid")),
    "mailgun": Channel(
        read_mailgun,
        marks=("body-plain", "body-mime", "message-headers", "stripped-text", "event-data"),
    ),
    "sendgrid": Channel(read_sendgrid, marks=("charsets", "sender_ip", "spam_report", "SPF")),
    "slack": Channel(
        read_slack,
        marks=("type=event_callback", "type=url_verification", "api_app_id", "trigger_id"),
    ),
    "phone": Channel(
        read_phone,
        marks=("CallSid", "callId", "call_id", "caller", "caller_number", "channel=phone"),
    ),
    "chat": Channel(
        read_chat,
        marks=("visitor", "transcript", "session", "session_id", "chatId", "channel=chat"),
    ),
    "web": Channel(read_web),
}


def _tidy(read: Adapter) -> Adapter:
    def read_tidily(payload: Payload) -> list[Parsed]:
        found = read(payload)
        return [tidied(each) if isinstance(each, IncomingMessage) else each for each in found]

    return read_tidily


ADAPTERS: Mapping[str, Adapter] = {name: _tidy(CHANNELS[name].read) for name in sorted(CHANNELS)}
BY_CONTENT_TYPE = {MAIL: "email"}


class UnknownChannelError(ValueError):
    """The text lists the channels that there are."""


def channel_of(named: str | None, content_type: str | None) -> str:
    """By what the record's header `ce_channel` names, else by its content type."""
    if named:
        channel = named.strip().lower()
        if channel in ADAPTERS:
            return channel
        reason = f'header ce_channel: no adapter reads "{channel[:60]}"'
    else:
        media_type = (content_type or "").partition(";")[0].strip().lower()
        if media_type in BY_CONTENT_TYPE:
            return BY_CONTENT_TYPE[media_type]
        reason = f'header ce_channel is missing, and content-type "{media_type[:60]}" says nothing'
    raise UnknownChannelError(f"{reason}; there are {', '.join(ADAPTERS)}")


def recognised(value: bytes) -> str:
    """The channel whose payloads look like this; e-mail where it is neither JSON nor a form.

    For files whose origin nobody knows. A door never guesses: what comes in names its channel.
    """
    start = value.lstrip()[:1]
    if start == b"{":
        return _by_marks(_json(value))
    if start == b"[":
        return "web"
    if MULTIPART_START.match(value) or FORM_LINE.match(value):
        return _of_form(value)
    return "email"


def _of_form(value: bytes) -> str:
    try:
        form = form_of(Payload(value, ""))
    except UnreadableError:
        return "email"
    return _by_marks({name: form.text(name) for name in form.fields})


def _json(value: bytes) -> Json:
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _by_marks(body: Json) -> str:
    fits = _fits(body)
    found = (name for name, channel in CHANNELS.items() if any(map(fits, channel.marks)))
    return next(found, _named(body) or "web")


def _fits(body: Json) -> Callable[[str], bool]:
    def fits(mark: str) -> bool:
        name, equals, value = mark.partition("=")
        return body.get(name) == value if equals else name in body

    return fits


def _named(body: Json) -> str | None:
    """Canonical JSON names its channel itself."""
    named = body.get("channel")
    return named if isinstance(named, str) and named in CHANNELS else None
