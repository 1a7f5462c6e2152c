"""The kit's metrics, by stage: every name in one list."""

from contextlib import suppress
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Event = Literal[
    "handled",  # inputs given to the handler
    "skipped",  # records of other types
    "duplicates",  # dropped: had before
    "gaps",  # numbers that were jumped over
    "late",  # numbers that came after their successors: an order violation
    "misplaced",  # moved to their key's partition
    "dead",  # put away
    "waiting",  # put away behind an earlier one of the same ticket
    "redriven",  # dead letters that were handled at last
    "timers",
    "revisits",  # entities that the service asked to hear of again
    "outcomes",
    "fenced",  # batches given up because another instance owns the partition
    "conflicts",  # batches done again because another transaction was first
    "outages",  # failed attempts to reach broker or database
    "refused",  # claims refused, see /readyz
    "claimed",
    "halved",  # batches cut in two around an error
    "jumps",  # offsets left out within a log: a transaction's marker, or a bug
    "refetched",  # records that the checkpoint had already
]
BATCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Registers the kit's metrics once for a process; `of` gives a stage's share of them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "deskstream_kit_events",
            "What happened to inputs and batches, by stage and event",
            ["stage", "event"],
            registry=registry,
        )
        self.inputs = Counter(
            "deskstream_kit_inputs", "Inputs committed", ["stage"], registry=registry
        )
        self.seconds = Histogram(
            "deskstream_kit_batch_seconds",
            "From the start of a batch to its last acknowledgement",
            ["stage"],
            buckets=BATCH_SECONDS,
            registry=registry,
        )
        self.lag = Gauge(
            "deskstream_kit_lag_records",
            "Records that are not handled yet, as of the last fetch",
            ["stage", "topic", "partition"],
            registry=registry,
        )
        self.age = Gauge(
            "deskstream_kit_age_seconds",
            "Age of the record handled last, when it was handled",
            ["stage"],
            registry=registry,
        )
        self.assigned = Gauge(
            "deskstream_kit_assigned_partitions", "Partitions owned", ["stage"], registry=registry
        )

        self.ready = Gauge(
            "deskstream_kit_ready", "1 while /readyz answers 200", [], registry=registry
        )

    def of(self, stage: str) -> "Meters":
        """Every event stands at nought from the start: an alert must see the first one."""
        for event in get_args(Event):
            self.events.labels(stage, event)
        return Meters(self, stage)


class Meters:
    def __init__(self, metrics: Metrics, stage: str) -> None:
        self._metrics = metrics
        self._stage = stage
        self._events: dict[str, Counter] = {}

    def count(self, event: str, amount: int = 1) -> None:
        counter = self._events.get(event)
        if counter is None:
            counter = self._events[event] = self._metrics.events.labels(self._stage, event)
        counter.inc(amount)

    def counted(self, counts: dict[str, int]) -> None:
        for event, amount in counts.items():
            self.count(event, amount)

    def batch(self, inputs: int, seconds: float) -> None:
        self._metrics.inputs.labels(self._stage).inc(inputs)
        self._metrics.seconds.labels(self._stage).observe(seconds)

    def age(self, seconds: float) -> None:
        self._metrics.age.labels(self._stage).set(seconds)

    def lag(self, topic: str, partition: int, records: int) -> None:
        self._metrics.lag.labels(self._stage, topic, str(partition)).set(records)

    def no_lag(self, topic: str, partition: int) -> None:
        """The partition has gone to another instance, which tells its lag now."""
        with suppress(KeyError):
            self._metrics.lag.remove(self._stage, topic, str(partition))

    def assigned(self, partitions: int) -> None:
        self._metrics.assigned.labels(self._stage).set(partitions)
