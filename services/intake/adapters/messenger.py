"""Facebook Messenger: pages' messages; what else happens on a page is none."""

from services.intake.adapters.meta import read_events
from services.intake.adapters.payload import Payload
from services.intake.domain.message import Parsed


def read_messenger(payload: Payload) -> list[Parsed]:
    return read_events(payload, channel="messenger", named="page")
