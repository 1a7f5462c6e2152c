"""When a desk is open: weekly hours in a time zone, less holidays, as instants in UTC."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from services.sla.domain.windows import DAY, Windows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1).toordinal()
MICROS = 1_000_000
STRETCH_DAYS = 365
STRETCH = STRETCH_DAYS * DAY  # in seconds; so no calendar is asked which one holds an instant
STRETCH_MICROS = STRETCH * MICROS
FIRST_STRETCH = (1 - EPOCH_DAY) // STRETCH_DAYS + 2  # these lie wholly in what a datetime can be
LAST_STRETCH = (date.max.toordinal() - EPOCH_DAY) // STRETCH_DAYS - 2

Exceptions = Callable[[int], Mapping[date, Windows]]
"""The dates of a year that don't follow the weekly hours; no windows: closed all day."""


def to_micros(moment: datetime) -> int:
    since = moment - EPOCH
    return (since.days * DAY + since.seconds) * MICROS + since.microseconds


def from_micros(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def no_exceptions(_year: int) -> Mapping[date, Windows]:
    return {}


@dataclass(frozen=True, slots=True)
class OpenStretch:
    """The open spans of 365 days of UTC, in order, with running sums: all in microseconds."""

    opens: Sequence[int]
    closes: Sequence[int]
    before: Sequence[int]  # open time of the stretch before each span
    total: int

    def open_until(self, moment: int) -> int:
        """How long the desk has been open in this stretch before `moment`."""
        last = bisect_right(self.opens, moment) - 1
        if last < 0:
            return 0
        return self.before[last] + min(moment, self.closes[last]) - self.opens[last]

    def moment_after(self, open_time: int) -> int:
        """When the desk has been open so long: at a closing, that closing. 0 < time ≤ total."""
        span = bisect_left(self.before, open_time) - 1
        return self.opens[span] + open_time - self.before[span]

    def moment_before(self, open_time: int) -> int:
        """When the desk has been open so long: at an opening, that opening. 0 ≤ time < total."""
        span = bisect_right(self.before, open_time) - 1
        return self.opens[span] + open_time - self.before[span]

    def next_open(self, moment: int) -> int | None:
        """The first open moment from `moment` on; at a closing that is a later opening."""
        span = bisect_right(self.closes, moment)
        return max(self.opens[span], moment) if span < len(self.opens) else None


@dataclass(frozen=True, eq=False)
class Schedule:
    """Open whenever the wall clock of `zone` stands inside a window of its weekday.

    So a window over the night of a change of summer time is an hour shorter or longer, and a wall
    time that comes twice counts twice. A holiday is closed from midnight to midnight, also for a
    window that began the evening before.
    """

    zone: ZoneInfo
    week: tuple[Windows, ...]
    exceptions: Exceptions = no_exceptions
    _stretches: dict[int, OpenStretch] = field(default_factory=dict, init=False, repr=False)

    def stretch(self, number: int) -> OpenStretch:
        """The one from `number` times 365 days after 1970 on.

        Worked out once; then each question costs a binary search.
        """
        known = self._stretches.get(number)
        if known is None:
            if not FIRST_STRETCH <= number <= LAST_STRETCH:
                raise OverflowError("the desk's time runs out of the years of the calendar")
            known = self._stretches[number] = _open_stretch(self, number)
        return known

    def open_spans(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Without end, in order; a span that lasts over the end of a stretch comes in two parts."""
        start = to_micros(since)
        for number in count(start // STRETCH_MICROS):  # pragma: no branch - without end
            spans = self.stretch(number)
            for span in range(bisect_right(spans.closes, start), len(spans.opens)):
                opens = max(spans.opens[span], start)
                yield from_micros(opens), from_micros(spans.closes[span])

    def is_open(self, moment: datetime) -> bool:
        micros = to_micros(moment)
        return self.stretch(micros // STRETCH_MICROS).next_open(micros) == micros

    def windows_on(self, day: date, exceptions: Mapping[date, Windows]) -> Windows:
        own = exceptions.get(day)
        return self.week[day.weekday()] if own is None else own


def _open_stretch(schedule: Schedule, number: int) -> OpenStretch:
    opens: list[int] = []
    closes: list[int] = []
    for start, end in _spans(schedule, number):
        if closes and start == closes[-1]:
            closes[-1] = end
        else:
            opens.append(start)
            closes.append(end)
    before, total = [], 0
    for start, end in zip(opens, closes, strict=True):
        before.append(total)
        total += end - start
    return OpenStretch(opens, closes, before, total)


def _spans(schedule: Schedule, number: int) -> Iterator[tuple[int, int]]:
    """Each piece of the stretch with one offset is plain arithmetic on the wall clock's axis."""
    by_year: dict[int, Mapping[date, Windows]] = {}
    for start, end, offset in _pieces(schedule.zone, number):
        first, last = (start + offset) // DAY, (end + offset - 1) // DAY
        for day_number in range(first, last + 1):
            day = date.fromordinal(EPOCH_DAY + day_number)
            if day.year not in by_year:
                by_year[day.year] = schedule.exceptions(day.year)
            midnight = day_number * DAY - offset
            for opening, closing in schedule.windows_on(day, by_year[day.year]):
                opens, closes = max(midnight + opening, start), min(midnight + closing, end)
                if opens < closes:
                    yield opens * MICROS, closes * MICROS


def _pieces(zone: ZoneInfo, number: int) -> Iterator[tuple[int, int, int]]:
    """(start, end, offset from UTC) in seconds; a new piece wherever the offset changes."""
    start, end = number * STRETCH, (number + 1) * STRETCH
    offset = _offset(zone, start)
    for midnight in (*range(start + DAY, end, DAY), end - 1):
        if _offset(zone, midnight) != offset:
            change = _first_change(zone, max(start, midnight - DAY), midnight, offset)
            yield start, change, offset
            start, offset = change, _offset(zone, change)
    yield start, end, offset


def _offset(zone: ZoneInfo, moment: int) -> int:
    there = (EPOCH + timedelta(seconds=moment)).astimezone(zone)
    return (there.replace(tzinfo=UTC) - EPOCH) // timedelta(seconds=1) - moment


def _first_change(zone: ZoneInfo, before: int, after: int, offset: int) -> int:
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


ALWAYS = Schedule(ZoneInfo("UTC"), (((0, DAY),),) * 7)
"""Calendar time, as a schedule that never closes."""
