"""A ticket's clocks drawn for the terminal: one axis of time, a bar for each clock."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.text import Text

from services.sla.domain.business_time import elapsed
from services.sla.domain.clock_story import ClockStory, Span
from services.sla.domain.duration import written
from services.sla.domain.schedule import Schedule

OPEN, SHUT, PAUSED, NONE = "━", "╌", "░", " "
STYLES = {OPEN: "cyan", SHUT: "dim", PAUSED: "yellow", NONE: ""}
LEGEND = "━ counts  ╌ desk closed  ░ paused  ! warned  ✖ breached  ◇ due  ✔ met"


class Drawing:
    """`now` ends the clocks that still run. Times are shown in `zone`.

    Where nothing has happened for long, the axis ends before `now`, so that one sees what did.
    """

    def __init__(
        self,
        stories: Sequence[ClockStory],
        schedules: Mapping[str, Schedule],
        *,
        now: datetime,
        zone: ZoneInfo,
        width: int,
    ) -> None:
        self._stories, self._schedules = stories, schedules
        self._now, self._zone = now, zone
        self._start = min(story.started_at for story in stories)
        last = max(self._start + timedelta(seconds=1), *(_last_moment(each) for each in stories))
        until_now = max(now, last) if any(story.open for story in stories) else last
        self._end = min(until_now, last + (last - self._start) / 2)
        self._cut = self._end < until_now
        self._width = max(width - 4, 20)
        self._column = (self._end - self._start) / self._width

    def lines(self) -> Iterator[Text]:
        yield self._axis()
        for story in self._stories:
            yield Text()
            yield self._head(story)
            yield Text("  ") + self._bar(story)
            yield from (Text("  ") + line for line in self._facts(story))
        yield Text()
        yield Text(LEGEND, "dim")

    def _axis(self) -> Text:
        start = self._time(self._start)
        end = f"{self._time(self._end)}{' …' * self._cut} {self._zone}"
        return Text(f"  {start}{end.rjust(max(self._width - len(start), len(end) + 1))}", "dim")

    def _head(self, story: ClockStory) -> Text:
        target = written(timedelta(seconds=story.target_seconds))
        style = "red" if story.breached_at else "green" if story.met else ""
        cycle = f" {story.cycle}" if story.cycle > 1 else ""
        return Text.assemble(
            (f"{story.metric}{cycle}", "bold"),
            f"  {target} in {story.schedule}  ",
            (self._outcome(story), style),
        )

    def _outcome(self, story: ClockStory) -> str:
        if story.met is not None:
            late = "late" if story.met.late else "in time"
            return f"met {late}, after {_span(story.met.elapsed_seconds)}"
        if not story.open:
            return "ended: nobody waits for it any more"
        if story.due_at is None:
            return f"stands still with {_span(story.remaining_seconds or 0)} left"
        if story.breached_at is not None:
            return f"missed {_ago(self._now - story.breached_at)}"
        return f"runs, due in {_ago(story.due_at - self._now)}"

    def _bar(self, story: ClockStory) -> Text:
        bar = Text()
        for column in range(self._width):
            mark = self._cell(story, self._start + self._column * (column + 0.5))
            over = story.breached_at is not None and self._at(story.breached_at) <= column
            bar.append(mark, "red" if over and mark in (OPEN, SHUT) else STYLES[mark])
        for moment, mark, style in _marks(story):
            place = self._at(moment)
            bar = bar[:place] + Text(mark, style) + bar[place + 1 :]
        return bar

    def _cell(self, story: ClockStory, moment: datetime) -> str:
        span = _span_at(story, moment, self._now)
        if span is None:
            return NONE
        if not span.running:
            return PAUSED
        schedule = self._schedules.get(story.schedule)
        half = self._column / 2
        if schedule is None or elapsed(moment - half, moment + half, schedule):
            return OPEN
        return SHUT

    def _at(self, moment: datetime) -> int:
        return min(max(int((moment - self._start) / self._column), 0), self._width - 1)

    def _facts(self, story: ClockStory) -> Iterator[Text]:
        for moment, what, style in sorted(_happenings(story), key=lambda each: each[0]):
            yield Text(f"{self._time(moment)}  ", "dim") + Text(what, style)

    def _time(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%a %Y-%m-%d %H:%M:%S}"


def _last_moment(story: ClockStory) -> datetime:
    """Of what has happened on it, or is due."""
    moments = [moment for moment, _, _ in (*_happenings(story), *_marks(story))]
    return max(*moments, story.ended_at or story.started_at)


def _span_at(story: ClockStory, moment: datetime, now: datetime) -> Span | None:
    for span in story.spans:
        if span.start <= moment < (span.end or now):
            return span
    return None


def _marks(story: ClockStory) -> Iterator[tuple[datetime, str, str]]:
    """A later one of the same column covers those before it."""
    if story.due_at is not None:
        yield story.due_at, "◇", "bold"
    for moment, _ in story.warnings:
        yield moment, "!", "bold yellow"
    if story.breached_at is not None:
        yield story.breached_at, "✖", "bold red"
    if story.met is not None:
        yield story.met.fulfilled_at, "✔", "bold green"


def _happenings(story: ClockStory) -> Iterator[tuple[datetime, str, str]]:
    yield story.started_at, f"started under {story.policy} ({story.policy_version})", ""
    for moment, reason in story.retargets:
        yield moment, f"new target: {reason}", "cyan"
    for before, after in zip(story.spans, story.spans[1:], strict=False):
        word = "went on" if after.running else "paused"
        yield after.start, word if before.end == after.start else f"{word} again", "yellow"
    for moment, level in story.warnings:
        yield moment, f"warned: {level}", "yellow"
    if story.breached_at is not None:
        yield story.breached_at, "breached", "red"
    elif story.due_at is not None:
        yield story.due_at, "due", "bold"
    if story.met is not None:
        calendar = _span(story.met.calendar_seconds)
        yield story.met.fulfilled_at, f"met, {calendar} after its start by the calendar", "green"
    if story.corrected is not None:
        yield story.started_at, f"a breach was taken back: {story.corrected} in time", "green"


def _span(seconds: float) -> str:
    sign = "-" if seconds < 0 else ""
    return sign + written(timedelta(seconds=abs(seconds)))


def _ago(span: timedelta) -> str:
    return f"{_span(span.total_seconds())} by the calendar"
