"""Our own JSON: what a web form, a phone log, a chat gateway or any upstream hands over."""

import hashlib

from pydantic import ValidationError

from services.intake.adapters.markup import safe_html
from services.intake.adapters.payload import Payload
from services.intake.adapters.rfc822.charsets import readable
from services.intake.domain.identity import normal_address
from services.intake.domain.message import IncomingMessage, Parsed, Person, UnreadableError
from services.intake.domain.quoting import divide
from services.intake.domain.tidying import tidied
from shared.contracts.channel import MessageReceived
from shared.contracts.fields import Personal, Sealed, reveal

# Where everything that one person says is one conversation, until it is resolved.
CHATS = frozenset({"chat", "whatsapp", "messenger", "instagram", "telegram", "sms", "slack"})
QUOTING = frozenset({"email"})


def read_canonical(payload: Payload) -> list[Parsed]:
    """The same JSON as bytes, for doors that pass on what they got; the channel is the door's."""
    try:
        received = MessageReceived.model_validate({"channel": payload.channel} | payload.json())
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        lines = (f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems[:10])
        raise UnreadableError(f"not a MessageReceived: {'; '.join(lines)}") from error
    return [from_received(received, payload.mailbox)]


def from_received(received: MessageReceived, mailbox: str | None = None) -> IncomingMessage:
    sender = received.sender
    if not (_said(sender.address) or sender.customer_id):
        raise UnreadableError("sender: needs an address or a customer_id")
    text = readable(reveal(received.text))
    html = reveal(received.html) if received.html is not None else None
    if not text.strip() and not html and not received.attachments:
        raise UnreadableError("text: is empty, and there is no html and no attachment")
    address = _said(sender.address)
    division = divide(text) if received.channel in QUOTING else None
    message = IncomingMessage(
        channel=received.channel,
        sender=Person(address, _said(sender.name), sender.customer_id),
        text=text,
        new_text=division.new if division and division.quoted else None,
        quoted_text=division.quoted if division else None,
        html=safe_html(html) if html else None,
        subject=_said(received.subject),
        described=received.attachments,
        external_id=received.external_id,
        fingerprint=_fingerprint(received, text),
        mailbox=received.mailbox or mailbox,
        conversation=received.conversation or _conversation(received.channel, address),
        sent_at=received.sent_at,
        brand=received.brand,
        tags=received.tags,
        priority=received.priority,
        type=received.type,
    )
    return tidied(message)


def _conversation(channel: str, address: str | None) -> str | None:
    return normal_address(address, channel) if address and channel in CHATS else None


def _said(personal: Personal | None) -> str | None:
    if personal is None or isinstance(personal, Sealed):
        return None
    return readable(personal).strip() or None


def _fingerprint(received: MessageReceived, text: str) -> str:
    sender = received.sender
    parts = (_said(sender.address) or "", sender.customer_id or "", text)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
