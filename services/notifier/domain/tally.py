"""How many mails went to somebody lately, kept in a bounded number of figures."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

STEP_MINUTES = 10
LONGEST_MINUTES = 600


class Tally(BaseModel):
    """Counts by steps of ten minutes: a window is rounded up to whole steps, never down."""

    model_config = ConfigDict(frozen=True)

    steps: tuple[tuple[int, int], ...] = ()  # (ten-minute step since 1970, mails), ascending

    def within(self, minutes: int, at: datetime) -> int:
        first = _step(at) - -(-minutes // STEP_MINUTES)
        return sum(mails for step, mails in self.steps if first <= step)

    def plus_one(self, at: datetime) -> "Tally":
        counts = dict(self.steps)
        counts[_step(at)] = counts.get(_step(at), 0) + 1
        oldest = max(counts) - LONGEST_MINUTES // STEP_MINUTES
        return Tally(steps=tuple(sorted((s, n) for s, n in counts.items() if s >= oldest)))


def _step(at: datetime) -> int:
    return int(at.timestamp()) // (STEP_MINUTES * 60)
