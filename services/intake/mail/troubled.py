"""Mails of a mailbox that could not be fetched or moved: the others do not wait for them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.intake.mail.imap import Waiting

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(hours=1)
MOST_DOUBLINGS = 12
MOST_NAMED = 5


@dataclass(slots=True)
class _Trouble:
    tries: int
    again_at: datetime
    reason: str


@dataclass(slots=True)
class Troubled:
    """Each is tried again after pauses that grow, for as long as it lies there."""

    _troubles: dict[Waiting, _Trouble] = field(default_factory=dict)
    _in_kafka: set[Waiting] = field(default_factory=set)

    def in_turn(self, mails: Iterable[Waiting], now: datetime) -> list[Waiting]:
        """Whose turn it is now, those without trouble first."""
        there = list(mails)
        self._troubles = {mail: self._troubles[mail] for mail in there if mail in self._troubles}
        self._in_kafka.intersection_update(there)
        ready = [m for m in there if m not in self._troubles or self._troubles[m].again_at <= now]
        return sorted(ready, key=lambda mail: mail in self._troubles)

    def failed(self, mail: Waiting, now: datetime, reason: str) -> None:
        tries = self._troubles[mail].tries if mail in self._troubles else 0
        pause = min(FIRST_PAUSE * 2 ** min(tries, MOST_DOUBLINGS), LONGEST_PAUSE)
        self._troubles[mail] = _Trouble(tries + 1, now + pause, reason)

    def taken(self, mail: Waiting) -> None:
        """Kafka has it, so that only moving it is left to do."""
        self._in_kafka.add(mail)

    def is_taken(self, mail: Waiting) -> bool:
        return mail in self._in_kafka

    def gone(self, mail: Waiting) -> None:
        self._troubles.pop(mail, None)
        self._in_kafka.discard(mail)

    @property
    def told(self) -> str | None:
        """For who looks after the mailbox; None: there is no trouble."""
        if not self._troubles:
            return None
        named = [f"uid {mail.uid} ({each.reason})" for mail, each in self._troubles.items()]
        count = len(named)
        more = f" and {count - MOST_NAMED} more" if count > MOST_NAMED else ""
        return f"cannot take {', '.join(named[:MOST_NAMED])}{more}; the others are taken"
