"""How the open promises stand, as gauges: each instance tells of the partitions that it has."""

from collections.abc import Callable, Collection
from datetime import timedelta
from itertools import product

from prometheus_client import Gauge

from services.sla.domain.falling_due import NEVER
from services.sla.domain.policy import QUIET
from services.sla.domain.tally import Standing
from services.sla.store import Tickets, next_due, tally
from shared.contracts.sla import Metric
from shared.kit.looking import keep_looking
from shared.kit.ports import Clock
from shared.kit.records import Partition

CLOCKS = Gauge(
    "deskstream_sla_open_clocks",
    "Promises that are open: running, at_risk (warned of), paused, breached (and not yet met)",
    ["metric", "state"],
)
NEXT_DUE = Gauge(
    "deskstream_sla_next_due_timestamp_seconds", "When the next timer is due; 0: there is none"
)
EVERY = timedelta(seconds=5.0)


class Board:
    def __init__(
        self, database: Tickets, partitions: Callable[[], Collection[Partition]], clock: Clock
    ) -> None:
        self._database, self._partitions, self._clock = database, partitions, clock

    async def run(self) -> None:
        await keep_looking(self.look, self._clock, EVERY, "gauges")

    async def look(self) -> None:
        partitions = self._partitions()
        counts = await tally(self._database, partitions)
        for metric, standing in product(Metric, Standing):
            if metric not in QUIET:
                CLOCKS.labels(metric, standing).set(counts[metric, standing])
        due = await next_due(self._database, partitions)
        NEXT_DUE.set(0 if due is None or due >= NEVER else due.timestamp())
