"""Consumer groups of processes, and the cluster that they read: who owns what, who is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from shared.kit.engine import Engine
from shared.kit.memory import CHECKPOINTS, MemoryBroker, MemoryCluster, MemoryData
from shared.kit.ports import Checkpoint
from shared.kit.records import Partition, Publication, Record
from tests.simulation.plans import ServicePlan, StagePlan
from tests.simulation.scheduler import Scheduler, Task

A_LIFE = timedelta(days=36_525)


@dataclass(slots=True, eq=False)
class Member:
    """One stage in one process."""

    process: "Process"
    group: "Group"
    engine: Engine[Any]
    broker: "Connection"
    task: Task | None = None

    def own(self, partitions: Sequence[Partition]) -> None:
        """Eager, as aiokafka's members do it: all is lost, and then all given anew."""
        lost = list(self.engine.owned)
        self.engine.revoked(lost)
        for partition in lost:
            self.broker.forget(partition)
        self.engine.assigned(partitions)


@dataclass(slots=True, eq=False)
class Process:
    name: str
    service: ServicePlan
    members: list[Member] = field(default_factory=list)
    cut_until: dict[str, int] = field(default_factory=dict)  # by side
    resends: bool = False
    memory: dict[str, Any] = field(default_factory=dict)  # what its stages and background share

    def wake(self) -> None:
        """A mail was settled in this process."""
        for member in self.members:
            member.engine.outcomes_ready()


@dataclass(slots=True, eq=False)
class Group:
    plan: StagePlan
    data: MemoryData
    partitions: list[Partition]
    members: dict[str, Member] = field(default_factory=dict)
    owners: dict[Partition, str] = field(default_factory=dict)
    generation: int = 0

    @property
    def name(self) -> str:
        return self.plan.stage.name

    @property
    def checkpoints(self) -> Mapping[str, Checkpoint]:
        found: Mapping[str, Checkpoint] = self.data.collections.get(CHECKPOINTS, {})
        return found

    # --- ownership ---------------------------------------------------------------------------

    def is_unsettled(self, scheduler: Scheduler) -> bool:
        """An owner is gone or asleep, or somebody believes to own what is another's."""
        for name in set(self.owners.values()):
            if name not in self.members or scheduler.frozen(name):
                return True
        return any(
            self.owners.get(partition) != name
            for name, member in self.members.items()
            for partition in member.engine.owned
        )

    def rebalance(self, seed: int, scheduler: Scheduler) -> None:
        """The coordinator's view: who does not answer owns nothing, whatever it believes."""
        awake = [name for name in self.members if not scheduler.frozen(name)]
        if not awake:
            return
        self.generation += 1
        text = f"owners {seed} {self.name} {self.generation}"
        rng = Random(text)  # noqa: S311 - a stream of its own: other faults don't change it
        self.owners = {place: rng.choice(awake) for place in self.partitions}
        for name in awake:
            self.members[name].own([p for p, owner in self.owners.items() if owner == name])
            scheduler.wake(self.members[name].task)

    # --- rest --------------------------------------------------------------------------------

    def is_at_rest(self, cluster: "Cluster", scheduler: Scheduler) -> bool:
        return (
            not self.is_unsettled(scheduler)
            and self.has_handled_all(cluster)
            and self.has_published_all(cluster)
            and not self.awaits_timers(scheduler)
        )

    def has_handled_all(self, cluster: "Cluster") -> bool:
        known = self.checkpoints
        for place in self.partitions:
            end = cluster.end(place)
            checkpoint = known.get(str(place))
            if end and (checkpoint is None or (checkpoint.position or 0) < end):
                return False
        return True

    def has_published_all(self, cluster: "Cluster") -> bool:
        """What is stored but not published waits for its owner, or for the next claim."""
        return all(
            (each.topic, each.headers) in cluster.lying
            for checkpoint in self.checkpoints.values()
            for each in checkpoint.said
        )

    def awaits_timers(self, scheduler: Scheduler) -> bool:
        """But for those that are set so far off that they never fire."""
        entities = self.data.collections.get(self.plan.stage.entities or "", {})
        dues = (document["_kit"].get("due") for document in entities.values())
        soon = scheduler.now() + A_LIFE
        return any(due is not None and due < soon for due in dues)


class Cluster(MemoryCluster):
    """Wakes whoever waits for a topic, and knows what lies there."""

    def __init__(self, clock: Scheduler, partitions: int) -> None:
        super().__init__(clock, partitions)
        self.lying: set[tuple[str, Any]] = set()
        self.readers: dict[str, list[Group]] = {}
        self._scheduler = clock

    def append(self, publication: Publication, **where: Any) -> Record:
        record = super().append(publication, **where)
        self.lying.add((publication.topic, publication.headers))
        for group in self.readers.get(publication.topic, ()):
            for member in group.members.values():
                self._scheduler.wake(member.task)
        return record


class Connection(MemoryBroker):
    """A member's; what its process resends is stored twice, as without an idempotent producer."""

    process: Process

    async def publish(self, publications: Sequence[Publication]) -> None:
        await super().publish(publications)
        if self.process.resends:
            self.process.resends = False
            await super().publish(publications)
