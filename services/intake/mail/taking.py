"""A mail on its way from a mail server to Kafka."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pymongo.errors import PyMongoError

from services.intake.adapters.payload import Payload
from services.intake.api.keys import key_of_mail
from services.intake.domain.identity import normal_address, without_tag
from services.intake.settings import IntakeSettings
from shared.contracts.channel import RawMessage
from shared.contracts.envelope import Envelope
from shared.contracts.message import encode
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.kit.blobs import Blobs
from shared.kit.ports import Clock, OutageError, Publisher
from shared.kit.records import Publication

# Of the blob store on a busy day: a large mail must not be put off for ever for its size.
SLOWEST_BYTES_A_SECOND = 1_000_000
CHANNEL, CONTENT_TYPE = "email", b"message/rfc822"


class NotTakenError(Exception):
    """Kafka or the blob store did not answer in time: the mail stays where it is."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A mail for one mailbox. `address` is the envelope's, with the tag that it may have."""

    event_id: str
    address: str
    body: bytes


@dataclass(frozen=True, slots=True)
class MailDoor:
    settings: IntakeSettings
    publisher: Publisher
    blobs: Blobs
    clock: Clock

    async def take(self, source: str, mails: Sequence[Delivered]) -> None:
        """Returns once Kafka has them all. Raises NotTakenError; then some of them may be there."""
        seconds = sum(len(mail.body) for mail in mails) / SLOWEST_BYTES_A_SECOND
        try:
            async with asyncio.timeout(self.settings.acknowledge_seconds + seconds):
                await self.publisher.publish([await self._record(source, mail) for mail in mails])
        except (OutageError, PyMongoError, TimeoutError) as error:
            raise NotTakenError(type(error).__name__) from error

    async def _record(self, source: str, mail: Delivered) -> Publication:
        about = Envelope(
            id=mail.event_id,
            type=RawMessage.type_name(),
            source=source,
            time=self.clock.now(),
            subject=mail.event_id,
        )
        value, extra = mail.body, dict[str, bytes]()
        if len(value) > self.settings.largest_inline_bytes:
            value = encode(await self.blobs.put(value))
            extra["ce_dataref"] = value
        headers = {
            **dict(about.to_headers()),
            "ce_channel": CHANNEL.encode(),
            "ce_mailbox": without_tag(normal_address(mail.address)).encode(),
            "content-type": CONTENT_TYPE,
            **extra,
        }
        key = key_of_mail(Payload(mail.body, CHANNEL))
        return Publication(CHANNEL_MESSAGES.name, key.encode(), value, tuple(headers.items()))
