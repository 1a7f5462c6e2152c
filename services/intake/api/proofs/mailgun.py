"""Mailgun's timestamp, token and signature, among the fields of the form or in its JSON.

The mail itself is not covered: that a token counts once is all that binds it to its mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from services.intake.adapters.forms import form_of
from services.intake.adapters.payload import Payload, text_at
from services.intake.api.proofs.proof import (
    Delivery,
    ForgedError,
    Proven,
    any_same,
    check_age,
    hex_macs,
)
from services.intake.domain.message import UnreadableError

FIELDS = ("timestamp", "token", "signature")
LONGEST_TOKEN = 200


@dataclass(frozen=True, slots=True)
class MailgunProof:
    asks_for: ClassVar[str] = "signature"
    repeats: ClassVar[bool] = False

    secrets: Sequence[str]
    window_seconds: float

    def check(self, delivery: Delivery) -> Proven:
        found = _fields(delivery)
        missing = [name for name in FIELDS if not found[name]]
        if missing:
            raise ForgedError(f"Missing of timestamp, token and signature: {', '.join(missing)}.")
        stamp, token, given = (found[name] or "" for name in FIELDS)
        check_age(stamp, delivery.at, self.window_seconds)
        made = hex_macs(self.secrets, f"{stamp}{token}".encode())
        if len(token) > LONGEST_TOKEN or not any_same(given, made):
            raise ForgedError("The signature is none of this timestamp and token by our key.")
        return Proven(token)


def _fields(delivery: Delivery) -> dict[str, str | None]:
    content_type = delivery.headers.get("content-type")
    try:
        form = form_of(Payload(delivery.body, "mailgun", content_type=content_type))
    except UnreadableError as error:
        raise ForgedError("The body is no form, so it brings no signature.") from error
    nested = form.json("signature")
    return {name: text_at(nested, name) if nested else form.text(name) for name in FIELDS}
