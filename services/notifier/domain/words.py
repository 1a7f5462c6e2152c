"""How a language writes dates, and what it calls metrics and priorities."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field


class Words(BaseModel):
    """One `words.yaml`: a translator fills in all of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    moment: str  # with {weekday} {day} {month} {year} {time} {zone}
    weekdays: tuple[str, ...] = Field(min_length=7, max_length=7)  # from Monday
    months: tuple[str, ...] = Field(min_length=12, max_length=12)
    metrics: dict[str, str]
    priorities: dict[str, str]


def zone_named(name: str) -> ZoneInfo:
    """UTC for a name that nobody knows: a customer's record may say anything."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def spoken(moment: datetime, zone: ZoneInfo, words: Words) -> str:
    """The minute in the reader's zone, which is named: nobody has to guess whose time it is."""
    local = moment.astimezone(zone)
    return words.moment.format(
        weekday=words.weekdays[local.weekday()],
        day=local.day,
        month=words.months[local.month - 1],
        year=local.year,
        time=f"{local:%H:%M}",
        zone=_zone_text(local),
    )


def _zone_text(local: datetime) -> str:
    """CEST where the zone has letters, else UTC+05:30."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"
