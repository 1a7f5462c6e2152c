"""Which adapter reads which channel. A new channel is a new file and an entry here."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.intake.adapters.alertmanager import read_alertmanager
from services.intake.adapters.chat import read_chat
from services.intake.adapters.instagram import read_instagram
from services.intake.adapters.mail import read_mail
from services.intake.adapters.mailgun import read_mailgun
from services.intake.adapters.messenger import read_messenger
from services.intake.adapters.payload import Adapter, Payload
from services.intake.adapters.phone import read_phone
from services.intake.adapters.postmark import read_postmark
from services.intake.adapters.sendgrid import read_sendgrid
from services.intake.adapters.slack import read_slack
from services.intake.adapters.telegram import read_telegram
from services.intake.adapters.twilio import read_twilio
from services.intake.adapters.web import read_web
from services.intake.adapters.whatsapp import read_whatsapp
from services.intake.domain.message import IncomingMessage, Parsed
from services.intake.domain.tidying import tidied

MAIL = "message/rfc822"


@dataclass(frozen=True, slots=True)
class Channel:
    """`marks` tell its payloads by shape: `field`, `field=value`, `outer.inner`, `a+b`, `!a`."""

    read: Adapter
    marks: tuple[str, ...] = ()


# In the order in which shapes are looked at: the more telling first.
CHANNELS: Mapping[str, Channel] = {
    "email": Channel(read_mail),
    "whatsapp": Channel(
        read_whatsapp,
        marks=(
            "object=whatsapp_business_account",
            "messaging_product=whatsapp",
            "messages+contacts",
            "statuses",
            "field+value",
            "entry.changes+!object",
        ),
    ),
    "messenger": Channel(
        read_messenger,
        marks=(
            "object=page",
            "entry.messaging+!object",
            "messaging",
            "sender+recipient+message",
        ),
    ),
    "instagram": Channel(read_instagram, marks=("object=instagram",)),
    "telegram": Channel(
        read_telegram,
        marks=(
            "update_id",
            "message_id+chat",
            "message.chat",
            "business_message.chat",
            "edited_message.chat",
            "channel_post.chat",
            "callback_query",
            "ok+result",
        ),
    ),
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
    "sms": Channel(
        read_twilio, marks=("MessageSid", "SmsSid", "SmsMessageSid", "ConversationSid+EventType")
    ),
    "mailgun": Channel(
        read_mailgun,
        marks=(
            "body-plain",
            "body-mime",
            "message-headers",
            "stripped-text",
            "stripped-html",
            "event-data",
            "content-id-map",
            "event+recipient",
            "recipient+sender",
        ),
    ),
    "sendgrid": Channel(
        read_sendgrid,
        marks=(
            "charsets",
            "sender_ip",
            "spam_report",
            "SPF",
            "sg_event_id",
            "attachment-info",
            "content-ids",
            "envelope+from",
            "from+to+subject+text",
            "from+to+subject+html",
        ),
    ),
    "slack": Channel(
        read_slack,
        marks=(
            "type=event_callback",
            "type=url_verification",
            "type=app_rate_limited",
            "type=events_api",
            "api_app_id",
            "trigger_id",
            "response_url",
            "payload.team",
            "payload.trigger_id",
            "team_id+user_id",
            "type+channel+user+ts",
        ),
    ),
    "phone": Channel(
        read_phone,
        marks=("CallSid", "callId", "call_id", "caller", "caller_number", "channel=phone"),
    ),
    "chat": Channel(
        read_chat,
        marks=(
            "visitor",
            "transcript",
            "session",
            "session_id",
            "chatId",
            "channel=chat",
            "chat.messages",
            "website_id",
            "requester+ticket",
            "message_type+conversation",
            "sender+message",
            "type=message+user+text",
        ),
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
