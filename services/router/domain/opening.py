"""When a queue is open: weekly windows of its own time zone, but for the days that are off."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? (?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d)"
)
_EXAMPLES = 'such as "mon-fri 09:00-17:30", "sat 10:00-14:00" or "sun 22:00-06:00"'
_DAY_MINUTES = 24 * 60
_LOOK_AHEAD_DAYS = 400


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the local day; past midnight where `end` is not after `start`."""

    days: frozenset[int]
    start: int
    end: int


def parse_window(text: str) -> Window:
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f'must be days and times {_EXAMPLES}, not "{text}"')
    first = _day(match["first"])
    last = _day(match["last"] or match["first"])
    days = frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))
    start, end = _minutes(match["start"]), _minutes(match["end"])
    if start == end:
        raise ValueError(
            f'must end at another time than it starts (all day is 00:00-24:00), not "{text}"'
        )
    return Window(days, start, end if end > start else end + _DAY_MINUTES)


def _day(name: str) -> int:
    if name not in DAYS:
        raise ValueError(f'must name days as {", ".join(DAYS)}, not "{name}"')
    return DAYS.index(name)


def _minutes(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    if hours * 60 + minutes > _DAY_MINUTES or minutes >= 60:  # noqa: PLR2004 - of an hour
        raise ValueError(f"must be times from 00:00 to 24:00, not {text}")
    return hours * 60 + minutes


@dataclass(frozen=True, slots=True)
class State:
    """Open or closed until then; None: for more than a year."""

    is_open: bool
    until: datetime | None


@dataclass(slots=True)
class OpeningHours:
    """`at` is a function of the instant alone; the last answer is kept, as most are the same."""

    time_zone: ZoneInfo
    windows: Sequence[Window]
    closed_on: frozenset[date]
    _since: datetime = field(default=datetime.max.replace(tzinfo=UTC), init=False)
    _known: State = field(default=State(is_open=False, until=None), init=False)

    def at(self, now: datetime) -> State:
        until = self._known.until
        if not (self._since <= now and (until is None or now < until)):
            self._since, self._known = now, self._look(now)
        return self._known

    def _look(self, now: datetime) -> State:
        """Windows that touch count as one."""
        opened: datetime | None = None
        for start, end in self._windows_from(now):
            if opened is None:
                if start > now:
                    return State(is_open=False, until=start)
            elif start > opened:
                break
            opened = max(end, opened or end)
        return State(is_open=opened is not None, until=opened)

    def _windows_from(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Those that end after `now`, in order of their start."""
        first = now.astimezone(self.time_zone).date() - timedelta(days=1)
        for n in range(_LOOK_AHEAD_DAYS):
            day = first + timedelta(days=n)
            if day in self.closed_on:
                continue
            found = [w for w in self.windows if day.weekday() in w.days]
            for window in sorted(found, key=lambda w: (w.start, w.end)):
                start, end = self._instant(day, window.start), self._instant(day, window.end)
                if end > now:
                    yield start, end

    def _instant(self, day: date, minutes: int) -> datetime:
        """A time that a change of clocks leaves out is read with the offset before it."""
        days, minutes = divmod(minutes, _DAY_MINUTES)
        at = time(minutes // 60, minutes % 60, tzinfo=self.time_zone)
        return datetime.combine(day + timedelta(days=days), at).astimezone(UTC)
