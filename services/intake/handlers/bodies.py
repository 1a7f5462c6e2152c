"""A message's body as its readers get it, and the bytes to keep for that."""

from dataclasses import dataclass, field

from services.intake.domain.admission import body_of, is_cut
from services.intake.domain.message import IncomingMessage
from services.intake.handlers.arrivals import Arrival
from shared.contracts.fields import Attachment, BlobRef, MessageBody
from shared.kit.blobs import reference_to


@dataclass(slots=True)
class Bodies:
    keep_originals: bool
    bytes_to_keep: dict[str, bytes] = field(default_factory=dict)

    def of(self, arrival: Arrival, message: IncomingMessage) -> MessageBody:
        stored = tuple(
            Attachment(
                filename=each.filename,
                content_type=each.content_type,
                size=len(each.data),
                sha256=(blob := self._keep(each.data)).sha256,
                blob=blob,
                inline=each.inline,
            )
            for each in message.attachments
        )
        raw = self._raw(arrival, message)
        return body_of(message, arrival.identity, (*message.described, *stored), raw)

    def _raw(self, arrival: Arrival, message: IncomingMessage) -> BlobRef | None:
        if message.raw is not None:
            wanted = self.keep_originals or is_cut(message)
            return self._keep(message.raw) if wanted else None
        record = arrival.heard.record
        return self._keep(record.value) if record and record.value and is_cut(message) else None

    def _keep(self, data: bytes) -> BlobRef:
        reference = reference_to(data)
        self.bytes_to_keep[reference.blob_id] = data
        return reference
