"""Waiting for what must come about, and no longer than it may take."""

import time
from collections.abc import Callable

import psutil


def until(holds: Callable[[], bool], within_seconds: float = 10.0) -> None:
    deadline = time.monotonic() + within_seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not come about in {within_seconds} s"
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Whether the process has ended, also if nobody has read its end yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
