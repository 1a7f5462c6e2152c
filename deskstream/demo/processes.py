"""The six services as processes of this machine: started, watched, stopped."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import Popen

from deskstream.demo.fetching import Unanswered, get
from deskstream.stack import ports
from deskstream.stack.spawning import spawn

READY_WITHIN_SECONDS = 90.0
STOP_WITHIN_SECONDS = 20.0
POLL_SECONDS = 0.2
TAIL_LINES = 12


class ServiceFailed(Exception):  # noqa: N818 - it says what happened
    """A service ended or is not ready; the text has its last words and what to do."""


class ServiceProcess:
    """One service, with an HTTP port that is its own for as long as we live."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.port = ports.reserve()
        self.log = folder / f"{name}.log"
        self.reason = "starting"
        self.process: Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.port.address}"

    @property
    def ended(self) -> int | None:
        """Its exit code, once it has one."""
        return self.process.poll() if self.process is not None else None

    def start(self, environment: Mapping[str, str]) -> None:
        own = {"DESKSTREAM_HTTP_HOST": "127.0.0.1", "DESKSTREAM_HTTP_PORT": str(self.port.number)}
        command = [sys.executable, "-m", "deskstream", "run", self.name]
        self.process = spawn(command, self.log, {**environment, **own})

    async def is_ready(self) -> bool:
        try:
            answer = await get(self.port.number, "/readyz", within=2)
        except Unanswered:
            return False
        reasons = answer.json()["reasons"]
        self.reason = "; ".join(reasons.values()) or "ready"
        return answer.status == 200  # noqa: PLR2004 - HTTP's OK

    def failure(self, what: str) -> ServiceFailed:
        return ServiceFailed(
            f"{self.name} {what}. Its log ends:\n\n{_tail(self.log)}\n\n"
            f"The whole log is {self.log} (kept with --keep). If it speaks of a rule file or a "
            "setting, mend that; else start again, and tell us if it happens twice."
        )


class Services:
    def __init__(self, names: tuple[str, ...], folder: Path) -> None:
        self.processes = {name: ServiceProcess(name, folder) for name in names}

    def __getitem__(self, name: str) -> ServiceProcess:
        return self.processes[name]

    def start(self, environment: Mapping[str, str], own: Mapping[str, Mapping[str, str]]) -> None:
        """`own`: what only one service is told."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("DESKSTREAM_")}
        for name, service in self.processes.items():
            service.start({**inherited, **environment, **own.get(name, {})})

    async def ready(self, progress: Callable[[set[str]], None]) -> None:
        """Returns when all are; raises ServiceFailed at the first that ended or stayed away."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        done: set[str] = set()
        while len(done) < len(self.processes):
            self.check()
            waiting = [s for s in self.processes.values() if s.name not in done]
            found = await asyncio.gather(*(service.is_ready() for service in waiting))
            done |= {s.name for s, ready in zip(waiting, found, strict=True) if ready}
            progress(done)
            if time.monotonic() > deadline:
                late = next(s for s in self.processes.values() if s.name not in done)
                raise late.failure(
                    f"was not ready after {READY_WITHIN_SECONDS:.0f} s: {late.reason}"
                )
            await asyncio.sleep(POLL_SECONDS)

    def check(self) -> None:
        for service in self.processes.values():
            if service.ended is not None:
                raise service.failure(f"ended by itself with code {service.ended}")

    async def watch(self) -> None:
        """Never returns; raises ServiceFailed when one of them ends."""
        while True:
            self.check()
            await asyncio.sleep(POLL_SECONDS)

    async def stop(self) -> list[str]:
        """Ends all gracefully; the names of those that had to be killed."""
        running = [s for s in self.processes.values() if s.process and s.ended is None]
        for service in running:
            if service.process is not None:
                service.process.terminate()
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        while any(s.ended is None for s in running) and time.monotonic() < deadline:  # noqa: ASYNC110 - a process has no event
            await asyncio.sleep(0.05)
        stubborn = [service.name for service in running if service.ended is None]
        self.kill()
        return stubborn

    def kill(self) -> None:
        for service in self.processes.values():
            if service.process is not None:
                service.process.kill()
                service.process.wait()
            service.port.release()


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "(it has written nothing)"
    return "\n".join(lines[-TAIL_LINES:]) or "(it has written nothing)"
