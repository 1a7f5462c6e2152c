"""Live chat: what a visitor writes now, or the transcript of a session that is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.intake.adapters.canonical import read_canonical
from services.intake.adapters.payload import Json, Payload, member, moment_at, objects, text_at
from services.intake.adapters.rfc822.charsets import readable
from services.intake.domain.identity import normal_address
from services.intake.domain.message import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    IncomingMessage,
    NoMessage,
    Parsed,
    Person,
    UnreadableError,
)

CHANNEL = "chat"
# Chat widgets agree on little but the idea: each name is one that some of them use.
WRAPPERS = ("data", "chat", "payload", "conversation", "ticket")
SESSIONS = ("session", "session_id", "sessionId", "chatId", "chat_id", "conversation_id")
VISITORS = ("visitor", "customer", "contact", "user", "sender", "requester")
LINES = ("messages", "transcript", "history", "items")
WORDS = ("text", "body", "msg", "content", "message")
TIMES = ("at", "time", "timestamp", "created_at", "createdAt", "sent_at", "date")
AUTHORS = ("from", "author", "role", "sender", "sender_type", "message_type", "type")
ADDRESSES = ("email", "address", "phone", "id", "user_id", "userId", "customer_id")
NAMES = ("name", "nickname", "display_name", "full_name", "username")
OURS = frozenset(
    {"agent", "operator", "bot", "system", "admin", "a", "s", "assistant", "staff"}
    | {"outgoing", "template", "activity"}
)
MOST_LINES = 2_000


def read_chat(payload: Payload) -> list[Parsed]:
    """Canonical JSON is read as such; it has a `sender` and a `text`."""
    body = payload.json()
    if isinstance(body.get("text"), str) and isinstance(body.get("sender"), dict):
        return read_canonical(payload)
    inner: Json = next((body[name] for name in WRAPPERS if isinstance(body.get(name), dict)), {})
    session = _session(body, inner)
    lines = _lines(body) or _lines(inner)
    if lines:
        return [_transcript(session, lines, (body, inner), payload.mailbox)]
    return [_line(session, (body, inner), payload.mailbox)]


def _transcript(
    session: str | None, lines: Sequence[Json], places: Sequence[Json], mailbox: str | None
) -> Parsed:
    visitor = _visitor(places, lines)
    told = [(_is_ours(line), _told(line, visitor)) for line in lines]
    if not any(not ours and text for ours, text in told):
        return NoMessage("a chat in which the visitor wrote nothing")
    return IncomingMessage(
        channel=CHANNEL,
        sender=visitor,
        text=readable("\n".join(text for _, text in told if text))[:LONGEST_TEXT],
        subject=_subject(places),
        external_id=f"{session}:transcript" if session else None,
        mailbox=mailbox,
        conversation=_conversation(session, visitor),
        sent_at=next((at for line in reversed(lines) if (at := _time(line))), None),
    )


def _line(session: str | None, places: Sequence[Json], mailbox: str | None) -> Parsed:
    """`message` may be the text itself, or an object with author, text and time."""
    nested = [member(place, "message") for place in places]
    line = next((each for each in nested if each), None)
    line = line or next((place for place in places if _first(place, WORDS)), {})
    text = _first(line, WORDS)
    if text is None and (event := _first(places[0], ("event",))):
        return NoMessage(f"chat {event[:40]}")
    if text is None:
        raise UnreadableError("a chat needs a message with a text, or a list of messages")
    if _is_ours(line) or line.get("private") is True:
        return NoMessage("a chat message of our own side")
    visitor = _visitor(places, [line])
    external_id = _first(line, ("id", "message_id", "messageId", "fingerprint"))
    return IncomingMessage(
        channel=CHANNEL,
        sender=visitor,
        text=readable(text)[:LONGEST_TEXT],
        subject=_subject(places),
        external_id=f"{session}:{external_id}" if external_id and external_id != session else None,
        mailbox=mailbox,
        conversation=_conversation(session, visitor),
        sent_at=_time(line) or next((at for place in places if (at := _time(place))), None),
    )


def _session(body: Json, inner: Json) -> str | None:
    """An id alone is the session's where it stands in the session, else it may be the message's."""
    named = _first(body, SESSIONS) or _first(inner, SESSIONS)
    return named or text_at(inner, "id") or text_at(body, "id")


def _lines(place: Json) -> list[Json]:
    return next((found for name in LINES if (found := objects(place.get(name)))), [])[:MOST_LINES]


def _visitor(places: Sequence[Json], lines: Sequence[Json]) -> Person:
    """As the session names him, else as the first line of his does."""
    holders = [member(place, name) for place in places for name in VISITORS]
    theirs = [line for line in lines if not _is_ours(line)]
    holders += [member(line, name) for line in theirs for name in (*VISITORS, "author", "from")]
    known = [each for each in holders if each]
    address = next((t for name in ADDRESSES for each in known if (t := text_at(each, name))), None)
    address = address or next((t for p in places if (t := _first(p, ("email", "phone")))), None)
    address = address or next((t for p in places if (t := _first(p, VISITORS))), None)
    if address is None:
        raise UnreadableError("the chat's visitor has no email, phone or id")
    name = next((text for each in known if (text := _first(each, NAMES))), None)
    name = name or next((t for p in (*places, *theirs) if (t := _first(p, ("name",)))), None)
    return Person(address, readable(name) if name else None)


def _is_ours(line: Json) -> bool:
    return any(_role(line.get(name)) in OURS for name in AUTHORS)


def _role(author: Any) -> str:
    if isinstance(author, dict):
        author = author.get("type") or author.get("role") or author.get("t")
    return author.strip().lower() if isinstance(author, str) else ""


def _told(line: Json, visitor: Person) -> str:
    text = _first(line, WORDS)
    if text is None:
        return ""
    author = member(line, "author") or member(line, "sender") or member(line, "from")
    name = _first(line, ("name",)) or _first(author, (*NAMES, "n"))
    name = name or ("Agent" if _is_ours(line) else visitor.name or "Visitor")
    at = _time(line)
    return f"{f'[{at:%H:%M}] ' if at else ''}{name}: {text}"


def _conversation(session: str | None, visitor: Person) -> str:
    return session or normal_address(visitor.address or "", CHANNEL)


def _subject(places: Sequence[Json]) -> str | None:
    found = next((t for place in places if (t := _first(place, ("subject", "topic")))), None)
    return readable(found)[:LONGEST_SUBJECT] if found else None


def _first(holder: Json, names: Sequence[str]) -> str | None:
    return next((text for name in names if (text := text_at(holder, name))), None)


def _time(holder: Json) -> datetime | None:
    return next((at for name in TIMES if (at := moment_at(holder, name))), None)
