"""Whether one sender writes more than a person would: a loop, a machine, an attack."""

from collections.abc import Mapping
from datetime import datetime

MINUTES = 10


def minute_of(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def counted(minutes: Mapping[str, int], at: datetime) -> dict[str, int]:
    """With one message more, and without the minutes that no longer matter."""
    now = minute_of(at)
    recent = {m: n for m, n in minutes.items() if now - int(m) < MINUTES}
    recent[str(now)] = recent.get(str(now), 0) + 1
    return recent


def messages_within(minutes: Mapping[str, int], at: datetime) -> int:
    now = minute_of(at)
    return sum(n for m, n in minutes.items() if 0 <= now - int(m) < MINUTES)
