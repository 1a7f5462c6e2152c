"""How a question about business time may be spelled: its moments, its length, its holds."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from services.sla.domain.schedule import EPOCH

Spelled = Mapping[str, Any]
OpenHold = tuple[datetime, datetime | None]
"""Without an end a clock stands still for good."""

SPAN_STARTS = (
    *("start", "from", "begin", "open", "opens"),
    *("startutc", "pausedat", "starttime", "opentime"),
)
SPAN_ENDS = (
    *("end", "to", "until", "close", "closes"),
    *("endutc", "resumedat", "endtime", "closetime"),
)
UNITS = {"milliseconds": 0.001, "seconds": 1, "minutes": 60, "hours": 3_600}

_UTC_SUFFIX = re.compile(r"\s*(?:[zZ]|UTC|GMT)$")
_ZONE_BESIDE_OFFSET = re.compile(r"(?<=[\dzZ])\[[^\]]+\]$")


class FormError(ValueError):
    """What is wrong with the question, in a line."""


@contextmanager
def reading(field: str) -> Iterator[None]:
    """What is wrong in there is said with the field's name before it."""
    try:
        yield
    except FormError as error:
        raise FormError(f"{field}: {error}") from None


def first_of(spelled: Spelled, names: Iterable[str]) -> Any:
    """The value under the first of these names that is given: `startTime` and `start_time` are one.

    The names are in small letters, without anything between their words.
    """
    given = {
        str(name).lower().replace("_", ""): value
        for name, value in spelled.items()
        if value is not None
    }
    return next((given[name] for name in names if name in given), None)


def moment_of(value: Any, name: str, zone: tzinfo) -> datetime:
    """ISO 8601, where it has no offset the calendar's local time; or seconds since 1970."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return EPOCH + timedelta(seconds=value)
        text = _ZONE_BESIDE_OFFSET.sub("", str(value).strip())
        moment = datetime.fromisoformat(_UTC_SUFFIX.sub("+00:00", text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        written = "a time such as 2026-03-02T09:00:00Z"
        raise FormError(f'{name} must be {written}, not "{value}"') from None


def holds_of(holds: Any, zone: tzinfo) -> list[OpenHold]:
    if isinstance(holds, Mapping):
        holds = [holds]
    if not isinstance(holds, list | None):
        raise FormError(f'holds must be a list of pairs of times, not "{holds}"')
    return [_hold(hold, zone) for hold in holds or ()]


def _hold(hold: Any, zone: tzinfo) -> OpenHold:
    if isinstance(hold, Mapping):
        hold = first_of(hold, SPAN_STARTS), first_of(hold, SPAN_ENDS)
    if not isinstance(hold, list | tuple) or len(hold) != 2:  # noqa: PLR2004 - a pair
        raise FormError(f'each of holds must be a pair of times, not "{hold}"')
    start, end = hold
    until = None if end is None else moment_of(end, "the end of one of holds", zone)
    return moment_of(start, "the start of one of holds", zone), until


def length_of(question: Spelled) -> timedelta:
    """`seconds`, or else minutes or hours: of the same length where several are given."""
    for unit, factor in sorted(UNITS.items(), key=lambda item: item[0] != "seconds"):
        if (amount := first_of(question, (unit,))) is not None:
            return _length(amount, unit, factor)
    raise FormError(f"seconds are missing; add needs one of {', '.join(UNITS)}")


def _length(amount: Any, unit: str, factor: float) -> timedelta:
    try:
        if not isinstance(amount, bool):
            return timedelta(seconds=float(amount) * factor)
    except (TypeError, ValueError, OverflowError):
        pass
    raise FormError(f'{unit} must be a number, not "{amount}"')
