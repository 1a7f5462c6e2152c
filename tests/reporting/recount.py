"""The oracle: the same figures, counted anew from the tickets and their timelines, naively."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

Sums = dict[tuple[Any, ...], int]
DIMENSIONS = ("channel", "category", "priority", "tier", "queue", "agent")
MILESTONE_FIGURES = ("created", "first_response.count", "resolution.count", "one_touch")


def stored(documents: Iterable[Mapping[str, Any]], figures: Iterable[str]) -> Sums:
    """Rollups as (hour, dimension, value, figure) ▶ amount, over all partitions."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for document in documents:
        key = (document.get("hour"), document["dimension"], document["value"])
        for figure in figures:
            sums[*key, figure] += _reach(document, figure)
    return {key: amount for key, amount in sums.items() if amount}


def milestones(tickets: Iterable[Mapping[str, Any]]) -> Sums:
    sums: Counter[tuple[Any, ...]] = Counter()
    for ticket in tickets:
        if ticket.get("created_at") is None or ticket["spam"]:
            continue
        _count(sums, ticket, ticket["created_at"], ticket["last_agent"], ["created"])
        if ticket["first_response_at"]:
            by = ticket["first_response_by"]
            _count(sums, ticket, ticket["first_response_at"], by, ["first_response.count"])
        if ticket["resolved_at"] and not ticket["merged_into"]:
            one_touch = ticket["turns"]["agent"] == 1 and ticket["reopens"] == 0
            figures = ["resolution.count", *(["one_touch"] if one_touch else [])]
            by = ticket["resolved_by"] or ticket["last_agent"]
            _count(sums, ticket, ticket["resolved_at"], by, figures)
    return dict(sums)


def flows(timeline: Iterable[Mapping[str, Any]]) -> Sums:
    sums: Counter[tuple[Any, ...]] = Counter()
    for entry in timeline:
        for part in entry["counts"]:
            _add(sums, part["at"], part, part["figure"], part["times"])
    return {key: amount for key, amount in sums.items() if amount}


def boards(tickets: Iterable[Mapping[str, Any]]) -> Sums:
    sums: Counter[tuple[Any, ...]] = Counter()
    for ticket in tickets:
        if ticket.get("live"):
            for dimension, value in _cells(ticket):
                for figure in _live_figures(ticket):
                    sums[None, dimension, value, figure] += 1
    return dict(sums)


def _live_figures(ticket: Mapping[str, Any]) -> list[str]:
    flags = {
        "breached": ticket["breached"],
        "at_risk": ticket["at_risk"],
        "awaiting_reply": ticket["awaiting_reply_since"],
        "escalated": ticket["escalation_level"],
    }
    owned = "assigned" if ticket["agent"] else "waiting"
    return ["open", owned, f"status.{ticket['status']}", *(n for n, flag in flags.items() if flag)]


def _count(
    sums: Counter[tuple[Any, ...]],
    ticket: Mapping[str, Any],
    at: datetime,
    agent: str | None,
    figures: list[str],
) -> None:
    for figure in figures:
        _add(sums, at, {**ticket, "agent": agent}, figure, 1)


def _add(
    sums: Counter[tuple[Any, ...]], at: datetime, under: Mapping[str, Any], figure: str, times: int
) -> None:
    hour = at.replace(minute=0, second=0, microsecond=0)
    for dimension, value in _cells(under):
        sums[hour, dimension, value, figure] += times


def _cells(under: Mapping[str, Any]) -> list[tuple[str, str]]:
    known = [(name, under[name]) for name in DIMENSIONS if under.get(name) is not None]
    return [("all", "all"), *known]


def _reach(document: Mapping[str, Any], path: str) -> int:
    value: Any = document
    for part in path.split("."):
        value = value.get(part, 0) if isinstance(value, Mapping) else 0
    return value if isinstance(value, int) else 0
