"""Runs coroutines one step at a time in an order drawn from a seed; time is virtual."""

import asyncio
import hashlib
import warnings
from array import array
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from tests.harness import MONDAY_9AM

SECOND = 1_000_000  # time is whole microseconds since the start
LONGEST_STEP = 500
WAKING = 5_000  # until a waiting task notices what it waited for
NEVER = 1 << 62


class Pause:
    """Another task may go on: until this moment, or at once, if chance wills."""

    __slots__ = ("idle", "until")

    def __init__(self, until: int = 0, *, idle: bool = False) -> None:
        """`idle`: whatever the task waits for wakes it earlier."""
        self.until = until
        self.idle = idle

    def __await__(self) -> Generator["Pause", None, None]:
        yield self


@dataclass(slots=True, eq=False)
class Task:
    """One loop of a process (its `owner`), whose pauses and death it shares."""

    name: str
    owner: str
    number: int
    work: Coroutine[Any, Any, None]
    wakes_at: int
    frozen_until: int = 0
    idle: bool = False
    places: int = 0  # how many it has come by where a fault might strike
    children: int = 0

    @property
    def ready_at(self) -> int:
        return max(self.wakes_at, self.frozen_until)


class StuckError(Exception):
    """The world did not come to rest."""


class SimulatedLoop:
    """As much of an event loop as code may ask for while it runs: time, futures, tasks."""

    def __init__(self, scheduler: "Scheduler") -> None:
        self._scheduler = scheduler

    def time(self) -> float:
        return self._scheduler.time / SECOND

    def get_debug(self) -> bool:
        return False

    def call_soon(self, callback: Callable[..., object], *given: Any, **_context: Any) -> None:
        self._scheduler.soon.append(partial(callback, *given))

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)  # type: ignore[arg-type]

    def create_task(self, work: Coroutine[Any, Any, Any], **_named: Any) -> "asyncio.Future[Any]":
        """Beside the task that asks for it, and dies with the same process."""
        future = self.create_future()
        self._scheduler.start_beside(_answering(work, future))
        return future

    def call_exception_handler(self, _context: object) -> None:
        """Nobody asked for what a task raised whose parent had died."""


async def _answering(work: Coroutine[Any, Any, Any], future: "asyncio.Future[Any]") -> None:
    try:
        answer = await work
    except Exception as error:  # noqa: BLE001 - it belongs to whoever waits for it
        future.set_exception(error)
    else:
        future.set_result(answer)


@dataclass(slots=True)
class Scheduler:
    """`orderly`: whoever has waited longest goes on, instead of whom chance picks."""

    rng: Random
    orderly: bool = False
    most_steps: int = 60_000
    start_at: datetime = MONDAY_9AM
    time: int = 0
    tasks: list[Task] = field(default_factory=list)
    dead: list[Task] = field(default_factory=list)
    steps: int = 0
    current: Task | None = None
    soon: list[Callable[[], object]] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    _steps_taken: "array[int]" = field(default_factory=lambda: array("q"))
    _born: int = 0

    def now(self) -> datetime:
        return self.start_at + timedelta(microseconds=self.time)

    async def sleep(self, seconds: float) -> None:
        await Pause(self.time + int(seconds * SECOND))

    def note(self, text: str) -> None:
        """For the reader of a failing schedule; part of what a replay must repeat."""
        self.trace.append(f"{self.time / SECOND:9.6f} {text}")

    def start(self, name: str, owner: str, work: Coroutine[Any, Any, None]) -> Task:
        self._born += 1
        task = Task(name, owner, self._born, work, self.time)
        self.tasks.append(task)
        return task

    def start_beside(self, work: Coroutine[Any, Any, None]) -> None:
        parent = self.current
        if parent is None:
            raise RuntimeError("only a task can start another one beside it")
        parent.children += 1
        self.start(f"{parent.name}+{parent.children}", parent.owner, work)

    def kill(self, owner: str) -> None:
        """Their next step never comes. The coroutines are kept, so that nothing cleans up."""
        self.dead.extend(task for task in self.tasks if task.owner == owner)
        self.tasks = [task for task in self.tasks if task.owner != owner]

    def freeze(self, owner: str, seconds: float) -> None:
        """A long pause of the machine, or of its collector."""
        until = self.time + int(seconds * SECOND)
        for task in self.tasks:
            if task.owner == owner:
                task.frozen_until = max(task.frozen_until, until)

    def frozen(self, owner: str) -> bool:
        return any(task.owner == owner and task.frozen_until > self.time for task in self.tasks)

    def wake(self, task: Task | None) -> None:
        if task is not None and task.idle and task.wakes_at > self.time + WAKING:
            task.wakes_at = self.time + WAKING

    def run(self) -> None:
        """Until every task has ended."""
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(SimulatedLoop(self))  # type: ignore[arg-type]
        try:
            while self.tasks:
                self.steps += 1
                if self.steps > self.most_steps:
                    raise StuckError(f"still busy after {self.steps} steps")
                self._step(self._next())
                while self.soon:
                    self.soon.pop(0)()
        finally:
            asyncio._set_running_loop(before)

    def _next(self) -> Task:
        time = self.time
        ready = [t for t in self.tasks if t.wakes_at <= time and t.frozen_until <= time]
        if not ready:
            self.time = time = min(task.ready_at for task in self.tasks)
            if time >= NEVER:
                raise StuckError("still busy: everybody waits for somebody else")
            ready = [t for t in self.tasks if t.wakes_at <= time and t.frozen_until <= time]
        if self.orderly:
            return min(ready, key=lambda task: (task.ready_at, task.number))
        return ready[int(self.rng.random() * len(ready))]

    def _step(self, task: Task) -> None:
        self.time += 100 if self.orderly else int(self.rng.random() * LONGEST_STEP)
        self._steps_taken.append(task.number)
        self._steps_taken.append(self.time)
        self.current = task
        try:
            pause = task.work.send(None)
        except StopIteration:
            self.tasks.remove(task)
        else:
            self._suspend(task, pause)

    def _suspend(self, task: Task, pause: "Pause | asyncio.Future[Any]") -> None:
        if isinstance(pause, Pause):
            task.wakes_at = max(pause.until, self.time)
            task.idle = pause.idle
            return
        pause._asyncio_future_blocking = False
        task.wakes_at, task.idle = NEVER, False
        pause.add_done_callback(partial(self._resume, task))

    def _resume(self, task: Task, _future: "asyncio.Future[Any]") -> None:
        task.wakes_at = self.time

    def digest(self) -> str:
        """Of every step, its moment, and all that was noted."""
        digest = hashlib.sha256(self._steps_taken.tobytes())
        digest.update("\n".join(self.trace).encode())
        return digest.hexdigest()[:32]

    def close(self) -> None:
        with warnings.catch_warnings():
            # Of two steps at the same time the second may not have begun when its process died.
            warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
            for task in [*self.dead, *self.tasks]:
                task.work.close()
