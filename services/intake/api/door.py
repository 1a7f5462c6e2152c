"""What every route of the door stands on: who calls, what is accepted, what is known of it."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import Request
from pymongo.asynchronous.database import AsyncDatabase

from services.intake.api.bodies import JSON, RETRY_AFTER_SECONDS, Receiving, body_of
from services.intake.api.webhooks import Admitted, Webhooks
from services.intake.settings import IntakeSettings
from services.intake.store.door import IdempotencyKeys, KnownKey
from services.intake.store.lifecycle import ANSWERS, DOOR, NUMBERS, TICKETS, number_key
from shared.contracts.envelope import Envelope
from shared.kit.blobs import Blobs
from shared.kit.ports import BrokerAwayError, Clock, Publisher
from shared.kit.problems import ProblemError
from shared.kit.records import Publication
from shared.kit.tokens import Tokens
from shared.kit.unit import Document

LONGEST_KEY = 255
FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.05, 0.5


@dataclass(frozen=True, slots=True)
class Accepting:
    """What is on its way to Kafka: under which id, and what is remembered of it."""

    event_id: str
    known: KnownKey
    keys: IdempotencyKeys


@dataclass(frozen=True, slots=True)
class Door:
    settings: IntakeSettings
    tokens: Tokens
    database: AsyncDatabase[Document]
    publisher: Publisher
    blobs: Blobs
    clock: Clock
    webhooks: Webhooks
    receiving: Receiving = field(init=False)

    def __post_init__(self) -> None:
        settings = self.settings
        receiving = Receiving(settings.most_bytes_at_a_time, settings.receive_seconds)
        object.__setattr__(self, "receiving", receiving)

    async def json_of(self, request: Request) -> bytes:
        """A request's JSON, within the limits of size and time."""
        return await body_of(request, self.receiving, self.settings.largest_json_bytes, JSON)

    async def identify(self, client: str, key: str | None, digest: str) -> Accepting:
        """The id and time of what is sent: the same for the same key, else new ones.

        Raises ProblemError where the key was used for something else.
        """
        keys = IdempotencyKeys(self.database)
        if key is None:
            event_id = str(uuid.uuid4())
            return Accepting(event_id, KnownKey(event_id, digest, self.clock.now()), keys)
        known = await keys.claim(f"{client}:{key}", digest, self.clock.now())
        if known.digest != digest:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "This Idempotency-Key was used for another request; a new request needs a new key.",
            )
        return Accepting(known.id, known, keys)

    async def recognise(self, admitted: Admitted, digest: str) -> Accepting:
        """A webhook by what it alone carries. Raises ProblemError 409 for a replay.

        What the vendor repeats by itself, byte for byte, is answered as the first time.
        """
        keys = IdempotencyKeys(self.database)
        known = await keys.claim(admitted.key, digest, self.clock.now())
        replayed = known.accepted and not admitted.repeats
        if replayed or known.digest != digest:
            raise ProblemError(
                HTTPStatus.CONFLICT, "This webhook came before; nothing was accepted again."
            )
        return Accepting(admitted.event_id, known, keys)

    async def accept(self, publication: Publication, accepting: Accepting) -> None:
        """Returns once Kafka has it; what was accepted under its key is not sent again."""
        if accepting.known.accepted:
            return
        try:
            async with asyncio.timeout(self.settings.acknowledge_seconds):
                await self.publisher.publish([publication])
        except (BrokerAwayError, TimeoutError) as error:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Kafka did not acknowledge in time, so this may or may not have been accepted: "
                "send it again, with the same Idempotency-Key if it had one.",
                headers={"Retry-After": RETRY_AFTER_SECONDS},
            ) from error
        await accepting.keys.accepted(accepting.known)

    async def ticket(self, id_or_number: str) -> Document | None:
        ticket_id = await self.ticket_id(id_or_number)
        return await self.database[TICKETS].find_one({"_id": ticket_id, "number": {"$ne": None}})

    async def ticket_id(self, id_or_number: str) -> str:
        """A number that people say becomes the id behind it."""
        number = id_or_number.upper()
        if not number.startswith("TKT-"):
            return id_or_number
        known = await self.database[NUMBERS].find_one({"_id": number_key(number)})
        return str(known["ticket_id"]) if known is not None else id_or_number

    async def answer(self, message_id: str) -> Document | None:
        """What intake has said to a message or command that came in here."""
        return await self.database[ANSWERS].find_one({"_id": message_id})

    def pauses(self, wait_seconds: float) -> "Pauses":
        return Pauses(self.clock, min(wait_seconds, self.settings.longest_wait_seconds))


class Pauses:
    """Growing pauses between looks, until the time is up."""

    def __init__(self, clock: Clock, wait_seconds: float) -> None:
        self._clock = clock
        self._left = wait_seconds
        self._next = FIRST_LOOK_SECONDS

    async def pause(self) -> bool:
        """False: no time is left, nothing was waited for."""
        if self._left <= 0:
            return False
        step = min(self._next, self._left)
        await self._clock.sleep(step)
        self._left -= step
        self._next = min(self._next * 1.5, LONGEST_LOOK_SECONDS)
        return True


def envelope(
    *, event_id: str, type_name: str, subject: str, at: datetime, traceparent: str | None
) -> Envelope:
    return Envelope(
        id=event_id,
        type=type_name,
        source=DOOR,
        time=at,
        subject=subject,
        traceparent=traceparent,
    )


def record(
    topic: str, key: str, value: bytes, about: Envelope, extra: Mapping[str, str] | None = None
) -> Publication:
    headers: dict[str, Any] = dict(about.to_headers())
    headers.update({name: text.encode() for name, text in (extra or {}).items()})
    return Publication(topic, key.encode(), value, tuple(headers.items()))
