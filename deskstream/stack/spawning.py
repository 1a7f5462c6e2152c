"""How a server process comes to life: bound to ours, deaf to our terminal."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from deskstream.stack import lifeline

Environment = Mapping[str, str] | None
"""None: ours."""


def spawn(
    command: Sequence[str], log: Path, environment: Environment = None
) -> subprocess.Popen[bytes]:
    """Start the command; it dies with this process, however that ends, and not before.

    Its own session keeps a Ctrl-C in the terminal from it, so that the services can drain first.
    """
    return _spawner(os.getpid()).spawn(command, log, environment)


_Order = tuple[Sequence[str], Path, Environment, Future[subprocess.Popen[bytes]]]


class _Spawner:
    """Forks on a thread that lasts: Linux's death signal fires when the forking *thread* ends."""

    def __init__(self) -> None:
        self._orders: SimpleQueue[_Order] = SimpleQueue()
        Thread(target=self._work, name="stack-spawner", daemon=True).start()

    def spawn(
        self, command: Sequence[str], log: Path, environment: Environment
    ) -> subprocess.Popen[bytes]:
        done: Future[subprocess.Popen[bytes]] = Future()
        self._orders.put((command, log, environment, done))
        return done.result()

    def _work(self) -> None:
        while True:
            command, log, environment, done = self._orders.get()
            try:
                done.set_result(_popen(command, log, environment))
            except OSError as error:
                done.set_exception(error)


@cache
def _spawner(pid: int) -> _Spawner:  # noqa: ARG001 -- a forked child has no threads: it needs its own
    return _Spawner()


def _popen(command: Sequence[str], log: Path, environment: Environment) -> subprocess.Popen[bytes]:
    tied = [sys.executable, "-I", "-S", lifeline.__file__, str(os.getpid()), *command]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 -- the commands are our own
            tied,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )
