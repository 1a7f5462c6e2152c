"""Dead letters: what a record takes with it, and when there are too many of them."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from shared.contracts.envelope import deterministic_id, format_time
from shared.contracts.topics import DEAD_LETTERS
from shared.kit.decoding import LETTER_ATTEMPTS, LETTER_ID, REDRIVE_GROUP
from shared.kit.records import Headers, Publication, Record
from shared.kit.unit import Document

COLLECTION = "dead_letters"
LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Letter:
    """A record that was put away. `waits_for`: only because an earlier one of its ticket was."""

    id: str
    record: Record
    group: str
    reason: str
    at: datetime
    attempts: int
    subject: str = ""
    waits_for: str | None = None

    def headers(self) -> Headers:
        kept = tuple(pair for pair in self.record.headers if not pair[0].startswith("dlq-"))
        texts = {
            LETTER_ID: self.id,
            "dlq-topic": self.record.topic,
            "dlq-partition": str(self.record.partition),
            "dlq-offset": str(self.record.offset),
            "dlq-timestamp": str(self.record.timestamp_ms),
            "dlq-group": self.group,
            "dlq-error": self.reason,
            LETTER_ATTEMPTS: str(self.attempts),
            "dlq-at": format_time(self.at),
        }
        if self.waits_for is not None:
            texts["dlq-waits-for"] = self.waits_for
        return kept + tuple((name, text.encode()) for name, text in texts.items())

    def publication(self) -> Publication:
        record = self.record
        return Publication(DEAD_LETTERS.name, record.key, record.value, self.headers())

    def document(self) -> Document:
        """What the dead-letter tool reads; `order` sorts a group's letters as they were met."""
        record = self.record
        return {
            "_id": self.id,
            "group": self.group,
            "state": "open",
            "subject": self.subject,
            "reason": self.reason,
            "waits_for": self.waits_for,
            "attempts": self.attempts,
            "at": self.at,
            "order": f"{format_time(self.at)}/{record.at}/{record.offset:020}",
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "timestamp_ms": record.timestamp_ms,
            "key": record.key,
            "value": record.value,
            "headers": [[name, value] for name, value in record.headers],
        }


def letter_for(
    record: Record,
    *,
    group: str,
    reason: str,
    at: datetime,
    attempts: int,
    subject: str,
    known_id: str | None = None,
    waits_for: str | None = None,
) -> Letter:
    """`known_id`: the record was redriven and failed again, so it is the same letter still."""
    return Letter(
        id=known_id or deterministic_id("letter", group, record.position),
        record=record,
        group=group,
        reason=" ".join(reason.split())[:LONGEST_REASON],
        at=at,
        attempts=attempts,
        subject=subject,
        waits_for=waits_for,
    )


def redriven(document: Document) -> Publication:
    """The original once more, for the one group that could not handle it."""
    headers = tuple((name, value) for name, value in document["headers"])
    headers = tuple(pair for pair in headers if not pair[0].startswith("dlq-"))
    texts = {
        REDRIVE_GROUP: document["group"],
        LETTER_ID: document["_id"],
        LETTER_ATTEMPTS: str(document["attempts"]),
    }
    headers += tuple((name, text.encode()) for name, text in texts.items())
    return Publication(document["topic"], document["key"], document["value"], headers)


@dataclass(slots=True)
class LetterLimit:
    """When dead letters mean that we are broken, not the input.

    Trips at a run of `run` dead letters, or at more than `share` of the last `window` inputs once
    these are that many. A bad deploy must not empty the log.
    """

    run: int = 50
    share: float = 0.25
    window: int = 400
    _recent: deque[bool] = field(default_factory=deque)
    _current_run: int = 0

    def note(self, *, dead: bool) -> str | None:
        """Why the stage must stop, if it must."""
        self._current_run = self._current_run + 1 if dead else 0
        self._recent.append(dead)
        if len(self._recent) > self.window:
            self._recent.popleft()
        if self._current_run >= self.run:
            return f"{self._current_run} dead letters in a row (limit {self.run})"
        dead_recently = sum(self._recent) if dead else 0
        if dead and len(self._recent) >= self.window and dead_recently > self.share * self.window:
            return f"{dead_recently} dead letters in the last {self.window} inputs"
        return None
