"""Tickets and rules for the tests of triage, with defaults."""

from typing import Any

from services.triage.domain.ruleset import TriageRules
from shared.contracts.fields import Actor, ActorKind, MessageBody, Requester, Status
from shared.contracts.ticket import CustomerReplied, FieldsChanged, TicketCreated

ANA = Actor(kind=ActorKind.AGENT, id="ana")
MATRIX = {
    "low": {"low": "low", "medium": "low", "high": "medium"},
    "medium": {"low": "low", "medium": "medium", "high": "high"},
    "high": {"low": "medium", "medium": "high", "high": "critical"},
}


def message(text: str, new_text: str | None = None) -> MessageBody:
    return MessageBody(message_id="m1", text=text, new_text=new_text, channel="email")


def created(
    text: str = "",
    *,
    subject: str = "",
    new_text: str | None = None,
    requester: dict[str, Any] | None = None,
    **more: Any,
) -> TicketCreated:
    return TicketCreated(
        number="TKT-1",
        channel=more.pop("channel", "email"),
        requester=Requester(**{"customer_id": "c1", "locale": "en", **(requester or {})}),
        subject=subject,
        message=message(text, new_text),
        **more,
    )


def replied(text: str, *, new_text: str | None = None, **more: Any) -> CustomerReplied:
    return CustomerReplied(message=message(text, new_text), status=Status.OPEN, **more)


def changed(**fields: Any) -> FieldsChanged:
    return FieldsChanged(changes=(), actor=ANA, **fields)


def ruleset(**more: Any) -> TriageRules:
    """Three categories in plain words; `steps` go to the priority rules."""
    steps = more.pop("steps", [])
    return TriageRules.model_validate(
        {
            "categories": {
                "billing": {"words": {"en": {"invoice*": 3, "bill": 2}}},
                "login": {"words": {"en": {"password": 3, "log in": 2}}, "type": "incident"},
                "delivery": {"words": {"en": {"parcel": 3}, "de": {"paket": 3}}},
            },
            "cues": {"urgent": {"en": {"urgent": 1, "not urgent": -1}}},
            "tones": {"annoyed": {"en": ["annoyed"]}, "angry": {"en": ["furious"]}},
            "tags": {"mobile": {"any": ["android"]}, "vat": {"any": ["vat"]}},
            "products": {"shop": {"any": ["webshop"]}, "till": {"any": ["till"]}},
            "types": {
                "question": {"any": {"<asking>": 1}, "en": {"how do i": 2}},
                "complaint": {"en": {"complain": 3}},
            },
            "priority": {"matrix": MATRIX, "steps": steps},
            **more,
        }
    )
