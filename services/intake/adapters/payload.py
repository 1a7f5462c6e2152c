"""What an adapter is given: the bytes as they came, and what the door knew of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from services.intake.domain.message import Parsed, UnreadableError

LARGEST_JSON = 4_194_304
FIRST_IN_MILLISECONDS = 100_000_000_000  # in seconds that would be the year 5138
DEEPEST_ANSWER = 8  # levels; what is deeper stays JSON
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Payload:
    """`is_ours` says whether a Message-ID is one of ours, by its signature.

    What the mail `servers` of these names found out about a sender is believed.
    """

    value: bytes
    channel: str
    mailbox: str | None = None
    content_type: str | None = None  # as the door was told; only a form's boundary is read from it
    is_ours: Callable[[str], bool] = lambda _: False
    servers: Sequence[str] = ()

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


def payloads_in(value: bytes) -> list[bytes]:
    """A file may hold a list of payloads, as queues and recordings of webhooks do."""
    if value.lstrip()[:1] != b"[" or len(value) > LARGEST_JSON:
        return [value]
    try:
        listed = orjson.loads(value)
    except orjson.JSONDecodeError:
        return [value]
    return [orjson.dumps(each) for each in objects(listed)] or [value]


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


def lines_of(value: Any, label: str = "", *, levels: int = DEEPEST_ANSWER) -> Iterator[str]:
    """A line for each answer of a form that came as JSON: `place.town: Vigo`."""
    if levels and isinstance(value, dict):
        for name, inner in value.items():
            yield from lines_of(inner, f"{label}.{name}" if label else name, levels=levels - 1)
    elif levels and isinstance(value, list) and any(isinstance(e, dict | list) for e in value):
        for i, each in enumerate(value):
            yield from lines_of(each, f"{label}.{i + 1}" if label else "", levels=levels - 1)
    elif value is not None:
        yield f"{label}: {_answer(value)}" if label else _answer(value)


def _answer(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(each if isinstance(each, str) else str(each) for each in value)
    return value if isinstance(value, str) else orjson.dumps(value).decode()


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
