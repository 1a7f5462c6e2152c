"""How the open promises stand, as gauges: each instance tells of the partitions that it has."""

from collections.abc import Callable, Collection
from itertools import product

import structlog
from prometheus_client import Gauge
from pymongo.errors import PyMongoError

from services.sla.domain.policy import QUIET
from services.sla.domain.tally import Standing
from services.sla.store import Tickets, next_due, tally
from shared.contracts.sla import Metric
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
LOOK_SECONDS = 5.0
log = structlog.get_logger("deskstream.sla")


class Board:
    def __init__(
        self, database: Tickets, partitions: Callable[[], Collection[Partition]], clock: Clock
    ) -> None:
        self._database, self._partitions, self._clock = database, partitions, clock

    async def run(self) -> None:
        while True:
            await self._clock.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except PyMongoError as error:
                log.warning("no gauges", error=type(error).__name__)

    async def look(self) -> None:
        partitions = self._partitions()
        counts = await tally(self._database, partitions)
        for metric, standing in product(Metric, Standing):
            if metric not in QUIET:
                CLOCKS.labels(metric, standing).set(counts[metric, standing])
        due = await next_due(self._database, partitions)
        NEXT_DUE.set(0 if due is None else due.timestamp())
