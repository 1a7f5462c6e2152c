"""A slow second opinion: looks at the wall clock minute by minute, and knows no shortcut."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
Hours = Sequence[Sequence[tuple[str, str]]]  # by weekday, Monday first
IsOpen = Callable[[datetime], bool]


def desk(zone: str, week: Hours, closed: Mapping[date, Sequence[tuple[str, str]]]) -> IsOpen:
    """Whether the desk is open in the minute that begins at this instant."""
    info = ZoneInfo(zone)

    def is_open(moment: datetime) -> bool:
        local = moment.astimezone(info)
        day = local.date()
        now = f"{local.hour:02d}:{local.minute:02d}"
        own = closed.get(day)
        if own is not None:
            return any(opens <= now < closes for opens, closes in own)
        today = any(
            opens <= now < closes if opens < closes else now >= opens
            for opens, closes in week[day.weekday()]
        )
        from_yesterday = any(
            closes < opens and now < closes for opens, closes in week[(day.weekday() - 1) % 7]
        )
        return today or from_yesterday

    return is_open


def due_at(start: datetime, minutes: int, is_open: IsOpen) -> datetime:
    """`start` on a whole minute; the end of the last open minute that is used up."""
    moment = start.astimezone(UTC)
    while minutes:
        minutes -= is_open(moment)
        moment += MINUTE
    return moment


def elapsed(start: datetime, end: datetime, is_open: IsOpen) -> timedelta:
    moment, total = start.astimezone(UTC), timedelta(0)
    while moment < end:
        total += MINUTE * is_open(moment)
        moment += MINUTE
    return total
