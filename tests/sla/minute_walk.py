"""A desk's time counted minute by minute once, so that many questions can be asked of it.

Knows nothing of spans, years or offsets: it looks at the wall clock in each minute, as
`reference.py` does, and keeps a running sum.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from tests.sla.reference import MINUTE, IsOpen

MS = timedelta(milliseconds=1)
MINUTE_MS = 60_000


class Walked:
    """`begin` on a whole minute; answers hold up to `begin` plus `minutes`."""

    def __init__(self, begin: datetime, minutes: int, is_open: IsOpen) -> None:
        self._begin = begin
        self._open: list[bool] = [is_open(begin + number * MINUTE) for number in range(minutes)]
        self._before: list[int] = [0, *accumulate(self._open)]  # open minutes before each minute

    def counted_ms(self, moment: datetime) -> int:
        """Open time since `begin`."""
        minute, rest = divmod((moment - self._begin) // MS, MINUTE_MS)
        return self._before[minute] * MINUTE_MS + (rest if self._open[minute] else 0)

    def elapsed_ms(self, start: datetime, end: datetime) -> int:
        return max(self.counted_ms(end) - self.counted_ms(start), 0) if end > start else 0

    def due_at(self, start: datetime, target_ms: int) -> datetime | None:
        """None where that lies beyond the minutes that were walked."""
        if not target_ms:
            return self._next_open(start)
        wanted = self.counted_ms(start) + target_ms
        after = bisect_left(self._before, wanted / MINUTE_MS)  # the first minute's start by which
        if after == len(self._before):
            return None
        missing = self._before[after] * MINUTE_MS - wanted
        return self._begin + after * MINUTE - missing * MS

    def _next_open(self, start: datetime) -> datetime | None:
        minute = (start - self._begin) // MINUTE
        if self._open[minute]:
            return start
        later = (n for n in range(minute, len(self._open)) if self._open[n])
        found = next(later, None)
        return None if found is None else self._begin + found * MINUTE

    def due_with_holds(
        self, start: datetime, target_ms: int, holds: Sequence[tuple[datetime, datetime]]
    ) -> datetime | None:
        """The same desk, shut for this clock during its holds (on whole minutes)."""
        held = Walked.__new__(Walked)
        held._begin = self._begin
        held._open = list(self._open)
        for first, last in holds:
            low = max((first - self._begin) // MINUTE, 0)
            high = min((last - self._begin) // MINUTE, len(held._open))
            held._open[low:high] = [False] * max(high - low, 0)
        held._before = [0, *accumulate(held._open)]
        return held.due_at(start, target_ms)
