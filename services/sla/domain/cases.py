"""A question about business time as JSON, and its answer: so that anyone can check the arithmetic.

    {"id": "1", "kind": "add", "start": "…", "seconds": 3600,
     "calendar": {"timezone": "Europe/Berlin", "hours": {"mon": [["09:00", "17:00"]]},
                  "holidays": ["2026-05-01"], "special_days": {"2026-12-24": [["09:00", "12:00"]]}},
     "holds": [["…", "…"]]}

`kind` is add (answered with `end`) or elapsed (with an `end` of its own, answered with `seconds`).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from services.sla.domain.business_time import (
    Hold,
    NeverOpenError,
    due_with_holds,
    elapsed_with_holds,
    started_before,
)
from services.sla.domain.case_calendar import schedule_of
from services.sla.domain.case_form import (
    SPAN_ENDS,
    SPAN_STARTS,
    OpenHold,
    first_of,
    holds_of,
    length_of,
    moment_of,
)
from services.sla.domain.schedule import Schedule

_AS_SPELLED: Mapping[int | str, str] = {"time_zone": "timezone", "closed": "holidays"}
"""The schedule's fields, as a question has them."""


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """Raises ValueError, which names the field, for what cannot be answered."""
    try:
        return _answer(question, _schedule(json.dumps(question.get("calendar"), sort_keys=True)))
    except ValidationError as error:
        raise ValueError(_first_problem(error)) from None
    except NeverOpenError as error:
        raise ValueError(f"calendar: {error}") from None
    except OverflowError:
        raise ValueError("seconds lead past the years that a calendar has") from None


def _answer(question: Mapping[str, Any], schedule: Schedule) -> dict[str, Any]:
    start = _moment(question, SPAN_STARTS, schedule.zone)
    holds = holds_of(first_of(question, ("holds", "pauses")), schedule.zone)
    match _kind(question):
        case "add":
            end = _end(start, length_of(question), schedule, holds)
            return {"id": question.get("id"), "end": None if end is None else _written(end)}
        case "elapsed":
            end = _moment(question, SPAN_ENDS, schedule.zone)
            counted = elapsed_with_holds(start, end, schedule, _until(end, holds))
            return {"id": question.get("id"), "seconds": _number(counted)}
        case other:
            raise ValueError(f'kind must be add or elapsed, not "{other}"')


def _kind(question: Mapping[str, Any]) -> str:
    """Where it is not said: elapsed has an end."""
    kind = question.get("kind")
    if kind is None:
        return "add" if first_of(question, SPAN_ENDS) is None else "elapsed"
    return str(kind).strip().lower()


def _moment(question: Mapping[str, Any], names: tuple[str, ...], zone: tzinfo) -> datetime:
    value = first_of(question, names)
    if value is None:
        raise ValueError(f"{names[0]} is missing")
    return moment_of(value, names[0], zone)


@lru_cache(maxsize=1_024)
def _schedule(calendar_json: str) -> Schedule:
    return schedule_of(json.loads(calendar_json)).compiled()


def _end(
    start: datetime, length: timedelta, schedule: Schedule, holds: list[OpenHold]
) -> datetime | None:
    """None for a clock that is stopped for good before it is due."""
    ended = [(first, last) for first, last in holds if last is not None]
    if length < timedelta(0):
        return started_before(start, -length, schedule, _until(start, holds))
    end = due_with_holds(start, length, schedule, ended)
    stopped = min((first for first, last in holds if last is None), default=None)
    return end if stopped is None or (start < stopped and end <= stopped) else None


def _until(end: datetime, holds: list[OpenHold]) -> list[Hold]:
    return [(first, max(first, end) if last is None else last) for first, last in holds]


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _number(span: timedelta) -> float:
    seconds = span.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    parts = (_AS_SPELLED.get(part, part) for part in first["loc"] if part != "[key]")
    place = ".".join(str(part) for part in ("calendar", *parts))
    return f"{place}: {first['msg'].removeprefix('Value error, ')}"
