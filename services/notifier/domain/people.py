"""What the notifier keeps of agents and customers, and of the addresses that it wrote to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.notifier.domain.tally import Tally
from shared.contracts.fields import Personal


class KnownAgent(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: Personal
    address: Personal | None = None
    time_zone: str = "UTC"


class KnownCustomer(BaseModel):
    model_config = ConfigDict(frozen=True)

    locale: str | None = None
    time_zone: str | None = None


class Correspondent(BaseModel):
    """One address as one partition knows it; what all partitions know is summed on reading."""

    model_config = ConfigDict(frozen=True)

    tally: Tally = Tally()
    bounced_at: datetime | None = None  # for good: the address does not exist
    heard_at: datetime | None = None  # wrote to us after that


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who matters to a batch. `correspondents` goes by digest, then partition."""

    agents: Mapping[str, KnownAgent]
    customers: Mapping[str, KnownCustomer]
    correspondents: Mapping[str, Mapping[int, Correspondent]]

    def mails_within(self, digest: str, minutes: int, at: datetime) -> int:
        known = self.correspondents.get(digest, {}).values()
        return sum(each.tally.within(minutes, at) for each in known)

    def is_undeliverable(self, digest: str) -> bool:
        """Mail to it came back for good, and nobody wrote from there since."""
        known = self.correspondents.get(digest, {}).values()
        bounced = max((each.bounced_at for each in known if each.bounced_at), default=None)
        heard = max((each.heard_at for each in known if each.heard_at), default=None)
        return bounced is not None and (heard is None or heard <= bounced)
