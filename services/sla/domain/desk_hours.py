"""How a schedule is written down: weekly hours, holidays, closed dates and special days."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, partial
from types import MappingProxyType
from typing import Annotated, Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from services.sla.domain.closures import (
    WHOLE_DAY,
    check_date,
    closed_hours,
    day_in,
    is_dated,
    parse_closure,
    together,
)
from services.sla.domain.holiday_dates import check_region, holidays_in
from services.sla.domain.schedule import Schedule
from services.sla.domain.windows import (
    Windows,
    parse_day_windows,
    parse_days,
    parse_week,
    without,
)


class Feed(Protocol):
    """A calendar of closings that somebody else keeps."""

    def closed_hours(self, year: int, zone: ZoneInfo) -> Mapping[date, Windows]:
        """The shut hours of the days of a year, on the clocks of this zone."""


NO_FEEDS: Mapping[str, Feed] = MappingProxyType({})


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
    check_date(text)
    return text


def _closing(text: str) -> str:
    parse_closure(text)
    return text


def _day_hours(texts: tuple[str, ...]) -> tuple[str, ...]:
    parse_day_windows(texts)
    return texts


Texts = Annotated[tuple[str, ...], BeforeValidator(as_list)]
ZoneName = Annotated[str, AfterValidator(_zone)]
Days = Annotated[str, AfterValidator(_days)]
DateText = Annotated[str, AfterValidator(_date)]
ClosingText = Annotated[str, AfterValidator(_closing)]
DayHours = Annotated[Texts, AfterValidator(_day_hours)]


ALWAYS_OPEN = {"daily": ["00:00-24:00"]}


def _week(hours: Any) -> Any:
    return ALWAYS_OPEN if hours == "24/7" else hours


def _open_sometime(hours: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    if not any(parse_week(hours)):
        raise ValueError("the desk must be open at some hour of some weekday")
    return hours


def _readable(hours: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    parse_week(hours)
    return hours


DayWeek = Annotated[dict[Days, Texts], BeforeValidator(_week), AfterValidator(_readable)]
Hours = Annotated[DayWeek, AfterValidator(_open_sometime)]


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
    closed: Annotated[tuple[ClosingText, ...], BeforeValidator(as_list)] = ()
    feeds: Texts = ()  # iCal files in the folder of the configuration
    special_days: dict[DateText, DayHours] = Field(default_factory=dict)

    def compiled(self, feeds: Mapping[str, Feed] = NO_FEEDS) -> Schedule:
        """Raises KeyError for a feed that is not given."""
        used = [feeds[name] for name in self.feeds]
        week, zone = parse_week(self.hours), ZoneInfo(self.time_zone)
        return Schedule(zone, week, cache(partial(self._exceptions, week, zone, used)))

    def _exceptions(
        self, week: tuple[Windows, ...], zone: ZoneInfo, feeds: Sequence[Feed], year: int
    ) -> Mapping[date, Windows]:
        """A date's special hours win over all; those of every year never open a closed day."""
        shut = together(
            (
                *(_holidays(source, year) for source in self.holidays),
                closed_hours(map(parse_closure, self.closed), year),
                *(feed.closed_hours(year, zone) for feed in feeds),
            )
        )
        yearly = self._special_hours(year, dated=False)
        yearly = {day: hours for day, hours in yearly.items() if week[day.weekday()]}
        days = {
            day: without(yearly.get(day, week[day.weekday()]), hours) for day, hours in shut.items()
        }
        return yearly | days | self._special_hours(year, dated=True)

    def _special_hours(self, year: int, *, dated: bool) -> dict[date, Windows]:
        own = {
            day_in(text, year): hours
            for text, hours in self.special_days.items()
            if is_dated(text) is dated
        }
        return {day: parse_day_windows(hours) for day, hours in own.items() if day is not None}


def _holidays(source: HolidaySource, year: int) -> dict[date, Windows]:
    return dict.fromkeys(holidays_in(source.country, source.region, year), WHOLE_DAY)
