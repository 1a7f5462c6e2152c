"""When a mail says that it was sent: RFC 5322, and what is written instead."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = 200
COMMENT = re.compile(r"\([^()]*\)?")
ISO = re.compile(
    r"\s*(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,]\d{1,9})?\s*(Z|[+-]\d\d:?\d\d)?"
)
OFFSET = re.compile(r"(?:GMT|UTC|UT)?\s?([+-])(\d{1,2}):?(\d\d)?(?:\s[A-Z]{2,5})?\s*\Z")
ZONE = re.compile(r"(?<![A-Za-z])([A-Z]{3,5})(?![A-Za-z+-])")
HALF = re.compile(r"(\d{1,2})([:.]\d\d(?:[:.]\d\d)?)\s?([AaPp])\.?[Mm]\.?(?![A-Za-z])")
LEAP_SECOND = re.compile(r"(:[0-5]\d):60\b")
NOON = 12
# Hours east; what the standard library knows (North America) is not repeated.
ZONES = {
    "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MET": 1, "MEZ": 1, "CEST": 2, "MEST": 2, "MESZ": 2,
    "EET": 2, "SAST": 2, "EEST": 3, "MSK": 3, "TRT": 3, "IST": 5.5, "PKT": 5, "ICT": 7, "WIB": 7,
    "SGT": 8, "HKT": 8, "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "AEST": 10, "AEDT": 11,
    "NZST": 12, "NZDT": 13, "BRT": -3, "ART": -3, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip


def date_of(value: str) -> datetime | None:
    """None for no date or an impossible one; without a zone it is taken for UTC."""
    value = COMMENT.sub(" ", value[:LONGEST]).strip()
    try:
        found = _iso(value) or parsedate_to_datetime(_regular(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _iso(value: str) -> datetime | None:
    found = ISO.fullmatch(value)
    return datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3] or ''}") if found else None


def _regular(value: str) -> str:
    """In the form that the standard library reads."""
    value = LEAP_SECOND.sub(r"\1:59", HALF.sub(_of_24_hours, value))
    zone = ZONE.search(value)
    if zone and zone[1] in ZONES:
        value = value[: zone.start()] + value[zone.end() :] + _written(ZONES[zone[1]])
    return OFFSET.sub(lambda found: f" {found[1]}{found[2]:0>2}{found[3] or '00'}", value)


def _of_24_hours(found: re.Match[str]) -> str:
    hour = int(found[1]) % NOON + (NOON if found[3] in "Pp" else 0)
    return f"{hour:02}{found[2]}"


def _written(hours: float) -> str:
    minutes = timedelta(hours=abs(hours)) // timedelta(minutes=1)
    return f" {'-' if hours < 0 else '+'}{minutes // 60:02}{minutes % 60:02}"
