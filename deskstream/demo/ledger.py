"""All that was sent into the desk, and what must become of each: what the checker goes by."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Expect(StrEnum):
    """What must become of a message, however often it is delivered."""

    OPENS = "opens a ticket"
    RECORDED = "is recorded in a ticket"
    REPORTED = "is reported on its ticket as mail that came back"
    REJECTED = "is put among the dead letters"


@dataclass(slots=True)
class Entry:
    """A message of a customer. `deliveries` are the CloudEvents ids under which it was sent."""

    name: str
    channel: str
    expects: Expect
    sent_at: datetime
    deliveries: list[str] = field(default_factory=list)
    ticket: str | None = None  # the one that it belongs to, where that is certain


@dataclass(frozen=True, slots=True)
class Order:
    """A command of an agent or requester."""

    id: str
    command: str
    ticket: str


@dataclass(slots=True)
class Ledger:
    entries: list[Entry] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    def expected(self, *kinds: Expect) -> int:
        return sum(entry.expects in kinds for entry in self.entries)

    @property
    def received(self) -> int:
        """Deliveries, so that what came twice counts twice."""
        return sum(len(entry.deliveries) for entry in self.entries)

    def opening(self) -> Iterable[Entry]:
        return (entry for entry in self.entries if entry.expects is Expect.OPENS)
