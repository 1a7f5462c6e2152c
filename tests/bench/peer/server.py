"""PostgreSQL for the peer, with the settings it ships with, and gone afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deskstream.stack import StackUnavailable, StartFailed, ports
from deskstream.stack.handshake import accepts_connections
from deskstream.stack.spawning import spawn

ACCOUNT = "postgres"
READY_SECONDS, STOP_SECONDS, LOOK_SECONDS = 60.0, 20.0, 0.1
PLACES = "/usr/lib/postgresql/*/bin/initdb"


@contextmanager
def postgres() -> Iterator[int]:
    """Gives its port on this machine."""
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="deskstream-peer-") as scratch:
        folder = Path(scratch)
        if os.getuid() == 0:  # it refuses to run as root
            shutil.chown(folder, ACCOUNT)
        data, port = folder / "data", ports.reserve()
        made = [str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres"]
        subprocess.run([*_as_account(), *made], check=True, capture_output=True)  # noqa: S603 - ours
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(port.number)]
        command += ["-h", "127.0.0.1", "-k", str(folder)]
        server = spawn([*_as_account(), *command], folder / "log")
        try:
            _wait_until_ready(server, port.address, folder / "log")
            yield port.number
        finally:
            server.send_signal(signal.SIGINT)  # closes its connections and ends
            server.wait(STOP_SECONDS)
            port.release()


def _programs() -> Path:
    found = shutil.which("initdb") or next(
        (str(each) for each in sorted(Path("/").glob(PLACES[1:]), reverse=True)), None
    )
    if found is None:
        raise StackUnavailable("The peer needs PostgreSQL: install postgresql.")
    return Path(found).parent


def _as_account() -> list[str]:
    if os.getuid() != 0:
        return []
    program = shutil.which("setpriv")
    if program is None:
        raise StackUnavailable("PostgreSQL refuses to run as root, and there is no setpriv.")
    return [program, f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups"]


def _wait_until_ready(server: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not accepts_connections(address):
        if server.poll() is not None or time.monotonic() > deadline:
            raise StartFailed(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
        time.sleep(LOOK_SECONDS)
