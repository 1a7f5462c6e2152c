"""Secrets that a vendor shows as they are: Telegram's token, a name and password in the URL."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from services.intake.api.proofs.proof import (
    Delivery,
    ForgedError,
    Proven,
    any_same,
    digest,
    header_of,
)

TELEGRAM_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass(frozen=True, slots=True)
class TelegramProof:
    asks_for: ClassVar[str] = TELEGRAM_HEADER
    repeats: ClassVar[bool] = True

    secrets: Sequence[str]

    def check(self, delivery: Delivery) -> Proven:
        if not any_same(header_of(delivery, TELEGRAM_HEADER), self.secrets):
            raise ForgedError(f"{TELEGRAM_HEADER} is not the token that was given to setWebhook.")
        return Proven(digest(delivery.body))


def login(text: str) -> str:
    """ValueError where it is no `name:password`."""
    name, colon, password = text.partition(":")
    if not (name and colon and password):
        raise ValueError("a login is name:password")
    return text


@dataclass(frozen=True, slots=True)
class BasicProof:
    """`logins` are `name:password`, as they stand in the URL that the vendor was given."""

    asks_for: ClassVar[str] = 'Basic realm="deskstream"'
    repeats: ClassVar[bool] = True

    logins: Sequence[str]

    def check(self, delivery: Delivery) -> Proven:
        known = [f"Basic {b64encode(each.encode()).decode()}" for each in self.logins]
        if not any_same(header_of(delivery, "Authorization"), known):
            raise ForgedError("Name and password are not those of this webhook's URL.")
        return Proven(digest(delivery.body))
