"""How documents look in answers: names of ours, revealed texts, what is derived."""

from collections.abc import Mapping
from typing import Any

from shared.kit.unit import Document

_SEALED = "[sealed]"


def ticket(document: Mapping[str, Any]) -> Document:
    """A ticket for a list: what a board shows."""
    keys = (
        "number channel tier vip organisation customer_id category priority type status live "
        "agent queue created_at updated_at first_response_at resolved_at closed_at reopens "
        "escalation_level next_due_at next_metric breached at_risk awaiting_reply_since merged_into"
    )
    shown = {key: document.get(key) for key in keys.split()}
    clock = document.get("clocks", {}).get(document.get("next_metric"))
    return {
        "id": document["_id"],
        "subject": text(document["personal"]["subject"]),
        **shown,
        "clock": _clock(clock) if clock else None,
    }


def whole_ticket(document: Mapping[str, Any]) -> Document:
    whole = {name: value for name, value in document.items() if name not in ("_id", "personal")}
    personal = document["personal"]
    whole["clocks"] = {name: _clock(clock) for name, clock in document["clocks"].items()}
    return {
        "id": document["_id"],
        "subject": text(personal["subject"]),
        "requester_name": text(personal.get("requester_name")),
        **whole,
    }


def entry(document: Mapping[str, Any]) -> Document:
    shown = {name: value for name, value in document.items() if name not in ("_id", "counts")}
    return {"id": document["_id"], **shown}


def message(document: Mapping[str, Any]) -> Document:
    shown = {name: value for name, value in document.items() if name != "_id"}
    shown["text"] = text(document["text"])
    shown["attachments"] = [
        {**attachment, "filename": text(attachment["filename"])}
        for attachment in document.get("attachments", [])
    ]
    return {"id": document["_id"], **shown}


def agent(document: Mapping[str, Any], live: Mapping[str, Any], day: Mapping[str, Any]) -> Document:
    capacity, owned = document["capacity"], live.get("open", 0)
    return {
        "id": document["_id"],
        "name": text(document["personal"]["name"]),
        "availability": document["availability"],
        "capacity": capacity,
        "load": owned / capacity if capacity else None,
        "languages": document["languages"],
        "teams": document["teams"],
        "skills": document["skills"],
        "live": live,
        "today": day,
    }


def text(value: Any) -> str | None:
    """Personal text; what is sealed stays so: this reader has no keys."""
    if value is None or isinstance(value, str):
        return value
    return _SEALED


def _clock(clock: Mapping[str, Any]) -> Document:
    return {name: value for name, value in clock.items() if name != "verdict"} | {
        "missed_at": _missed_at(clock.get("verdict"))
    }


def _missed_at(verdict: Mapping[str, Any] | None) -> Any:
    return verdict["at"] if verdict is not None and not verdict["kept"] else None
