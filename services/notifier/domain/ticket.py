"""What the notifier knows of a ticket: enough to write to whom it concerns."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from services.notifier.domain.tally import Tally
from shared.contracts.fields import Personal, Priority, Requester

MOST_TALLIES = 8


class Acknowledgement(StrEnum):
    WAITING = "waiting"  # for the promise, or until it has been waited for long enough
    SETTLED = "settled"  # sent, held back, or overtaken by an answer


class NotifiedTicket(BaseModel):
    number: str
    channel: str
    subject: Personal
    requester: Requester
    mailbox: str | None = None
    brand: str | None = None
    automatic: bool = False  # a machine wrote: only what a human decides to say is sent
    spam: bool = False
    language: str | None = None  # as triage read it
    priority: Priority | None = None
    owner: str | None = None
    acknowledgement: Acknowledgement = Acknowledgement.SETTLED
    acknowledge_at: datetime | None = None  # without a promise, if none is known by then
    resolved_by: str | None = None  # the command whose reply already told of the resolution
    thread: tuple[str, ...] = ()
    tallies: dict[str, Tally] = {}  # by the recipient's digest

    def mailed(self, digest: str, at: datetime) -> None:
        """Counts a mail; of many recipients the ones written to last are remembered."""
        tally = self.tallies.pop(digest, Tally()).plus_one(at)
        kept = list(self.tallies.items())[-(MOST_TALLIES - 1) :]
        self.tallies = {**dict(kept), digest: tally}
