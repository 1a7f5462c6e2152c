"""Facts as every event gives them, to try a template on before the first mail needs it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.notifier.domain.notices import Event

_DUE = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
_COMMON: Mapping[str, Any] = {
    "ticket": {
        "number": "TKT-1",
        "subject": "The printer is on fire",
        "priority": "high",
        "channel": "email",
    },
    "requester": {"name": "Ana Example"},
    "recipient": {"name": "Ben Example"},
    "sender": {"name": "Example Support", "address": "support@desk.example"},
    "left_out": ("large.zip",),
}
_OF_EVENT: Mapping[Event, Mapping[str, Any]] = {
    Event.TICKET_CREATED: {"promise": _DUE},
    Event.AGENT_REPLIED: {"text": "Water helps.", "html": "<p>Water helps.</p>", "resolved": True},
    Event.TICKET_RESOLVED: {"resolution": "Put out.", "by_itself": True},
    Event.SURVEY_DUE: {"resolved": _DUE, "rate": "support+rate-abc@desk.example"},
    Event.TICKET_ASSIGNED: {"queue": "general", "reason": "most room", "by_hand": False},
    Event.TICKET_ESCALATED: {"level": 1, "queue": "general", "reason": "breach", "due": _DUE},
    Event.SLA_WARNING: {"metric": "first_response", "level": "75%", "due": _DUE},
    Event.SLA_BREACHED: {"metric": "first_response", "due": _DUE},
    Event.DELIVERY_FAILED: {"error": "5.1.1", "template": None},
    Event.NOTIFICATION_FAILED: {"error": "550 5.1.1", "template": "reply"},
}


def sample_of(event: Event) -> dict[str, Any]:
    return {**_COMMON, **_OF_EVENT[event]}
