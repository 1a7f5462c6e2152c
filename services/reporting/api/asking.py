"""What may be asked: spans, filters and pages, checked before any query."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Query
from pydantic import AwareDatetime

from services.reporting.store.reading import Span
from shared.contracts.fields import Status
from shared.kit.problems import FieldProblem, ProblemError

LONGEST_SPAN = timedelta(days=400)
MOST_TICKETS = 200

From = Annotated[
    AwareDatetime | None,
    Query(alias="from", description="Start, with a time zone; default: a day before the end"),
]
To = Annotated[AwareDatetime | None, Query(description="End, exclusive; default: now")]
Limit = Annotated[int, Query(ge=1, le=MOST_TICKETS)]
After = Annotated[str | None, Query(max_length=500, description="`after` of the page before")]
Zone = Annotated[str, Query(max_length=64, description="IANA time zone that today is told in")]
Dimension = Literal["channel", "category", "priority", "tier", "queue", "agent"]
By = Literal["hour", "channel", "category", "priority", "tier", "queue", "agent"]
Word = Annotated[str | None, Query(max_length=200)]


def span_of(start: datetime | None, end: datetime | None, now: datetime) -> Span:
    end = end or now
    start = start or end - timedelta(days=1)
    if start >= end:
        raise wrong("from", "must be before 'to'")
    if end - start > LONGEST_SPAN:
        raise wrong("from", f"must be at most {LONGEST_SPAN.days} days before 'to'")
    return Span(start, end)


def today(now: datetime, zone: str) -> Span:
    """Since midnight there; where that is no full hour of UTC, since the hour it lies in."""
    try:
        there = now.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise wrong("zone", "must be an IANA time zone, for example Europe/Berlin") from error
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0)
    return Span(midnight.astimezone(now.tzinfo), max(now, midnight + timedelta(milliseconds=1)))


def filters(
    *,
    live: Annotated[bool | None, Query(description="Only open tickets, or only others")] = None,
    status: Annotated[list[Status] | None, Query()] = None,
    agent: Word = None,
    queue: Word = None,
    category: Word = None,
    priority: Word = None,
    channel: Word = None,
    tier: Word = None,
    customer: Word = None,
    waiting: Annotated[bool | None, Query(description="Without an agent, or with one")] = None,
    breached: Annotated[bool | None, Query(description="Some target was missed")] = None,
    at_risk: Annotated[bool | None, Query(description="Warned of a target not yet missed")] = None,
    created_since: AwareDatetime | None = None,
) -> dict[str, Any]:
    """A dependency: the query's filters as fields of the ticket."""
    asked = {
        "live": live,
        "status": {"$in": [one.value for one in status]} if status else None,
        "agent": agent,
        "queue": queue,
        "category": category,
        "priority": priority,
        "channel": channel,
        "tier": tier,
        "customer_id": customer,
        "breached": breached,
        "at_risk": at_risk,
        "created_at": {"$gte": created_since} if created_since else None,
    }
    where: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    # Who waits or is at risk is open; what is over may well have missed a target.
    if waiting is not None and agent is None:
        where["agent"] = None if waiting else {"$ne": None}
    if waiting or at_risk:
        where["live"] = True
    return where


def wrong(field: str, problem: str) -> ProblemError:
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "A parameter is wrong.",
        errors=[FieldProblem(field, problem)],
    )
