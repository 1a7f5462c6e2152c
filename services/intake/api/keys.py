"""Under which key raw input travels, so that what belongs together stays in order."""

import hashlib
from collections.abc import Mapping
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parseaddr
from typing import Any

from services.intake.domain.identity import index_key, normal_address
from shared.contracts.channel import MessageReceived
from shared.contracts.fields import reveal

HEADERS_LOOKED_AT = 65_536


def key_of_message(message: MessageReceived) -> str:
    """The conversation, else the sender, in the spelling that all channels share."""
    if message.conversation:
        return index_key("conversation", message.channel, message.conversation)
    if message.sender.address is not None:
        return normal_address(reveal(message.sender.address), message.channel)
    return index_key("customer", message.sender.customer_id or "unknown")


def key_of_mail(body: bytes) -> str:
    """Only to keep a sender's mails together: who really sent it is read from the whole later."""
    headers = BytesHeaderParser(policy=compat32).parsebytes(body[:HEADERS_LOOKED_AT])
    address = parseaddr(str(headers.get("From", "")))[1]
    return normal_address(address) if "@" in address else _digest(body)


def key_of_whatsapp(payload: Mapping[str, Any], body: bytes) -> str:
    for value in _values(payload):
        for name, attribute in (("messages", "from"), ("statuses", "recipient_id")):
            for item in _dicts(value.get(name)):
                if isinstance(item.get(attribute), str):
                    return normal_address(f"+{item[attribute].lstrip('+')}")
    return _digest(body)


def key_of_alerts(payload: Mapping[str, Any], body: bytes) -> str:
    group = payload.get("groupKey")
    return index_key("alerts", group) if isinstance(group, str) and group else _digest(body)


def _values(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        change["value"]
        for entry in _dicts(payload.get("entry"))
        for change in _dicts(entry.get("changes"))
        if isinstance(change.get("value"), dict)
    ]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
