"""Slack's signature v0: an HMAC of time and body."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from services.intake.api.proofs.proof import (
    Delivery,
    ForgedError,
    Proven,
    any_same,
    check_age,
    header_of,
    hex_macs,
)

HEADER, TIMESTAMP = "X-Slack-Signature", "X-Slack-Request-Timestamp"


@dataclass(frozen=True, slots=True)
class SlackProof:
    asks_for: ClassVar[str] = HEADER
    repeats: ClassVar[bool] = False

    secrets: Sequence[str]
    window_seconds: float

    def check(self, delivery: Delivery) -> Proven:
        given, stamp = header_of(delivery, HEADER), header_of(delivery, TIMESTAMP)
        check_age(stamp, delivery.at, self.window_seconds)
        signed = b"v0:%b:%b" % (stamp.encode(), delivery.body)
        if not any_same(given, [f"v0={mac}" for mac in hex_macs(self.secrets, signed)]):
            raise ForgedError(f"{HEADER} is no signature of this request by our signing secret.")
        return Proven(given)
