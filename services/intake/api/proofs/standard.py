"""The Standard Webhooks scheme, for gateways of one's own: an HMAC of id, time and body."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as BadBase64Error
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
)

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"
LONGEST_ID = 200
MOST_SIGNATURES = 10


def signing_key(text: str) -> bytes:
    """`whsec_` and base64, or any other text as it is; ValueError where the base64 is none."""
    if not text.startswith(PREFIX):
        return text.encode()
    try:
        return b64decode(text.removeprefix(PREFIX), validate=True)
    except BadBase64Error as error:
        raise ValueError(f"what follows {PREFIX} is no base64") from error


@dataclass(frozen=True, slots=True)
class StandardProof:
    """The id is the sender's for the message; a repetition has it too, with a time of its own."""

    asks_for: ClassVar[str] = SIGNATURE
    repeats: ClassVar[bool] = False

    keys: Sequence[bytes]
    window_seconds: float

    def check(self, delivery: Delivery) -> Proven:
        given = header_of(delivery, SIGNATURE).split()[:MOST_SIGNATURES]
        event_id, stamp = header_of(delivery, ID), header_of(delivery, TIMESTAMP)
        if len(event_id) > LONGEST_ID:
            raise ForgedError(f"{ID} has more than {LONGEST_ID} characters.")
        check_age(stamp, delivery.at, self.window_seconds)
        signed = b"%b.%b.%b" % (event_id.encode(), stamp.encode(), delivery.body)
        made = [hmac.new(key, signed, hashlib.sha256).digest() for key in self.keys]
        expected = [f"v1,{b64encode(mac).decode()}" for mac in made]
        if not any([any_same(each, expected) for each in given]):  # noqa: C419 - all, in equal time
            raise ForgedError(f"{SIGNATURE} is no signature of this request by our secret.")
        return Proven(f"{event_id}:{stamp}", event_id)
