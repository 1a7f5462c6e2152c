"""Twilio's X-Twilio-Signature: an HMAC of the URL that it called and of the form's fields."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import parse_qs, parse_qsl, urlsplit, urlunsplit

from services.intake.api.proofs.proof import (
    Delivery,
    ForgedError,
    Proven,
    any_same,
    header_of,
    same,
)

HEADER = "X-Twilio-Signature"
BODY_DIGEST = "bodySHA256"
PORTS = {"http": 80, "https": 443}
MOST_FIELDS = 1_000


@dataclass(frozen=True, slots=True)
class TwilioProof:
    asks_for: ClassVar[str] = HEADER
    repeats: ClassVar[bool] = True

    secrets: Sequence[str]

    def check(self, delivery: Delivery) -> Proven:
        given = header_of(delivery, HEADER)
        signed = _signed_fields(delivery)
        made = [
            b64encode(hmac.new(secret.encode(), (url + signed).encode(), hashlib.sha1).digest())
            for secret in self.secrets
            for url in _spellings(delivery.url)
        ]
        if not any_same(given, [each.decode() for each in made]):
            raise ForgedError(f"{HEADER} is no signature of this URL and form by our auth token.")
        return Proven(given)


def _signed_fields(delivery: Delivery) -> str:
    """Sorted by name, each value once; of JSON only the digest in the URL speaks."""
    digest = parse_qs(urlsplit(delivery.url).query).get(BODY_DIGEST)
    if digest:
        if not same(digest[0].lower(), hashlib.sha256(delivery.body).hexdigest()):
            raise ForgedError(f"{BODY_DIGEST} in the URL is no digest of this body.")
        return ""
    try:
        fields = parse_qsl(
            delivery.body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise ForgedError("The body is no form.") from error
    return "".join(name + value for name, value in sorted(set(fields)))


def _spellings(url: str) -> list[str]:
    """Twilio sometimes signs the URL with its port, sometimes without."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    name, colon, port = host.rpartition(":")
    bare = name if colon and port.isdigit() else host
    ports = [port] if colon and port.isdigit() else [str(PORTS.get(parts.scheme, 443))]
    hosts = dict.fromkeys((host, bare, *(f"{bare}:{each}" for each in ports)))
    return [urlunsplit(parts._replace(netloc=each)) for each in hosts]
