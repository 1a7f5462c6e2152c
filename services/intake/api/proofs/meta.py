"""Meta's X-Hub-Signature-256: the app secret's HMAC of the body. It carries no time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from services.intake.api.proofs.proof import (
    Delivery,
    ForgedError,
    Proven,
    any_same,
    header_of,
    hex_macs,
)

HEADER = "X-Hub-Signature-256"


@dataclass(frozen=True, slots=True)
class MetaProof:
    asks_for: ClassVar[str] = HEADER
    repeats: ClassVar[bool] = True

    secrets: Sequence[str]

    def check(self, delivery: Delivery) -> Proven:
        given = header_of(delivery, HEADER)
        made = [f"sha256={mac}" for mac in hex_macs(self.secrets, delivery.body)]
        if not any_same(given, made):
            raise ForgedError(f"{HEADER} is no signature of this body by our app secret.")
        return Proven(given)
