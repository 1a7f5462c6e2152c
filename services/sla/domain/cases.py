"""A question about business time as JSON, and its answer: so that anyone can check the arithmetic.

    {"id": "1", "kind": "add", "start": "…", "seconds": 3600,
     "calendar": {"timezone": "Europe/Berlin", "hours": {"mon": [["09:00", "17:00"]]},
                  "holidays": ["2026-05-01"], "special_days": {"2026-12-24": [["09:00", "12:00"]]}},
     "holds": [["…", "…"]]}

`kind` is add (answered with `end`) or elapsed (with an `end` of its own, answered with `seconds`).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.sla.domain.business_time import Hold, due_with_holds, elapsed_with_holds
from services.sla.domain.schedule import Schedule
from services.sla.domain.windows import Windows, parse_day_windows, parse_week

Hours = tuple[tuple[str, str], ...]


class CaseCalendar(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    timezone: str = "UTC"
    hours: dict[str, Hours]
    holidays: tuple[date, ...] = ()
    special_days: dict[date, Hours] = Field(default_factory=dict)


class Case(BaseModel):
    """A time without an offset is the calendar's local time."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    kind: str
    calendar: CaseCalendar
    start: datetime
    seconds: float = Field(default=0, ge=0)
    end: datetime | None = None
    holds: tuple[tuple[datetime, datetime], ...] = ()

    @field_validator("id", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> str:
        return str(value)

    @field_validator("holds", mode="before")
    @classmethod
    def _as_pairs(cls, holds: object) -> object:
        """A hold may be a pair, or an object with start and end or from and to (or until)."""
        pairs = holds if isinstance(holds, list) else [holds]
        return [_pair(hold) if isinstance(hold, Mapping) else hold for hold in pairs]


def _pair(hold: Mapping[str, object]) -> tuple[object, object]:
    return (
        hold.get("start", hold.get("from")),
        hold.get("end", hold.get("to", hold.get("until"))),
    )


def answer(question: Mapping[str, object]) -> dict[str, object]:
    """Raises ValueError (pydantic's, too) for what is no such question."""
    case = Case.model_validate(question)
    schedule = _schedule(case.calendar.model_dump_json())
    start = _aware(case.start, schedule.zone)
    holds: list[Hold] = [
        (_aware(first, schedule.zone), _aware(last, schedule.zone)) for first, last in case.holds
    ]
    if case.kind == "add":
        end = due_with_holds(start, timedelta(seconds=case.seconds), schedule, holds)
        return {"id": case.id, "end": _written(end)}
    if case.kind == "elapsed" and case.end is not None:
        total = elapsed_with_holds(start, _aware(case.end, schedule.zone), schedule, holds)
        return {"id": case.id, "seconds": _number(total)}
    raise ValueError(f'case {case.id}: kind must be add, or elapsed with an end, not "{case.kind}"')


@lru_cache(maxsize=256)
def _schedule(calendar_json: str) -> Schedule:
    calendar = CaseCalendar.model_validate_json(calendar_json)
    week = parse_week({days: _texts(hours) for days, hours in calendar.hours.items()})
    own: dict[date, Windows] = dict.fromkeys(calendar.holidays, ())
    own |= {day: parse_day_windows(_texts(hours)) for day, hours in calendar.special_days.items()}
    return Schedule(ZoneInfo(calendar.timezone), week, lambda _year: own)


def _texts(hours: Hours) -> tuple[str, ...]:
    return tuple("-".join(window) for window in hours)


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _number(span: timedelta) -> float:
    seconds = span.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds
