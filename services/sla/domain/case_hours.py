"""How the hours of a day may be spelled in a question: pairs, texts, objects, of many systems."""

import re
from collections.abc import Mapping
from typing import Any

from services.sla.domain.case_form import SPAN_ENDS, SPAN_STARTS, FormError, Spelled, first_of

WINDOWS = ("timeframes", "windows", "hours", "intervals", "ranges", "workinghours")
IF_OPEN = ("active", "enabled", "isopen", "isworkingday", "workingday")
IF_CLOSED = ("closed", "closedallday", "isclosed", "dayoff")
IF_ALL_DAY = ("openallday", "allday", "alwaysopen", "isalwaysopen")
WHOLE_DAY = "00:00-24:00"
ALL_TEXTS = ("24/7", "24x7", "24h", "always", "all day", "allday")

_IS_TIME = re.compile(r"\d{1,2}(:\d\d){1,2}")
_WRITTEN = re.compile(r"(\d{1,2})(?::?(\d\d))?(:\d\d)?\s*(?:([ap])\.?m\.?)?", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:[-–]|\bto\b)\s*")  # noqa: RUF001 - people type both dashes
NOON = 12


def windows_of(value: Any) -> tuple[str, ...]:
    """One day's windows, as `09:00-17:00` each."""
    if value in (None, False, "closed", "", [], {}):
        return ()
    if isinstance(value, Mapping):
        return _windows_of_object(value)
    if isinstance(value, str) or _is_pair(value):
        return _window(value)
    if not isinstance(value, list | tuple):
        raise FormError(f'hours of a day must be a list of pairs, not "{value}"')
    return tuple(text for window in value for text in _window(window))


def _windows_of_object(day: Spelled) -> tuple[str, ...]:
    if first_of(day, IF_OPEN) is False or first_of(day, IF_CLOSED) is True:
        return ()
    if first_of(day, IF_ALL_DAY) is True:
        return (WHOLE_DAY,)
    if (inner := first_of(day, WINDOWS)) is not None:
        return windows_of(inner)
    if first_of(day, SPAN_STARTS) is not None:
        return _window(day)
    return tuple(text for pair in day.items() for text in _window(pair))  # {"09:00": "17:00"}


def is_window(value: Any) -> bool:
    return isinstance(value, Mapping) and first_of(value, SPAN_STARTS) is not None


def _is_pair(value: Any) -> bool:
    """`["09:00", "17:00"]`, which is one window, not two."""
    return (
        isinstance(value, list | tuple)
        and len(value) == 2  # noqa: PLR2004 - a pair
        and all(isinstance(each, str) and _IS_TIME.fullmatch(each.strip()) for each in value)
    )


def _window(value: Any) -> tuple[str, ...]:
    """None for one that ends as it begins; from midnight to midnight is the whole day."""
    pair = _ends(value)
    if not isinstance(pair, list | tuple) or len(pair) != 2 or None in pair:  # noqa: PLR2004
        raise FormError(f'"{value}" is no opening window; write it as ["09:00", "17:00"]')
    opens, closes = (_clock(each) for each in pair)
    if opens == closes:
        return (WHOLE_DAY,) if opens == "00:00" else ()
    return (f"{opens}-{closes}",)


def _ends(value: Any) -> Any:
    if isinstance(value, Mapping):
        return first_of(value, SPAN_STARTS), first_of(value, SPAN_ENDS)
    if isinstance(value, str):
        text = WHOLE_DAY if value.strip().lower() in ALL_TEXTS else value.strip()
        return _BETWEEN.split(text)
    return value


def _clock(value: Any) -> str:
    """`9`, `900`, `9 am` and `09:00` are one; what is no time stays as it is, to be told of."""
    written = _WRITTEN.fullmatch(str(value).strip())
    if written is None:
        return str(value)
    hour, minutes, seconds, half = int(written[1]), written[2] or "00", written[3], written[4]
    if half is not None:
        hour = hour % NOON + (NOON if half.lower() == "p" else 0)
    return f"{hour:02d}:{minutes}{'' if seconds in (None, ':00') else seconds}"
