"""How long a target is, as people write it: `15m`, `4h`, `1h30m`, `2d`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_WRITTEN = re.compile(r"(?:\d+\s*[dhms]\s*)+")
_PART = re.compile(r"(\d+)\s*([dhms])")
LONGEST = timedelta(days=3_660)
SECOND_MS = 1_000


def parse_duration(text: object) -> timedelta:
    """A day is 24 hours of the time that is counted, also where only open hours are."""
    if isinstance(text, timedelta):
        return text
    if not isinstance(text, str) or not _WRITTEN.fullmatch(text.strip()):
        raise ValueError(f'must be a duration such as 15m, 4h, 1h30m or 2d, not "{text}"')
    total = timedelta()
    for amount, unit in _PART.findall(text):
        if len(amount) > 9:  # noqa: PLR2004 - far beyond LONGEST in any unit
            raise ValueError(f'"{text}" is longer than ten years')
        total += timedelta(**{_UNITS[unit]: int(amount)})
    if not timedelta(0) < total <= LONGEST:
        raise ValueError(f'must be more than nothing and at most ten years, not "{text}"')
    return total


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


def milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


def written(span: timedelta) -> str:
    """`48h`, `1h30m`: the shortest spelling in hours, minutes and seconds."""
    seconds = int(span.total_seconds())
    parts = (seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")
    return "".join(f"{amount}{unit}" for amount, unit in parts if amount) or "0s"
