"""Who a message is from and what makes it itself: the ids that every delivery of it repeats."""

import hashlib
import re
from dataclasses import dataclass

from shared.contracts.envelope import deterministic_id

LONGEST_KEY = 200
PHONE_CHANNELS = frozenset({"whatsapp", "sms", "phone"})
NOT_DIGITS = re.compile(r"\D+")
PHONE = re.compile(r"\+?[\d\s().\-/]{6,30}")
FEWEST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class MessageIdentity:
    """What makes a message itself: the channel's own id for it, else its CloudEvents identity."""

    parts: tuple[str, ...]

    @property
    def ticket_id(self) -> str:
        """The id of the ticket that this message opens."""
        return deterministic_id("ticket", *self.parts)

    @property
    def message_id(self) -> str:
        return deterministic_id("message", *self.parts)

    @property
    def key(self) -> str:
        """For the index of messages: `message:channel:mailbox:id`."""
        return index_key("message", *self.parts)


def identity_of(
    *,
    channel: str,
    mailbox: str | None,
    external_id: str | None,
    source: str,
    event_id: str,
    index: int = 0,
) -> MessageIdentity:
    """`index` tells apart the messages of one payload that have no ids of their own.

    The mailbox is part of it: one mail to two mailboxes is two requests.
    """
    if external_id:
        return MessageIdentity((channel, normal_address(mailbox or "", channel), external_id))
    nth = (str(index),) if index else ()
    return MessageIdentity(("event", source, event_id, *nth))


def index_key(kind: str, *parts: str) -> str:
    """Readable while it is short; else the end is a digest."""
    key = ":".join((kind, *parts))
    if len(key) <= LONGEST_KEY:
        return key
    return f"{kind}:{hashlib.sha256(key.encode()).hexdigest()}"


def normal_address(address: str, channel: str = "") -> str:
    """One spelling for each address: e-mail in lower case, phone numbers as digits."""
    address = address.strip()
    if "@" not in address and (channel in PHONE_CHANNELS or address.startswith("+")):
        digits = NOT_DIGITS.sub("", address).removeprefix("00")
        if len(digits) >= FEWEST_DIGITS and PHONE.fullmatch(address.removeprefix("whatsapp:")):
            return f"+{digits}"
    return address.casefold()


def without_tag(address: str) -> str:
    """`support+token@x` is the mailbox `support@x`."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def stranger_id(channel: str, address: str) -> str:
    """The customer id of a sender whom no CRM has told us of: the same whenever he writes.

    A phone number is one person over all channels that know phone numbers.
    """
    address = normal_address(address, channel)
    kind = "email" if "@" in address else "phone" if address.startswith("+") else channel
    return deterministic_id("customer", kind, address)
