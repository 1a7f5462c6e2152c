"""SendGrid's signed webhooks: ECDSA on P-256 over time and body, by the account's key."""

from base64 import b64decode, b64encode
from binascii import Error as BadBase64Error
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from services.intake.api.proofs.proof import (
    Delivery,
    ForgedError,
    Proven,
    check_age,
    digest,
    header_of,
)

HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


def public_key(text: str) -> EllipticCurvePublicKey:
    """As SendGrid's console shows it; ValueError where it is none."""
    try:
        key = load_der_public_key(b64decode(text, validate=True))
    except (ValueError, BadBase64Error) as error:
        raise ValueError("is no public key in base64, as SendGrid's console shows it") from error
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("is a public key, but none of an elliptic curve")  # noqa: TRY004 - a setting is wrong
    return key


@dataclass(frozen=True, slots=True)
class SendGridProof:
    asks_for: ClassVar[str] = HEADER
    repeats: ClassVar[bool] = False

    keys: Sequence[EllipticCurvePublicKey]
    window_seconds: float

    def check(self, delivery: Delivery) -> Proven:
        given, stamp = header_of(delivery, HEADER), header_of(delivery, TIMESTAMP)
        check_age(stamp, delivery.at, self.window_seconds)
        signed = stamp.encode() + delivery.body
        if not any(_signed_by(key, given, signed) for key in self.keys):
            raise ForgedError(f"{HEADER} is no signature of this request by our account's key.")
        # Of one message and key there are many valid signatures, so what was signed is what counts.
        return Proven(digest(signed))


def _signed_by(key: EllipticCurvePublicKey, given: str, signed: bytes) -> bool:
    try:
        signature = b64decode(given, validate=True)
        key.verify(signature, signed, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    # Base64 leaves bits unused: only one spelling of a signature is taken.
    return b64encode(signature).decode() == given
