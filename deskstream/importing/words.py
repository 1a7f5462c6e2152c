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
FORMATS = ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M", "%d-%m-%Y %H:%M", "%Y/%m/%d %H:%M")
FIRST_IN_MILLISECONDS = 100_000_000_000


def time_of(text: str) -> datetime | None:
    """ISO 8601 in any spelling, seconds or milliseconds since 1970, RFC 5322, or day first.

    None where it is none of these; without a zone it is UTC.
    """
    found = _iso(text) or _epoch(text) or _mail(text) or _day_first(text)
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


def _day_first(text: str) -> datetime | None:
    for form in FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
