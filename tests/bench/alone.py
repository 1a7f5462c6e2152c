"""One service on its own, fed from a tape: what it manages, and what each event costs where."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shared.kit.records import Publication
from tests.bench.desk import EVERYBODY, Desk, People, StuckError, publishing
from tests.bench.fleet import INSTANCE
from tests.bench.processes import cpu_seconds
from tests.bench.run import Run
from tests.bench.steadiness import FROM, TO
from tests.bench.tape import BETWEEN, Tape, ends
from tests.bench.yardstick import server_pids

LOOK_SECONDS, PATIENCE_SECONDS = 0.05, 90.0
STILL_SECONDS, VERY_STILL_SECONDS = 1.0, 10.0
MAILS = "notifier"
Positions = Mapping[str, int]  # by `stage/topic/partition`


class Look(NamedTuple):
    """How far it is: records that were handled or skipped, and mails that went out."""

    at: float
    done: int
    cpu: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Alone:
    """`events` are all records that its stages read; `cpu_us` is for one of them, by process.

    Rates are a second, between the first and the last fifth of its work.
    """

    service: str
    instances: int
    tickets: int
    events: int
    tickets_rate: float
    events_rate: float
    cpu_us: Mapping[str, float]

    def cpu_ms_a_ticket(self, *processes: str) -> float:
        """Of these, or of all that are ours."""
        names = processes or tuple(self.cpu_us)
        return sum(self.cpu_us[name] for name in names) * self.events / self.tickets / 1000


async def alone(
    run: Run,
    tape: Tape,
    service: str,
    *,
    instances: int = 1,
    people: People = EVERYBODY,
    **changes: Any,
) -> Alone:
    """It knows the people, is ready and at rest before the tape is played."""
    names = [service, *(f"{service}{INSTANCE}{i}" for i in range(2, instances + 1))]
    async with run.desk(services=names, people=people, **changes) as desk:
        watch = _Watch(desk, service, server_pids(run.stack))
        played = tape.input_of(service)
        await watch.until_claimed({each.topic for each in played}, run.partitions)
        before = watch.positions
        playing = asyncio.create_task(_play(desk, played))
        await watch.until_done(tape, ends(played, run.partitions))
        await playing
        events = sum(watch.positions.values()) - sum(before.values())
        return summed(service, instances, tape.tickets, events, watch.looks)


async def _play(desk: Desk, played: Sequence[Publication]) -> None:
    async with publishing(desk.settings) as publish:
        await publish(played)


class _Watch:
    """Looks at a service's checkpoints until it has done what it can."""

    def __init__(self, desk: Desk, service: str, servers: Mapping[str, int]) -> None:
        self._desk = desk
        self._service = service
        self._servers = servers
        self.looks: list[Look] = []
        self.positions: Positions = {}

    async def until_claimed(self, topics: Collection[str], partitions: int) -> None:
        """That is when the tables were read to their end, and at rest afterwards."""
        claimed = {(topic, n): 0 for topic in topics for n in range(partitions)}
        await self._until(lambda still: still > STILL_SECONDS and self._has_read(claimed))
        self.looks = self.looks[-1:]

    async def until_done(self, tape: Tape, wanted: Mapping[tuple[str, int], int]) -> None:
        """All read, handed over from stage to stage, mailed, and at rest.

        On a busy machine a stage may rest with work before it: so as much is waited for as there
        was on the tape. Where there is less this time, a longer rest tells.
        """
        handed = self._handed_over() + tape.between(self._service)
        letters = tape.tickets if self._service == MAILS else 0

        def done(still: float) -> bool:
            all_of_it = self._handed_over() >= handed and self._desk.mails.to_customers >= letters
            enough = STILL_SECONDS if all_of_it else VERY_STILL_SECONDS
            return still > enough and self._has_read(wanted)

        await self._until(done)

    async def _until(self, done: Callable[[float], bool]) -> None:
        """`done` is told for how many seconds nothing moved."""
        while True:
            self._desk.fleet.check()
            await self._look()
            last = self.looks[-1]
            still = last.at - next(look.at for look in self.looks if look.done == last.done)
            if done(still):
                return
            if still > PATIENCE_SECONDS:
                raise StuckError(f"{self._service} alone stands still at {dict(self.positions)}")
            await asyncio.sleep(LOOK_SECONDS)

    def _handed_over(self) -> int:
        topic = f"/{BETWEEN.get(self._service)}/"
        return sum(position for name, position in self.positions.items() if topic in name)

    async def _look(self) -> None:
        checkpoints = self._desk.database(self._service)["checkpoints"]
        found = await checkpoints.find({}, {"position": 1}).to_list()
        self.positions = {each["_id"]: each.get("position") or 0 for each in found}
        done = sum(self.positions.values()) + self._desk.mails.look().all
        self.looks.append(Look(time.monotonic(), done, self._cpu()))

    def _cpu(self) -> Mapping[str, float]:
        """All instances of a service together."""
        used: defaultdict[str, float] = defaultdict(float)
        for name, pid in (*self._desk.fleet.pids.items(), *self._servers.items()):
            used[name.partition(INSTANCE)[0]] += cpu_seconds(pid)
        used.pop("sink")
        return used

    def _has_read(self, wanted: Mapping[tuple[str, int], int]) -> bool:
        reached = {}
        for name, position in self.positions.items():
            _, topic, partition = name.split("/")
            reached[topic, int(partition)] = position
        return all(reached.get(place, -1) >= end for place, end in wanted.items())


def summed(service: str, instances: int, tickets: int, events: int, looks: Sequence[Look]) -> Alone:
    """`looks` from before the first of its work until after the last."""
    first, total = looks[0].done, looks[-1].done - looks[0].done
    begin = next(look for look in looks if look.done - first >= FROM * total)
    end = next(look for look in looks if look.done - first >= TO * total)
    share = (end.done - begin.done) / total
    seconds = end.at - begin.at
    return Alone(
        service=service,
        instances=instances,
        tickets=tickets,
        events=events,
        tickets_rate=tickets * share / seconds,
        events_rate=events * share / seconds,
        cpu_us={
            name: (used - begin.cpu[name]) / (events * share) * 1e6
            for name, used in end.cpu.items()
        },
    )
