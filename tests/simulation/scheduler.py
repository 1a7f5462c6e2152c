"""Runs coroutines one step at a time in an order drawn from a seed; time is virtual."""

import random
from collections.abc import Coroutine, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.harness import MONDAY_9AM


class Pause:
    """A place where another task may go on; `until` None: at once, if chance wills."""

    def __init__(self, until: datetime | None = None) -> None:
        self.until = until

    def __await__(self) -> Generator["Pause", None, None]:
        yield self


@dataclass(slots=True)
class Task:
    name: str
    work: Coroutine[Any, Any, None]
    wakes_at: datetime
    frozen_until: datetime | None = None  # a long pause of the machine, or of its collector
    failed: BaseException | None = None


class StuckError(Exception):
    """The world did not come to rest."""


@dataclass(slots=True)
class Scheduler:
    rng: random.Random
    most_steps: int = 60_000
    time: datetime = MONDAY_9AM
    tasks: dict[str, Task] = field(default_factory=dict)
    dead: list[Task] = field(default_factory=list)
    steps: int = 0
    trace: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        await Pause(self.time + timedelta(seconds=seconds))

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self.tasks[name] = Task(name, work, self.time)

    def kill(self, name: str) -> None:
        """The task's next step never comes. Its coroutine is kept, so that nothing cleans up."""
        task = self.tasks.pop(name, None)
        if task is not None:
            self.dead.append(task)
            self.trace.append(f"{self.steps} kill {name}")

    def freeze(self, name: str, seconds: float) -> None:
        self.tasks[name].frozen_until = self.time + timedelta(seconds=seconds)
        self.trace.append(f"{self.steps} freeze {name} {seconds:.2f}")

    def frozen(self, name: str) -> bool:
        until = self.tasks[name].frozen_until if name in self.tasks else None
        return until is not None and until > self.time

    def run(self) -> None:
        while self.tasks:
            self.steps += 1
            if self.steps > self.most_steps:
                raise StuckError(f"still busy after {self.steps} steps")
            self._step(self._next())

    def _next(self) -> Task:
        ready = [task for task in self.tasks.values() if self._ready_at(task) <= self.time]
        if not ready:
            self.time = min(self._ready_at(task) for task in self.tasks.values())
            ready = [task for task in self.tasks.values() if self._ready_at(task) <= self.time]
        return self.rng.choice(ready)

    def _ready_at(self, task: Task) -> datetime:
        return max(task.wakes_at, task.frozen_until or task.wakes_at)

    def _step(self, task: Task) -> None:
        self.time += timedelta(microseconds=self.rng.randrange(500))
        try:
            pause = task.work.send(None)
        except StopIteration:
            self.tasks.pop(task.name, None)
        else:
            task.wakes_at = pause.until or self.time

    def close(self) -> None:
        for task in [*self.dead, *self.tasks.values()]:
            task.work.close()
