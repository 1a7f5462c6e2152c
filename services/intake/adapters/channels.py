"""Which adapter reads which channel. A new channel is a new file and a line here."""

from collections.abc import Mapping

from services.intake.adapters.alertmanager import read_alertmanager
from services.intake.adapters.canonical import read_canonical
from services.intake.adapters.mail import read_mail
from services.intake.adapters.payload import Adapter
from services.intake.adapters.whatsapp import read_whatsapp

ADAPTERS: Mapping[str, Adapter] = {
    "alertmanager": read_alertmanager,
    "chat": read_canonical,
    "email": read_mail,
    "phone": read_canonical,
    "web": read_canonical,
    "whatsapp": read_whatsapp,
}
BY_CONTENT_TYPE = {"message/rfc822": "email"}


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
    raise UnknownChannelError(f"{reason}; there are {', '.join(sorted(ADAPTERS))}")
