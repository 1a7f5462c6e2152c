"""Does the faults of a plan, and starts again what was killed, as a supervisor would."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from deskstream.stack import Node, Stack
from tests.bench.fleet import Fleet
from tests.chaos.faults import Fault, Kind
from tests.chaos.recovery import Strike

RESTART_SECONDS = 0.2
LOOK_SECONDS = 0.05


@dataclass(slots=True)
class Striker:
    stack: Stack
    fleet: Fleet
    say: Callable[[str], None]
    strikes: list[Strike] = field(default_factory=list)
    died: list[str] = field(default_factory=list)
    _killed: set[str] = field(default_factory=set)

    async def run(self, faults: Sequence[Fault], began: float) -> None:
        """`began` is of the epoch."""
        for fault in faults:
            await asyncio.sleep(max(began + fault.at - time.time(), 0))
            self.say(f"{time.time() - began:5.1f} s: {fault.name} {fault.seconds or ''}")
            started = time.time()
            await self._strike(fault)
            self.strikes.append(Strike(fault, started * 1000, time.time() * 1000))

    async def supervise(self) -> None:
        """Until cancelled. Whoever ends without being killed by us is noted."""
        while True:
            for name, code in self.fleet.ended().items():
                if name in self._killed:
                    self._killed.discard(name)
                else:
                    self.died.append(f"{name} with {code}")
                    self.say(f"{name} ended with {code}")
                await asyncio.sleep(RESTART_SECONDS)
                self.fleet.start_one(name)
            await asyncio.sleep(LOOK_SECONDS)

    async def _strike(self, fault: Fault) -> None:
        match fault.kind:
            case Kind.KILL_SERVICE:
                self._killed.add(fault.victim)
                self.fleet.kill(fault.victim)
            case Kind.FREEZE_SERVICE:
                self.fleet.signal(fault.victim, signal.SIGSTOP)
                await asyncio.sleep(fault.seconds)
                self.fleet.signal(fault.victim, signal.SIGCONT)
            case Kind.KILL_DATABASE:
                await _kill(self._node(self.stack.database))
            case Kind.KILL_BROKER:
                await _kill(self._node(self.stack.broker))
            case Kind.FREEZE_DATABASE:
                await _freeze(self._node(self.stack.database), fault.seconds)
            case Kind.FREEZE_BROKER:
                await _freeze(self._node(self.stack.broker), fault.seconds)

    def _node(self, node: Node | None) -> Node:
        if node is None:
            raise ValueError("this stack's servers are not ours to strike")
        return node


async def _kill(node: Node) -> None:
    await asyncio.to_thread(node.kill)
    await asyncio.sleep(RESTART_SECONDS)
    await asyncio.to_thread(node.start)


async def _freeze(node: Node, seconds: float) -> None:
    node.pause()
    await asyncio.sleep(seconds)
    node.resume()
