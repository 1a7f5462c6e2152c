"""A door on a broker that can be told to be away."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from services.intake.mail.taking import MailDoor
from services.intake.settings import IntakeSettings
from shared.contracts.envelope import header_text
from shared.contracts.fields import BlobRef
from shared.kit.blobs import MemoryBlobs
from shared.kit.clock import SystemClock
from tests.intake_door.conftest import Broker

MAILBOX = "help@desk.example"
LARGEST = 100_000


def mail(nth: int = 1, text: str = "It is dark.", more: str = "") -> bytes:
    """As a mail server hands it on."""
    head = f"From: Cara <Cara@Example.org>\r\nTo: {MAILBOX}\r\nMessage-ID: <{nth}@example.org>\r\n"
    return f"{head}Subject: Lamp {nth}\r\n{more}\r\n{text}\r\n".encode()


@dataclass
class Doorway:
    door: MailDoor
    broker: Broker
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)

    @property
    def bodies(self) -> list[bytes]:
        return [publication.value or b"" for publication in self.broker.got]

    async def whole(self, nth: int = 0) -> bytes:
        """The mail itself, wherever it lies."""
        reference = self.headers[nth].get("ce_dataref")
        if reference is None:
            return self.bodies[nth]
        return await self.blobs.get(BlobRef.model_validate_json(reference).blob_id)

    @property
    def headers(self) -> list[dict[str, str]]:
        return [header_text(publication.headers) for publication in self.broker.got]


def doorway(**settings: Any) -> Doorway:
    options = {
        "acknowledge_seconds": 2,
        "largest_raw_bytes": LARGEST,
        "largest_inline_bytes": 10_000,
        "smtp_recipients": (MAILBOX, "@shop.example"),
        **settings,
    }
    broker, blobs = Broker(), MemoryBlobs()
    door = MailDoor(IntakeSettings(**options), broker, blobs, SystemClock())
    return Doorway(door, broker, blobs)


@pytest.fixture
def way() -> Doorway:
    return doorway()
