"""The HTTP door: requests for help, commands and vendors' webhooks, acknowledged by Kafka."""

from services.intake.api.application import create_api
from services.intake.api.door import Door

__all__ = ["Door", "create_api"]
