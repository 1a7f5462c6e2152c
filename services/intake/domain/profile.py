"""What a person's own messages tell of him: his name, where he writes from, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.identity import normal_address
from services.intake.domain.message import IncomingMessage

MOST_ADDRESSES = 20


@dataclass(frozen=True, slots=True)
class Profile:
    """`addresses` are those that are proven to be his; a user's id has its channel before it."""

    name: str | None = None
    addresses: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    messages: int = 0
    since: datetime | None = None
    last_at: datetime | None = None


def noticed(known: Profile, message: IncomingMessage, at: datetime, *, proven: bool) -> Profile:
    """With one message more. One that is his by what it says of itself alone only counts."""
    address = _address(message) if proven else None
    addresses, channels = known.addresses, known.channels
    if address and address not in addresses:
        addresses = (*addresses, address)[:MOST_ADDRESSES]
    if proven and message.channel not in channels:
        channels = (*channels, message.channel)
    return Profile(
        name=(_name(message) if proven else None) or known.name,
        addresses=addresses,
        channels=channels,
        messages=known.messages + 1,
        since=known.since or at,
        last_at=at,
    )


def merged(profiles: Iterable[Profile]) -> Profile:
    """The name that he used last holds."""
    parts = sorted((each for each in profiles if each.messages), key=_last)
    return Profile(
        name=next((each.name for each in reversed(parts) if each.name), None),
        addresses=_joined(*(each.addresses for each in parts))[:MOST_ADDRESSES],
        channels=_joined(*(each.channels for each in parts)),
        messages=sum(each.messages for each in parts),
        since=min((each.since for each in parts if each.since), default=None),
        last_at=parts[-1].last_at if parts else None,
    )


def _name(message: IncomingMessage) -> str | None:
    """An address is no name, though many clients write it as one."""
    name = (message.sender.name or "").strip()
    address = normal_address(message.sender.address or "", message.channel)
    return name if name and normal_address(name, message.channel) != address else None


def _address(message: IncomingMessage) -> str | None:
    if not message.sender.address:
        return None
    address = normal_address(message.sender.address, message.channel)
    everywhere = "@" in address or address.startswith("+")
    return address if everywhere else f"{message.channel}:{address}"


def _joined(*texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for each in texts for text in each))


def _last(profile: Profile) -> float:
    return profile.last_at.timestamp() if profile.last_at else 0.0
