"""Does the faults of a plan, and starts again what ended, as a supervisor would."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from deskstream.stack import Node, StartFailed
from tests.chaos import scenes
from tests.chaos.agents import Agents
from tests.chaos.deployment import Deployment
from tests.chaos.faults import Fault, Kind
from tests.chaos.mailserver import Mood
from tests.chaos.network import Networks, Trouble
from tests.chaos.recovery import Strike
from tests.chaos.replaying import replay_input, replay_log

RESTART_SECONDS = 0.2
START_TRIES = 3
LOOK_SECONDS = 0.05
Say = Callable[[str], None]
MOODS: Mapping[Kind, Mood] = {
    Kind.MAIL_SLOW: Mood.SLOW,
    Kind.MAIL_LATER: Mood.LATER,
    Kind.MAIL_REFUSED: Mood.REFUSED,
    Kind.MAIL_TARPIT: Mood.TARPIT,
    Kind.MAIL_AWAY: Mood.AWAY,
    Kind.MAIL_HANGUP: Mood.HANGUP,
}
TROUBLES = {str(trouble): trouble for trouble in Trouble}


@dataclass(slots=True)
class Striker:
    """`held` are processes that stay down for now.

    `complaints` are what the product did wrong on the way, `missed` are scenes that did not come
    about.
    """

    desk: Deployment
    networks: Networks
    agents: Agents
    say: Say
    seed: int
    strikes: list[Strike] = field(default_factory=list)
    died: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    _ours: set[str] = field(default_factory=set)

    async def run(self, faults: Sequence[Fault], began: float) -> None:
        """`began` is of the epoch."""
        for fault in faults:
            await asyncio.sleep(max(began + fault.at - time.time(), 0))
            self.say(f"{time.time() - began:5.1f} s: {fault.name}")
            started = time.time()
            await self._strike(fault)
            self.strikes.append(Strike(fault, started * 1000, time.time() * 1000))

    async def supervise(self) -> None:
        """Until cancelled. Whoever ends without our doing is noted."""
        while True:
            for name, code in self.desk.crew.ended().items():
                if name in self.held:
                    continue
                if name not in self._ours:
                    self.died.append(f"{name} with {code}")
                    self.say(f"{name} ended with {code}")
                self._ours.discard(name)
                await asyncio.sleep(RESTART_SECONDS)
                self.desk.crew.start_one(name)
            await asyncio.sleep(LOOK_SECONDS)

    def kill(self, name: str) -> None:
        """By our doing: it is started again, and nobody is blamed."""
        self.expect_end(name)
        self.desk.crew.kill(name)

    def expect_end(self, name: str) -> None:
        self._ours.add(name)

    async def _strike(self, fault: Fault) -> None:
        if fault.kind in MOODS:
            await self._mail(MOODS[fault.kind], fault.seconds)
        elif (trouble := TROUBLES.get(fault.kind.rpartition("-")[0])) is not None:
            await self._network(trouble, fault.victim, fault.seconds)
        else:
            await self._other(fault)

    async def _mail(self, mood: Mood, seconds: float) -> None:
        self.desk.crew.feel(mood)
        await asyncio.sleep(seconds)
        self.desk.crew.feel(Mood.WELL)

    async def _network(self, trouble: Trouble, server: str, seconds: float) -> None:
        self.networks[server].strike(trouble)
        await asyncio.sleep(seconds)
        self.networks[server].mend()

    async def _other(self, fault: Fault) -> None:
        doings: dict[Kind, Callable[[], Awaitable[None]]] = {
            Kind.FREEZE_SERVICE: lambda: self._freeze(fault.victim, fault.seconds),
            Kind.KILL_DATABASE: lambda: _kill(_ours(self.desk.stack.database)),
            Kind.KILL_BROKER: lambda: _kill(_ours(self.desk.stack.broker)),
            Kind.FREEZE_DATABASE: lambda: _freeze(_ours(self.desk.stack.database), fault.seconds),
            Kind.FREEZE_BROKER: lambda: _freeze(_ours(self.desk.stack.broker), fault.seconds),
            Kind.KILL_UNPUBLISHED: lambda: scenes.kill_unpublished(self, fault.victim),
            Kind.ZOMBIE: lambda: scenes.zombie(self, fault.victim),
            Kind.STORM: lambda: scenes.storm(self, fault.victim, fault.seconds),
            Kind.ROLLING_RESTART: lambda: scenes.rolling_restart(self),
            Kind.LATE_TIMERS: lambda: scenes.late_timers(self, self.seed + len(self.strikes)),
            Kind.REPLAY_INPUT: lambda: replay_input(self.desk),
            Kind.REPLAY_LOG: lambda: replay_log(self.desk, self.seed),
        }
        if fault.kind is Kind.KILL_SERVICE:
            self.kill(fault.victim)
        else:
            await doings[fault.kind]()

    async def _freeze(self, name: str, seconds: float) -> None:
        self.desk.crew.signal(name, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self.desk.crew.signal(name, signal.SIGCONT)


def _ours(node: Node | None) -> Node:
    if node is None:
        raise ValueError("this stack's servers are not ours to strike")
    return node


async def _kill(node: Node) -> None:
    await asyncio.to_thread(node.kill)
    await asyncio.sleep(RESTART_SECONDS)
    for _ in range(START_TRIES - 1):  # a server that is slow to start is no fault of the product
        with suppress(StartFailed):
            await asyncio.to_thread(node.start)
            return
    await asyncio.to_thread(node.start)


async def _freeze(node: Node, seconds: float) -> None:
    node.pause()
    await asyncio.sleep(seconds)
    node.resume()
