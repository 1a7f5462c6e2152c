"""Processes of services on a broker and databases in memory, and whatever befalls them."""

from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from prometheus_client import CollectorRegistry
from pymongo.errors import AutoReconnect

from shared.kit.health import Health
from shared.kit.letters import LetterLimit
from shared.kit.memory import MemoryData
from shared.kit.meters import Meters, Metrics
from shared.kit.ports import BrokerAwayError, ConflictError, StoreAwayError
from shared.kit.records import Partition
from tests.memories import misremembered
from tests.simulation.faults import REST, TICK, Fault, Faults, Kind
from tests.simulation.groups import Cluster, Connection, Group, Member, Process
from tests.simulation.plans import Parts, Scenario, ServicePlan, StagePlan
from tests.simulation.scheduler import SECOND, Pause, Scheduler

PARTITIONS = 2
INSTANCES = 2
TICK_SECONDS = 0.2
TOLD = ("claim", "write", "committed", "append", "sent", "settled")
IDLE_SECONDS = 1.0
BEFORE_CLAIM_SECONDS = 0.05
MISSED_TURNS = 0.2


@cache
def _meters(stage: str) -> Meters:
    return Metrics(CollectorRegistry()).of(stage)


class World:
    def __init__(
        self,
        seed: int,
        scenario: Scenario,
        faults: Faults,
        parts: Parts | None = None,
        *,
        orderly: bool = False,
        most_steps: int = 60_000,
    ) -> None:
        self.seed = seed
        self.scenario = scenario
        self.faults = faults
        self.parts = parts or Parts()
        self.rng = Random(f"schedule {seed}")  # noqa: S311 - chance by seed is the point
        self.scheduler = Scheduler(self.rng, orderly, most_steps)
        self.cluster = Cluster(self.scheduler, PARTITIONS)
        self.databases: dict[str, MemoryData] = {}
        self.services = tuple(scenario.services)
        self.groups = [self._group(plan) for each in self.services for plan in each.stages]
        self.processes: dict[str, Process] = {}
        self.said_all = False
        self.over = False
        self.tells = False
        self._births: dict[str, int] = {}
        self._ticks = 0
        self._calm_at: int = scenario.calm_after

    def _group(self, plan: StagePlan) -> Group:
        data = self.databases.setdefault(plan.database, MemoryData())
        counts = self.cluster.counts
        topics = [topic.name for topic in plan.stage.inputs]
        partitions = [Partition(name, n) for name in topics for n in range(counts[name])]
        group = Group(plan, data, partitions)
        for name in topics:
            self.cluster.readers.setdefault(name, []).append(group)
        return group

    @property
    def calm(self) -> bool:
        return self.scheduler.time > self._calm_at

    def group(self, stage: str) -> Group:
        return next(group for group in self.groups if group.name == stage)

    def documents(self, database: str, collection: str) -> dict[str, Any]:
        return dict(self.databases[database].collections.get(collection, {}))

    def misremembered(self) -> list[str]:
        """At rest whoever owns a partition knows what the store holds."""
        members = [m for group in self.groups for m in group.members.values()]
        return [text for m in members for text in misremembered(m.engine, m.group.data)]

    def run(self) -> None:
        """Raises StuckError where it does not come to rest."""
        with self.parts.plant():
            try:
                self.scheduler.start("people", "", self._people())
                self._raise_the_dead()
                self.scheduler.start("fate", "", self._fate())
                self.scheduler.run()
            finally:
                self.scheduler.close()

    # --- what comes in -----------------------------------------------------------------------

    async def _people(self) -> None:
        for entry in self.scenario.script:
            await Pause(entry.at)
            self.scenario.say(self, entry)
        self.said_all = True

    # --- processes ---------------------------------------------------------------------------

    def _raise_the_dead(self) -> None:
        """A supervisor starts what is missing."""
        for service in self.services:
            alive = sum(process.service is service for process in self.processes.values())
            for _ in range(INSTANCES - alive):
                self._bear(service)

    def _bear(self, service: ServicePlan) -> None:
        number = self._births[service.name] = self._births.get(service.name, 0) + 1
        process = Process(f"{service.name}-{number}", service)
        self.processes[process.name] = process
        for plan in service.stages:
            self._join(process, self.group(plan.stage.name))
        if service.background is not None:
            name = f"{process.name}/background"
            self.scheduler.start(name, process.name, service.background(self, process))

    def _join(self, process: Process, group: Group) -> None:
        broker = Connection(self.cluster, group.name, self.hook(process, "broker"))
        broker.process = process
        engine = self.parts.engine(
            group.plan.stage,
            self.parts.handler(group.plan.handler(self, process)),
            broker=broker,
            store=self.parts.store(group.data, self.hook(process, "store")),
            clock=self.scheduler,
            health=Health(),
            meters=_meters(group.name),
            group=group.name,
            letter_limit=LetterLimit(run=10**6, window=10**6),
        )
        member = Member(process, group, engine, broker)
        process.members.append(member)
        group.members[process.name] = member
        name = f"{process.name}/{group.name}"
        member.task = self.scheduler.start(name, process.name, self._live(member))
        group.rebalance(self.seed, self.scheduler)

    async def _live(self, member: Member) -> None:
        """As the kit's consumer does it: what was fetched is in hand while claims run.

        A fetch comes in beside the loop, so a turn without it may come between.
        """
        engine, broker = member.engine, member.broker
        while not self.over:
            fetched = broker.poll(engine.owned, 1 + int(self.rng.random() * 8))
            under = engine.epochs()
            await self.pass_by(member.process, "rest", REST)
            if self.rng.random() < MISSED_TURNS:
                await engine.turn({}, {})
            await engine.turn(fetched, under)
            await engine.tick()
            broker.commit(engine.positions())
            await self._rest(member, busy=bool(fetched))

    async def _rest(self, member: Member, *, busy: bool) -> None:
        engine = member.engine
        if busy:
            await self.scheduler.sleep(self.rng.random() * 0.02)
            return
        seconds = IDLE_SECONDS * (0.5 + self.rng.random() / 2)
        if any(not owned.live for owned in engine.owned.values()):
            seconds = BEFORE_CLAIM_SECONDS
        due = engine.timers.next_due()
        if due is not None:
            left = (due - self.scheduler.now()).total_seconds()
            seconds = min(max(left, 0.005), seconds)
        await Pause(self.scheduler.time + int(seconds * SECOND), idle=True)

    # --- what befalls them -------------------------------------------------------------------

    def hook(self, process: Process, side: str) -> Callable[[str], Any]:
        async def hook(place: str) -> None:
            await self.pass_by(process, side, place)

        return hook

    async def pass_by(self, process: Process, side: str, place: str) -> None:
        """Between any two effects: a fault, and then whoever chance wills goes on."""
        task = self.scheduler.current
        if self.tells and task is not None and place in TOLD:
            self.scheduler.note(f"{task.name}: {place}")
        if task is not None and not self.calm:
            task.places += 1
            fault = self.faults.strike(task.name, task.places, place)
            if fault is not None:
                await self._befall(process, side, fault)
            if process.cut_until.get(side, 0) > self.scheduler.time:
                raise _away(side)
        await Pause()

    async def _befall(self, process: Process, side: str, fault: Fault) -> None:
        self.scheduler.note(str(fault))
        match fault.kind:
            case Kind.CRASH:
                self._crash(process)
            case Kind.FREEZE:
                self.scheduler.freeze(process.name, fault.seconds)
            case Kind.SLOW:
                await self.scheduler.sleep(fault.seconds)
            case Kind.AWAY:
                raise _away(side)
            case Kind.CUT:
                process.cut_until[side] = self.scheduler.time + int(fault.seconds * SECOND)
            case Kind.CONFLICT:
                raise ConflictError("another transaction was first")
            case Kind.TWICE:
                process.resends = True
            case Kind.REBALANCE:
                pass

    def _crash(self, process: Process) -> None:
        self.processes.pop(process.name, None)
        for group in self.groups:
            group.members.pop(process.name, None)
        self.scheduler.kill(process.name)

    async def _fate(self) -> None:
        """Restarts what was killed, rebalances, and has people mend what they spoiled."""
        while not self.over:
            await self.scheduler.sleep(TICK_SECONDS)
            self._ticks += 1
            self._raise_the_dead()
            for group in self.groups:
                if group.is_unsettled(self.scheduler) or self._is_moved(group):
                    group.rebalance(self.seed, self.scheduler)
            if self.calm and self.said_all:
                self.scenario.mend(self)
                self.over = self._is_at_rest()

    def _is_moved(self, group: Group) -> bool:
        """A rebalance that nothing calls for."""
        if self.calm:
            return False
        fault = self.faults.strike(f"fate/{group.name}", self._ticks, TICK)
        if fault is not None:
            self.scheduler.note(str(fault))
        return fault is not None

    # --- rest --------------------------------------------------------------------------------

    def _is_at_rest(self) -> bool:
        quiet = all(group.is_at_rest(self.cluster, self.scheduler) for group in self.groups)
        return quiet and self.scenario.is_done(self)


def _away(side: str) -> Exception:
    """As the side's own client says it."""
    match side:
        case "broker":
            return BrokerAwayError("the simulated broker")
        case "deliveries":
            return AutoReconnect("the simulated database")
        case "mail":
            return ConnectionError("the simulated mail server")
        case _:
            return StoreAwayError("the simulated database")
