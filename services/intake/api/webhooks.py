"""Whether a webhook is let in: its vendor's proof, and how many come."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import Request

from services.intake.adapters.payload import Payload
from services.intake.api.proofs.proof import Delivery, ForgedError, Proof, Proven
from services.intake.api.proofs.standard import SIGNATURE, StandardProof
from services.intake.api.vendors import all_proofs
from services.intake.settings import IntakeSettings
from shared.kit.ports import Clock
from shared.kit.problems import ProblemError
from shared.kit.tokens import Bucket


@dataclass(frozen=True, slots=True)
class Admitted:
    """`key` stands for this delivery alone, `event_id` for the message, also when sent again."""

    key: str
    event_id: str
    repeats: bool


@dataclass(slots=True)
class Webhooks:
    settings: IntakeSettings
    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    _proofs: Mapping[str, Sequence[Proof]] = field(init=False)
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._proofs = all_proofs(self.settings)

    def proofs(self, channel: str, headers: Mapping[str, str]) -> Sequence[Proof]:
        """What this request must prove. None: it needs an API token.

        Our own scheme is an offer: whoever does not sign by it may bring a token.
        """
        proofs = self._proofs[channel]
        offered = all(isinstance(proof, StandardProof) for proof in proofs)
        return () if offered and SIGNATURE not in headers else proofs

    def admit(self, proofs: Sequence[Proof], request: Request, payload: Payload) -> Admitted:
        """Every proof must hold. Raises ProblemError 401 or 429."""
        delivery = Delivery(self._url(request), request.headers, payload.value, self.clock.now())
        proven, *_ = [_proven(proof, delivery) for proof in proofs]
        channel, once = payload.channel, _short(proven.once)
        self._count(channel)
        return Admitted(
            key=f"{channel}:{once}",
            event_id=f"{channel}:{_short(proven.event_id) if proven.event_id else once}",
            repeats=proofs[0].repeats,
        )

    def _url(self, request: Request) -> str:
        """As the vendor called it: a proxy before us may have changed scheme and host."""
        if self.settings.public_url is None:
            return str(request.url)
        called = urlsplit(str(request.url))
        query = f"?{called.query}" if called.query else ""
        return f"{self.settings.public_url.rstrip('/')}{called.path}{query}"

    def _count(self, channel: str) -> None:
        """After the proof, so that a forger cannot use up what the vendor may send."""
        now, rate = self.monotonic(), self.settings.webhooks_per_second
        bucket = self._buckets.setdefault(channel, Bucket(rate, max(1.0, rate * 2), now))
        wait = bucket.wait_seconds(now)
        if wait > 0:
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"More than {rate:g} webhooks of {channel} a second.",
                headers={"Retry-After": str(max(1, round(wait + 0.5)))},
            )


def _proven(proof: Proof, delivery: Delivery) -> Proven:
    try:
        return proof.check(delivery)
    except ForgedError as error:
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED, str(error), headers={"WWW-Authenticate": proof.asks_for}
        ) from error


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]
