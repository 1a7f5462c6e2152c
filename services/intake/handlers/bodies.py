"""A message's body as its readers get it, and the bytes to keep for that."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.intake.domain.admission import body_of, is_cut
from services.intake.domain.message import IncomingMessage
from services.intake.handlers.arrivals import Arrival
from shared.contracts.fields import Attachment, Automatic, MessageBody
from shared.kit.blobs import reference_to


@dataclass(frozen=True, slots=True)
class Bodies:
    keep_originals: bool

    def bytes_of(self, arrivals: Sequence[Arrival]) -> list[bytes]:
        """What the bodies of these messages refer to, each once."""
        kept: dict[bytes, None] = {}
        for arrival in arrivals:
            message = arrival.parsed
            if isinstance(message, IncomingMessage) and message.automatic is not Automatic.OWN:
                kept |= dict.fromkeys(each.data for each in message.attachments)
                raw = self._raw(arrival, message)
                kept |= {} if raw is None else {raw: None}
        return list(kept)

    def of(self, arrival: Arrival, message: IncomingMessage) -> MessageBody:
        stored = tuple(
            Attachment(
                filename=each.filename,
                content_type=each.content_type,
                size=len(each.data),
                sha256=(blob := reference_to(each.data)).sha256,
                blob=blob,
                inline=each.inline,
            )
            for each in message.attachments
        )
        raw = self._raw(arrival, message)
        reference = reference_to(raw) if raw is not None else None
        return body_of(message, arrival.identity, (*message.described, *stored), reference)

    def _raw(self, arrival: Arrival, message: IncomingMessage) -> bytes | None:
        """The original: of mail always, if so set; of the rest where the body shows less."""
        if message.raw is not None:
            return message.raw if self.keep_originals or is_cut(message) else None
        record = arrival.heard.record
        return record.value if record and record.value and is_cut(message) else None
