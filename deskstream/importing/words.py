"""Other systems' words for what is the same everywhere: statuses, priorities, types, times."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from shared.contracts.fields import Priority, Status, TicketType

STATUSES: Mapping[str, Status] = {
    "new": Status.NEW,
    "open": Status.OPEN,
    "in progress": Status.IN_PROGRESS,
    "in_progress": Status.IN_PROGRESS,
    "pending": Status.PENDING,
    "waiting on customer": Status.PENDING,
    "waiting": Status.PENDING,
    "hold": Status.ON_HOLD,
    "on hold": Status.ON_HOLD,
    "on_hold": Status.ON_HOLD,
    "waiting on third party": Status.ON_HOLD,
    "solved": Status.RESOLVED,
    "resolved": Status.RESOLVED,
    "done": Status.RESOLVED,
    "closed": Status.CLOSED,
}
PRIORITIES: Mapping[str, Priority] = {
    "low": Priority.LOW,
    "medium": Priority.MEDIUM,
    "normal": Priority.MEDIUM,
    "high": Priority.HIGH,
    "urgent": Priority.CRITICAL,
    "critical": Priority.CRITICAL,
}
TYPES: Mapping[str, TicketType] = {
    "incident": TicketType.INCIDENT,
    "problem": TicketType.INCIDENT,
    "question": TicketType.QUESTION,
    "task": TicketType.SERVICE_REQUEST,
    "service request": TicketType.SERVICE_REQUEST,
    "service_request": TicketType.SERVICE_REQUEST,
    "feature request": TicketType.SERVICE_REQUEST,
    "complaint": TicketType.COMPLAINT,
}
# %d and %m change places where the month comes first, but only between slashes.
SLASHED = ("%d/%m/%Y", "%d/%m/%y")
DATES = ("%d.%m.%Y", "%d.%m.%y", "%d-%m-%Y", "%Y/%m/%d", "%d/%b/%y", "%d %b %Y", "%b %d, %Y")
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
FEWEST_DIGITS = 9  # of seconds since 1970: fewer are a year, a day or a number of something
FIRST_IN_MILLISECONDS = 100_000_000_000


def time_of(text: str, *, month_first: bool = False) -> datetime | None:
    """ISO 8601 in any spelling, seconds or milliseconds since 1970, as people write it, RFC 5322.

    03/02/2024 is in February, or with `month_first` in March: which it is no file says, and a
    guess by the day's number would mix both. None where it is no time; without a zone it is UTC.
    """
    found = _iso(text) or _epoch(text) or _written(text, month_first=month_first) or _mail(text)
    if found is None:
        return None
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return None


def _epoch(text: str) -> datetime | None:
    if len(text.partition(".")[0]) < FEWEST_DIGITS:
        return None
    try:
        seconds = float(text)
        scale = 1_000 if seconds >= FIRST_IN_MILLISECONDS else 1
        return datetime.fromtimestamp(seconds / scale, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _mail(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None


def _written(text: str, *, month_first: bool) -> datetime | None:
    tidy = " ".join(text.replace(", ", ",").replace(",", ", ").split())
    slashed = [each.replace("%d/%m", "%m/%d") for each in SLASHED] if month_first else SLASHED
    for form in (date + clock for date in (*slashed, *DATES) for clock in CLOCKS):
        try:
            return datetime.strptime(tidy, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
