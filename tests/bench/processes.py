"""Programs of ours as processes that die with this one, and what they cost."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from deskstream.stack.spawning import spawn

ROOT = Path(__file__).parents[2]
ENV = "/usr/bin/env"


def start_python(
    arguments: Sequence[str], log: Path, variables: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """`python ARGUMENTS` from the checkout; what this shell says of Deskstream does not count."""
    settings = {"PYTHONPATH": str(ROOT)} | dict(variables or {})
    assigned = [f"{name}={value}" for name, value in settings.items()]
    return spawn([ENV, *assigned, sys.executable, *arguments], log)


def tail(log: Path, lines: int = 15) -> str:
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:])


def cpu_seconds(pid: int) -> float:
    """User and system time so far; nothing of a process that is gone."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def memory_mb(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_info().rss) / 1e6
    except psutil.NoSuchProcess:
        return 0.0


class CpuMeter:
    """What each process used since the last look."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._before = {name: cpu_seconds(pid) for name, pid in self._pids.items()}

    def used(self) -> dict[str, float]:
        return {
            name: max(cpu_seconds(pid) - self._before[name], 0.0)
            for name, pid in self._pids.items()
        }
