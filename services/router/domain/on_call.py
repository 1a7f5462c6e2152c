"""Whose turn it is to be called: agents take turns of whole days, by the clock of their zone."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Rota:
    """The first agent's turn begins on `since` at `at`, local time."""

    name: str
    time_zone: ZoneInfo
    since: date
    at: time
    days: int
    agents: tuple[str, ...]

    def who(self, now: datetime) -> str:
        local = now.astimezone(self.time_zone)
        passed = (local.date() - self.since).days - (local.time() < self.at)
        return self.agents[passed // self.days % len(self.agents)]
