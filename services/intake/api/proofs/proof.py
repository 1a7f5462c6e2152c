"""What a proof is given, what it finds, and what every scheme needs."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as it came in; `url` is the one that the vendor called, names of headers small."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Proven:
    """`once` is what no other delivery carries: the same again is a replay.

    `event_id` is the sender's own id, which its repetitions share though they are signed anew.
    """

    once: str
    event_id: str | None = None


class ForgedError(Exception):
    """The proof is missing, wrong or old; the text says which, and names no secret."""


class Proof(Protocol):
    """`repeats`: the vendor itself sends the same bytes again when it missed our answer."""

    asks_for: ClassVar[str]
    repeats: ClassVar[bool]

    def check(self, delivery: Delivery) -> Proven:
        """Raises ForgedError."""


def same(given: str, expected: str) -> bool:
    """Takes as long for a wrong text as for a right one."""
    return hmac.compare_digest(given.encode(), expected.encode())


def any_same(given: str, expected: Iterable[str]) -> bool:
    """Compares with all, so that time does not tell which of two secrets was nearly right."""
    found = [same(given, each) for each in expected]
    return any(found)


def hex_macs(secrets: Sequence[str], signed: bytes) -> list[str]:
    return [hmac.new(each.encode(), signed, hashlib.sha256).hexdigest() for each in secrets]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def header_of(delivery: Delivery, name: str) -> str:
    found = delivery.headers.get(name.lower(), "")
    if not found:
        raise ForgedError(f"The header {name} is missing.")
    return found


def check_age(stamp: str, at: datetime, window_seconds: float) -> None:
    """`stamp`: seconds since 1970, as digits. Too far ahead is as bad as too old."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):  # noqa: PLR2004 - the year 33658
        raise ForgedError("The timestamp is no number of seconds.")
    if abs(at.timestamp() - int(stamp)) > window_seconds:
        raise ForgedError(
            f"The timestamp is more than {window_seconds:g} seconds away from our clock."
        )
