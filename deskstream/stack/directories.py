"""Where a stack keeps its data, and what becomes of it."""

import fcntl
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deskstream.stack.unavailable import StackUnavailable

_PREFIX = "deskstream-stack-"


@dataclass(frozen=True)
class DataDirectory:
    """A directory that is ours alone until `close`; a temporary one is then deleted."""

    path: Path
    temporary: bool
    _lock: int

    def close(self) -> None:
        if self.temporary:
            shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def claim(named: Path | None) -> DataDirectory:
    return _temporary() if named is None else _named(named)


def cache() -> Path:
    """Where what is fetched or copied once is kept for later starts."""
    return Path(os.environ.get("DESKSTREAM_CACHE") or "~/.cache/deskstream").expanduser()


def _named(path: Path) -> DataDirectory:
    path.mkdir(parents=True, exist_ok=True)
    lock = _lock(path)
    if lock is None:
        raise StackUnavailable(f"{path} is in use by another stack: stop it or name another one.")
    return DataDirectory(path.resolve(), temporary=False, _lock=lock)


def _temporary() -> DataDirectory:
    _sweep()
    # Locked before it gets the name that a sweep looks for, which could else take it for dead.
    fresh = Path(tempfile.mkdtemp(prefix=f".{_PREFIX}"))
    lock = _lock(fresh)
    if lock is None:
        raise StackUnavailable(f"{fresh} cannot be locked: set TMPDIR to a local file system.")
    path = fresh.rename(fresh.with_name(fresh.name.removeprefix(".")))
    return DataDirectory(path, temporary=True, _lock=lock)


def _sweep() -> None:
    """Delete what stacks left behind whose process was killed before it could."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        lock = _lock(path)
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _lock(path: Path) -> int | None:
    try:
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(directory)
        return None
    return directory
