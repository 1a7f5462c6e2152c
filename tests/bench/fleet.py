"""The six services and a mail server as processes, supervised: started, watched, killed, woken."""

import asyncio
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

from deskstream.services import SERVICES
from deskstream.stack import ports
from shared.kit.settings import KitSettings
from tests.bench.processes import start_python, tail

READY_SECONDS = 180.0
STOP_SECONDS = 30.0
LOOK_SECONDS = 0.1
INSTANCE = "#"


class ServiceDiedError(Exception):
    """With the end of its log."""


class Fleet:
    """`folder` gets a log for each service and the list of mails.

    `services` may hold further processes of the same service, as `sla#2`; `standbys` adds such a
    second one. Those of `profiled` wait for signals to profile themselves. With `unwatched`
    somebody else looks after what ends. `variables` are more settings, for all.
    """

    def __init__(
        self,
        settings: KitSettings,
        folder: Path,
        *,
        services: Sequence[str] = SERVICES,
        standbys: Sequence[str] = (),
        profiled: Collection[str] = (),
        unwatched: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.services = (*services, *(f"{name}{INSTANCE}2" for name in standbys))
        self._profiled = frozenset(profiled)
        self.folder = folder
        self._unwatched = unwatched
        self._more = dict(variables or {})
        self.mails = folder / "mails.txt"
        self._settings = settings
        self._ports = {name: ports.reserve() for name in (*self.services, "sink")}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._running.items()}

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.mails.unlink(missing_ok=True)  # of an earlier run in the same folder
        for name in ("sink", *self.services):
            self.start_one(name)

    def start_one(self, name: str) -> None:
        if name == "sink":
            port = str(self._ports["sink"].number)
            arguments = ["-m", "tests.bench.sink", port, str(self.mails)]
        else:
            arguments = self._program(name)
        self._running[name] = start_python(arguments, self.log(name), self._variables(name))

    def _program(self, name: str) -> list[str]:
        service, _, _ = name.partition(INSTANCE)
        if service in self._profiled:
            return ["-m", "tests.bench.profiled", service, str(self.profile(name))]
        return ["-m", "deskstream", "run", service]

    def profile(self, name: str) -> Path:
        """Where a profiled service writes what it found."""
        return self.folder / f"{name}.profile"

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _variables(self, name: str) -> dict[str, str]:
        """The settings that are not at their default."""
        found: dict[str, str] = {}
        for field in self._settings.model_fields_set:
            value = getattr(self._settings, field)
            text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            found[f"DESKSTREAM_{field.upper()}"] = text
        if self._settings.kafka_idempotence:  # the embedded broker never gives up who has a name
            found["DESKSTREAM_KAFKA_INSTANCE"] = name.replace(INSTANCE, "-")
        found["DESKSTREAM_HTTP_PORT"] = str(self._ports[name].number)
        found["DESKSTREAM_NOTIFIER_SMTP_PORT"] = str(self._ports["sink"].number)
        return found | self._more

    async def ready(
        self, names: Sequence[str] | None = None, within: float = READY_SECONDS
    ) -> None:
        """Until all say so on /readyz; raises ServiceDiedError if one ends instead."""
        waiting = set(names if names is not None else self.services)
        deadline = time.monotonic() + within
        while waiting:
            self.check()
            answers = {name: await asyncio.to_thread(self._readyz, name) for name in waiting}
            waiting -= {name for name, (ready, _) in answers.items() if ready}
            if waiting and time.monotonic() > deadline:
                reasons = "; ".join(f"{name}: {answers[name][1]}" for name in sorted(waiting))
                raise TimeoutError(f"not ready after {within:.0f} s: {reasons}")
            await asyncio.sleep(LOOK_SECONDS)

    def _readyz(self, name: str) -> tuple[bool, str]:
        address = f"http://{self._ports[name].address}/readyz"
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                return True, answer.read().decode()
        except urllib.error.HTTPError as error:
            return False, error.read().decode()
        except OSError as error:
            return False, type(error).__name__

    def check(self) -> None:
        """Raises ServiceDiedError where one has ended."""
        if self._unwatched:
            return
        for name, process in self._running.items():
            if process.poll() is not None:
                code = process.returncode
                raise ServiceDiedError(f"{name} ended with {code}:\n{tail(self.log(name))}")

    def ended(self) -> dict[str, int]:
        """Who has ended, with which code."""
        codes = {name: process.poll() for name, process in self._running.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def signal(self, name: str, number: signal.Signals) -> None:
        self._running[name].send_signal(number)

    def kill(self, name: str) -> None:
        self._running[name].kill()
        self._running[name].wait()

    def stop(self) -> None:
        """Everything, for good."""
        self.stop_some(tuple(self._running))
        for port in self._ports.values():
            port.release()

    def stop_some(self, names: Sequence[str]) -> None:
        """Gracefully, and then not; `start_one` starts it again."""
        ending = [self._running.pop(name) for name in names]
        for process in ending:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in ending:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
