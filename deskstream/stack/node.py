"""One server process of ours, and what can be done to it."""

import contextlib
import re
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deskstream.stack import ports
from deskstream.stack.missing import explain
from deskstream.stack.ports import Port
from deskstream.stack.spawning import spawn
from deskstream.stack.unavailable import StackUnavailable, StartFailed

_READY_WITHIN_SECONDS = 60.0
_POLL_SECONDS = 0.01
_TRIES = 5
_TAIL_BYTES = 64_000
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_PORT_TAKEN = re.compile(r"address (already )?in use", re.IGNORECASE)


@dataclass(frozen=True)
class Server:
    """What it takes to start a server and to know that it is ready."""

    name: str
    command: Sequence[str]
    log: Path
    answers: Callable[[], bool]
    # How long a graceful stop may take; 0 for a server that has nothing to save.
    stop_within_seconds: float


class Node:
    def __init__(self, server: Server, address: str, reserved: Sequence[Port] = ()) -> None:
        self.address = address
        self._server = server
        self._reserved = reserved
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def log_file(self) -> Path:
        return self._server.log

    def start(self) -> None:
        """Return when the server answers; raise when it died or stayed silent instead."""
        if self.pid is not None:
            raise RuntimeError(f"{self._server.name} is running already (pid {self.pid})")
        written = self._server.log.stat().st_size if self._server.log.exists() else 0
        self._process = spawn(self._server.command, self._server.log)
        try:
            self._wait_until_ready(self._process, written)
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end; kill it when it takes too long. A paused one is resumed for this."""
        if self._process and self._server.stop_within_seconds:
            self._process.terminate()
            self.resume()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self._server.stop_within_seconds)
        self.kill()

    def restart(self) -> None:
        """Start again on the same port and data, stopping first if it still runs."""
        self.stop()
        self.start()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self, *, graceful: bool) -> None:
        """End it for good and give back its port."""
        if graceful:
            self.stop()
        self.kill()
        for port in self._reserved:
            port.release()

    def log_tail(self, lines: int = 20) -> str:
        return "\n".join(self._log_since(0).splitlines()[-lines:])

    def _signal(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)

    def _wait_until_ready(self, process: subprocess.Popen[bytes], written: int) -> None:
        deadline = time.monotonic() + _READY_WITHIN_SECONDS
        while not self._server.answers():
            if process.poll() is not None:
                raise self._death(process.returncode, written)
            if time.monotonic() > deadline:
                silent = f"{self._server.name} was not ready after {_READY_WITHIN_SECONDS:.0f} s"
                raise StartFailed(f"{silent}; its log ends:\n{self.log_tail()}")
            time.sleep(_POLL_SECONDS)

    def _death(self, code: int, written: int) -> StackUnavailable | StartFailed:
        said = self._log_since(written)
        if sentence := explain(self._server.name, said):
            return StackUnavailable(sentence)
        text = f"{self._server.name} ended with code {code} at its start; its log ends:\n"
        text += self.log_tail()
        return PortTaken(text) if _PORT_TAKEN.search(said) else StartFailed(text)

    def _log_since(self, start: int) -> str:
        if not self._server.log.exists():
            return ""
        with self._server.log.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(start, size - _TAIL_BYTES))
            return _COLOURS.sub("", log.read().decode(errors="replace"))


class PortTaken(StartFailed):
    """Somebody outside our stacks took the port between our look and the server's."""


def start_on_free_ports(count: int, build: Callable[[Sequence[Port]], Server]) -> Node:
    """Start what `build` makes of `count` free ports; clients connect to the first of them."""
    for attempt in range(1, _TRIES + 1):
        reserved = [ports.reserve() for _ in range(count)]
        node = Node(build(reserved), reserved[0].address, reserved)
        try:
            node.start()
        except BaseException as error:
            node.close(graceful=False)
            if isinstance(error, PortTaken) and attempt < _TRIES:
                continue
            raise
        return node
    raise AssertionError("the last attempt returns or raises")
