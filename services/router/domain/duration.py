"""How long something may take, as people write it: 90s, 10m, 4h, 1d."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=365)


def parse_duration(value: Any) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'must be a duration such as 90s, 10m, 4h or 1d, not "{value}"')
    duration = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not timedelta(0) < duration <= _LONGEST:
        raise ValueError(f"must be more than 0 and at most 365d, not {value}")
    return duration


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
