"""How a schedule is written down: weekly hours, holidays, closed dates and special days."""

from collections.abc import Mapping
from datetime import date
from functools import cache, partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.sla.domain.holiday_dates import check_region, holidays_in
from services.sla.domain.schedule import Schedule
from services.sla.domain.windows import Windows, parse_day_windows, parse_days, parse_week

LEAP_YEAR = 2000


class Written(BaseModel):
    """Part of the file: what it does not know is an error there."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def as_list(value: Any) -> Any:
    """One value may stand for a list of one."""
    return [value] if isinstance(value, str | int | bool | Mapping) else value


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'"{name}" is no IANA time zone; write one like Europe/Berlin') from None
    return name


def _days(text: str) -> str:
    parse_days(text)
    return text


def _date(text: str) -> str:
    """`2026-12-24` once, or `12-24` every year."""
    try:
        date.fromisoformat(text if _is_dated(text) else f"{LEAP_YEAR}-{text}")
    except ValueError:
        raise ValueError(
            f'"{text}" is no date; write 2026-12-24, or 12-24 for every year'
        ) from None
    return text


def _is_dated(text: str) -> bool:
    return len(text) == len("2026-12-24")


def _day_hours(texts: tuple[str, ...]) -> tuple[str, ...]:
    parse_day_windows(texts)
    return texts


Texts = Annotated[tuple[str, ...], BeforeValidator(as_list)]
ZoneName = Annotated[str, AfterValidator(_zone)]
Days = Annotated[str, AfterValidator(_days)]
DateText = Annotated[str, AfterValidator(_date)]
DayHours = Annotated[Texts, AfterValidator(_day_hours)]


def _week(hours: Any) -> Any:
    return {"daily": ["00:00-24:00"]} if hours == "24/7" else hours


def _open_sometime(hours: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    if not any(parse_week(hours)):
        raise ValueError("the desk must be open at some hour of some weekday")
    return hours


Hours = Annotated[dict[Days, Texts], BeforeValidator(_week), AfterValidator(_open_sometime)]


class HolidaySource(Written):
    """A country's public holidays, with those of a region where one is given."""

    country: str
    region: str | None = None

    @model_validator(mode="after")
    def _known(self) -> "HolidaySource":
        check_region(self.country, self.region)
        return self


class ScheduleConfig(Written):
    time_zone: ZoneName
    hours: Hours
    holidays: Annotated[tuple[HolidaySource, ...], BeforeValidator(as_list)] = ()
    closed: Annotated[tuple[DateText, ...], BeforeValidator(as_list)] = ()
    special_days: dict[DateText, DayHours] = Field(default_factory=dict)

    def compiled(self) -> Schedule:
        week = parse_week(self.hours)
        return Schedule(ZoneInfo(self.time_zone), week, cache(partial(self._exceptions, week)))

    def _exceptions(self, week: tuple[Windows, ...], year: int) -> Mapping[date, Windows]:
        """A date's special hours win over all; those of every year never open a closed day."""
        days: dict[date, Windows] = {}
        for source in self.holidays:
            days.update(dict.fromkeys(holidays_in(source.country, source.region, year), ()))
        for text in self.closed:
            if (day := _day(text, year)) is not None:
                days[day] = ()
        for text, hours in self.special_days.items():
            day = _day(text, year)
            if day is not None and (_is_dated(text) or days.get(day, week[day.weekday()])):
                days[day] = parse_day_windows(hours)
        return days


def _day(text: str, year: int) -> date | None:
    """None for another year's date, and for 29 February where there is none."""
    if _is_dated(text):
        day = date.fromisoformat(text)
        return day if day.year == year else None
    try:
        return date.fromisoformat(f"{year:04d}-{text}")
    except ValueError:
        return None
