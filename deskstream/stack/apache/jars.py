"""Where Apache Kafka's jars are, fetched by Maven the first time."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

from deskstream.stack import directories
from deskstream.stack.missing import OTHERWISE
from deskstream.stack.unavailable import StackUnavailable

_POM = Path(__file__).with_name("pom.xml")
_FETCH_WITHIN_SECONDS = 600


def fetch() -> Path:
    """The directory of the jars; of several processes that need them at once, one downloads."""
    cache = directories.cache()
    cache.mkdir(parents=True, exist_ok=True)
    home = cache / f"kafka-{version()}"
    with _alone(cache / f"{home.name}.lock"):
        if not _is_complete(home):
            _download(home)
    return home / "lib"


def version() -> str:
    found = ET.parse(_POM).findtext("version")  # noqa: S314 -- our own file
    if found is None:
        raise AssertionError(f"{_POM} has no version")
    return found


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_complete(home: Path) -> bool:
    """The pom is kept beside the jars: another one means other jars."""
    pom = home / _POM.name
    return pom.exists() and pom.read_bytes() == _POM.read_bytes()


def _download(home: Path) -> None:
    partial = home.with_name(f"{home.name}.partial")
    for old in (partial, home):
        shutil.rmtree(old, ignore_errors=True)
    partial.mkdir()
    shutil.copyfile(_POM, partial / _POM.name)
    _run_maven(partial / _POM.name)
    partial.rename(home)


def _run_maven(pom: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise StackUnavailable(f"Apache Kafka comes by Maven: install maven, {OTHERWISE}.")
    command = [maven, "--batch-mode", "--quiet", "--file", str(pom), "dependency:copy-dependencies"]
    done = subprocess.run(  # noqa: S603 -- the command is our own
        command, capture_output=True, text=True, timeout=_FETCH_WITHIN_SECONDS, check=False
    )
    if done.returncode:
        said = next(
            (line for line in done.stdout.splitlines() if "ERROR" in line), "no reason given"
        )
        raise StackUnavailable(
            f"Maven could not fetch Apache Kafka ({said}): try again, {OTHERWISE}."
        )
