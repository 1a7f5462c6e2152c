"""What an adapter is given: the bytes as they came, and what the door knew of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from services.intake.domain.message import Parsed, UnreadableError

LARGEST_JSON = 4_194_304
FIRST_IN_MILLISECONDS = 100_000_000_000  # in seconds that would be the year 5138
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Payload:
    """`is_ours` says whether a Message-ID is one of ours, by its signature."""

    value: bytes
    channel: str
    mailbox: str | None = None
    content_type: str | None = None  # as the door was told; only a form's boundary is read from it
    is_ours: Callable[[str], bool] = lambda _: False

    def json(self, largest: int = LARGEST_JSON) -> Json:
        """The value as a JSON object; UnreadableError says why it is none."""
        if len(self.value) > largest:
            raise UnreadableError(f"{len(self.value)} bytes of JSON, over {largest}")
        try:
            parsed = orjson.loads(self.value)
        except orjson.JSONDecodeError as error:
            raise UnreadableError(f"the value is no JSON: {error}") from error
        if not isinstance(parsed, dict):
            raise UnreadableError(f"the value is a JSON {type(parsed).__name__}, not an object")
        return parsed


Adapter = Callable[[Payload], Sequence[Parsed]]


def objects(value: Any) -> list[Json]:
    """The objects of a list that may hold, or be, anything."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def member(value: Any, *path: str) -> Json:
    """The object at this path, or an empty one."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text_at(value: Any, *path: str) -> str | None:
    """The text at this path; numbers count as text, empty text as none."""
    holder = member(value, *path[:-1])
    found = holder.get(path[-1])
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    return str(found).strip() or None


def moment_at(value: Any, *path: str) -> datetime | None:
    """The time at this path: seconds or milliseconds since 1970, or ISO 8601; None for neither."""
    text = text_at(value, *path)
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return _iso_time(text)
    try:
        return datetime.fromtimestamp(
            seconds / 1000 if seconds >= FIRST_IN_MILLISECONDS else seconds, UTC
        )
    except (ValueError, OverflowError, OSError):
        return None


def _iso_time(text: str) -> datetime | None:
    """Without a zone it is taken for UTC. Year 1 is what Go writes for no time at all."""
    try:
        found = datetime.fromisoformat(text[:40].upper())
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year > 1 else None
