"""Under which key raw input travels, so that what belongs together stays in order."""

import hashlib
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parseaddr
from http import HTTPStatus

from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.forms import form_of
from services.intake.adapters.payload import Payload, text_at
from services.intake.api.bodies import read
from services.intake.domain.identity import index_key, normal_address
from services.intake.domain.message import IncomingMessage, UnreadableError
from shared.contracts.channel import MessageReceived
from shared.contracts.fields import reveal
from shared.kit.problems import ProblemError

HEADERS_LOOKED_AT = 65_536
SENDERS = ("sender", "From", "from")  # as the vendors of mail call the field


def key_of_message(message: MessageReceived) -> str:
    """The conversation, else the sender, in the spelling that all channels share."""
    if message.conversation:
        return index_key("conversation", message.channel, message.conversation)
    if message.sender.address is not None:
        return normal_address(reveal(message.sender.address), message.channel)
    return index_key("customer", message.sender.customer_id or "unknown")


def key_of_mail(payload: Payload) -> str:
    """Only to keep a sender's mails together: who really sent it is read from the whole later."""
    return _key_of_sender(str(headers_of(payload.value).get("From", "")), payload.value)


def headers_of(mail: bytes) -> Message:
    """The headers of a mail as they stand, as far as they are looked at here."""
    return BytesHeaderParser(policy=compat32).parsebytes(mail[:HEADERS_LOOKED_AT])


def key_of_form(payload: Payload) -> str:
    """Of a mail that a vendor read for us."""
    try:
        return _key_of_sender(form_of(payload).text(*SENDERS) or "", payload.value)
    except UnreadableError:
        return _digest(payload.value)


def key_of_chat(payload: Payload) -> str:
    """As its adapter reads it; what it cannot read is told by reception, nothing is lost here."""
    try:
        return _key_of_first(payload)
    except UnreadableError:
        return _digest(payload.value)


def key_of_ours(payload: Payload) -> str:
    """Raises ProblemError 422: forms and gateways of our own are told at once what is wrong."""
    if payload.value.lstrip()[:1] == b"{" and isinstance(
        (body := payload.json()).get("sender"), dict
    ):
        return key_of_message(read(MessageReceived, {**body, "channel": payload.channel}))
    try:
        return _key_of_first(payload)
    except UnreadableError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"Not taken: {error}.") from error


def _key_of_first(payload: Payload) -> str:
    parsed = ADAPTERS[payload.channel](payload)
    first = next((each for each in parsed if isinstance(each, IncomingMessage)), None)
    return _digest(payload.value) if first is None else _key_of_parsed(first)


def _key_of_parsed(message: IncomingMessage) -> str:
    sender = message.sender.address
    address = normal_address(sender, message.channel) if sender else None
    if message.conversation and message.conversation != address:
        return index_key("conversation", message.channel, message.conversation)
    return address or index_key("customer", message.sender.customer_id or "unknown")


def key_of_alerts(payload: Payload) -> str:
    group = text_at(payload.json(), "groupKey")
    return index_key("alerts", group) if group else _digest(payload.value)


def _key_of_sender(text: str, body: bytes) -> str:
    address = parseaddr(text)[1]
    return normal_address(address) if "@" in address else _digest(body)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
