"""Instagram's direct messages, with story replies and mentions."""

from services.intake.adapters.meta import read_events
from services.intake.adapters.payload import Payload
from services.intake.domain.message import Parsed


def read_instagram(payload: Payload) -> list[Parsed]:
    return read_events(payload, channel="instagram", named="instagram")
