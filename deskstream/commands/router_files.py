"""Last month's tickets and the agents who were there, from files that people can write."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from services.router.domain.opening import OpeningHours, Window, parse_window
from services.router.domain.simulation import Arrival, Shift
from services.router.domain.ticket import Facts, primary_language
from shared.contracts.fields import Moment, Priority, TicketType, Tier
from shared.contracts.people import AgentUpdated, Availability

MOST_PROBLEMS = 20
M = TypeVar("M", bound=BaseModel)


class CaseFileError(ValueError):
    """Each problem is a line that says where it is and what to write instead."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))


def _listed(value: Any) -> Any:
    """A column of a CSV file holds several, separated by semicolons."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(";") if part.strip())
    return value


def _utc(value: Any) -> Any:
    """A time without an offset is read as UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("must be a time such as 2026-03-02T09:00:00Z") from None
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError):
        raise ValueError("must be a time zone such as Europe/Berlin") from None


def _windows(value: Any) -> tuple[Window, ...]:
    return tuple(parse_window(str(each)) for each in _listed(value))


Instant = Annotated[Moment, BeforeValidator(_utc)]
Several = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class TicketLine(BaseModel):
    """Columns that are not known are passed over: an export may have more."""

    model_config = ConfigDict(extra="ignore")

    created_at: Instant
    id: str | None = None
    channel: str = "email"
    mailbox: str | None = None
    brand: str | None = None
    tier: Tier = Tier.STANDARD
    vip: bool = False
    language: str | None = None
    tags: Several = ()
    category: str | None = None
    sub_category: str | None = None
    product: str | None = None
    type: TicketType | None = None
    priority: Priority = Priority.MEDIUM
    due_at: Instant | None = None
    handling_minutes: Annotated[float, Field(gt=0)] | None = None


class AgentLine(BaseModel):
    """`hours` are when he is online, in his time zone; without, he always is."""

    model_config = ConfigDict(extra="ignore")

    agent_id: Annotated[str, Field(min_length=1)]
    skills: dict[str, int] = {}
    languages: Several = ()
    teams: Several = ()
    seniority: Annotated[int, Field(ge=1, le=5)] = 1
    capacity: Annotated[int, Field(ge=0)] = 5
    channel_capacity: dict[str, int] | None = None
    time_zone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("UTC")
    hours: Annotated[tuple[Window, ...], BeforeValidator(_windows)] = ()
    days_off: tuple[date, ...] = ()


def arrivals_of(path: Path, handling: timedelta) -> list[Arrival]:
    """JSON lines, a JSON list, or CSV with a line of names; in any order of time."""
    return [_arrival(line, number, handling) for number, line in _lines(path, TicketLine)]


def _arrival(line: TicketLine, number: int, handling: timedelta) -> Arrival:
    names = set(Facts.model_fields) & line.model_fields_set - {"language"}
    told = {"channel": line.channel} | {name: getattr(line, name) for name in names}
    minutes = line.handling_minutes
    return Arrival(
        ticket_id=line.id or f"line {number}",
        at=line.created_at,
        facts=Facts(language=primary_language(line.language), **told),
        handling=timedelta(minutes=minutes) if minutes else handling,
        due_at=line.due_at,
    )


def agents_of(path: Path) -> list[AgentLine]:
    return [line for _, line in _lines(path, AgentLine)]


def shifts_of(agents: Iterable[AgentLine], start: datetime, end: datetime) -> Iterator[Shift]:
    for line in agents:
        hours = _hours(line)
        at: datetime | None = start
        while at is not None and at <= end:
            state = hours.at(at) if hours is not None else None
            there = state is None or state.is_open
            yield Shift(at, _agent(line, Availability.ONLINE if there else Availability.OFFLINE))
            at = state.until if state is not None else None


def _hours(line: AgentLine) -> OpeningHours | None:
    if not line.hours:
        return None
    return OpeningHours(line.time_zone, line.hours, frozenset(line.days_off))


def _agent(line: AgentLine, availability: Availability) -> AgentUpdated:
    told = line.model_dump(exclude={"hours", "days_off", "time_zone"})
    return AgentUpdated(name=line.agent_id, availability=availability, **told)


def _lines(path: Path, kind: type[M]) -> list[tuple[int, M]]:
    found: list[tuple[int, M]] = []
    problems: list[str] = []
    for number, values in _read(path):
        try:
            found.append((number, kind.model_validate(values)))
        except ValidationError as error:
            problems += [f"{path}:{number}: {_told(each)}" for each in error.errors()]
    if not found and not problems:
        problems = [f"{path}: there is nothing in it"]
    if problems:
        more = len(problems) - MOST_PROBLEMS
        told = problems[:MOST_PROBLEMS] + ([f"and {more} more"] if more > 0 else [])
        raise CaseFileError(told)
    return found


def _told(error: Mapping[str, Any]) -> str:
    place = ".".join(map(str, error["loc"]))
    message = "must be given" if error["type"] == "missing" else str(error["msg"])
    message = message.removeprefix("Value error, ").replace("Input should be", "must be")
    shown = "" if error["type"] == "missing" else f', not "{error["input"]}"'
    return f"{place}: {message}{shown}"


def _read(path: Path) -> Iterator[tuple[int, Any]]:
    """Each line's number and values; empty columns are left out."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseFileError([f"{path}: it cannot be read: {error}"]) from None
    if text.lstrip().startswith("["):
        yield from _json_list(path, text)
    elif text.lstrip().startswith("{"):
        yield from _json_lines(path, text)
    else:
        for number, row in enumerate(csv.DictReader(text.splitlines()), 2):
            yield number, {name: cell for name, cell in row.items() if name and cell}


def _json_list(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    try:
        yield from enumerate(json.loads(text), 1)
    except ValueError as error:
        raise CaseFileError([f"{path}: no JSON: {error}"]) from None


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            raise CaseFileError([f"{path}:{number}: no JSON: {error}"]) from None
