"""A process that stops itself where it hurts most, when a file says so; who ordered it wakes it.

An order is the file `NAME.POINT.order`: the partitions that it is about, a line each; none: any.
The process answers with `NAME.halted`, the partitions it had in hand, and sends itself SIGSTOP.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import psutil

from shared.kit.engine import Engine
from shared.kit.records import Partition, Publication
from shared.kit.work import Input

LOOK_SECONDS = 0.02


class Point(StrEnum):
    BATCH = "batch"  # records are in hand, nothing is read or written yet
    PUBLISH = "publish"  # the decision is committed, nobody has heard of it


@dataclass(frozen=True, slots=True)
class Orders:
    """As both sides see them."""

    folder: Path

    def give(self, name: str, point: Point, about: Iterable[str] = ()) -> None:
        self._order(name, point).write_text("\n".join(about), encoding="utf-8")

    def take_back(self, name: str) -> None:
        for point in Point:
            self._order(name, point).unlink(missing_ok=True)
        self._answer(name).unlink(missing_ok=True)

    def obey(self, name: str, point: Point, partitions: Iterable[Partition]) -> bool:
        """Whether there was such an order; it holds once."""
        path, mine = self._order(name, point), {str(each) for each in partitions}
        if not path.exists():
            return False
        about = set(path.read_text(encoding="utf-8").split())
        if about and not about & mine:
            return False
        path.unlink(missing_ok=True)
        answer = self._answer(name)
        draft = answer.with_suffix(".draft")
        draft.write_text("\n".join(sorted(mine)), encoding="utf-8")
        draft.rename(answer)
        return True

    async def halted(self, name: str, pid: int, patience: float) -> list[str] | None:
        """The partitions it had in hand; None: it did not come by in time."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self._answer(name).exists() and _is_stopped(pid):
                return self._answer(name).read_text(encoding="utf-8").split()
            await asyncio.sleep(LOOK_SECONDS)
        return None

    def _order(self, name: str, point: Point) -> Path:
        return self.folder / f"{name}.{point}.order"

    def _answer(self, name: str) -> Path:
        return self.folder / f"{name}.halted"


def _is_stopped(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False


def listen(folder: Path, name: str) -> None:
    """In the process itself."""
    orders = Orders(folder)
    attempt, publish = Engine._attempt, Engine._publish

    def halt(point: Point, partitions: Iterable[Partition]) -> None:
        if orders.obey(name, point, partitions):
            os.kill(os.getpid(), signal.SIGSTOP)

    async def halting_attempt(engine: Engine[Any], inputs: list[Input]) -> None:
        if any(each.record is not None for each in inputs):
            halt(Point.BATCH, {each.owned.partition for each in inputs})
        await attempt(engine, inputs)

    async def halting_publish(
        engine: Engine[Any], published: Mapping[Partition, Sequence[Publication]]
    ) -> None:
        if any(published.values()):
            halt(Point.PUBLISH, {each for each, said in published.items() if said})
        await publish(engine, published)

    Engine._attempt = halting_attempt  # type: ignore[method-assign,assignment]
    Engine._publish = halting_publish  # type: ignore[method-assign,assignment]
