"""The demo as it is started and ended by people: whole, and without a trace afterwards."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from deskstream.demo.processes import ServiceFailed, Services
from tests.stack.waiting import is_gone, until

START_WITHIN_SECONDS, END_WITHIN_SECONDS = 120.0, 60.0
SERVERS = 8  # six services, broker, database
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]


@dataclass
class Running:
    process: subprocess.Popen[str]
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait_until_open(self) -> list[psutil.Process]:
        until(lambda: "Dashboard:" in self.said or self.process.poll() is not None, 120)
        assert self.process.poll() is None, self.said
        children = self.children()
        assert len(children) >= SERVERS
        return children


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[Running]:
    output = folder / "output"
    clean = {name: text for name, text in os.environ.items() if not name.startswith("DESKSTREAM_")}
    command = [sys.executable, "-m", "deskstream", "demo", "--data-dir", str(folder / "data")]
    with output.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, *options], stdout=out, stderr=out, text=True, env=clean
        )
    running = Running(process, output)
    try:
        yield running
    finally:
        process.kill()
        process.wait()


def all_gone(children: list[psutil.Process]) -> Callable[[], bool]:
    return lambda: all(is_gone(child.pid) for child in children)


def test_once_ends_well_and_says_so(tmp_path: Path) -> None:
    with demo(tmp_path, "--tickets", "12", "--once", "--rate", "6") as running:
        children = running.wait_until_open()

        assert running.process.wait(180) == 0, running.said

    figures = dict(re.findall(r"^ ?([a-z-]+) +(\d+) *$", running.said, re.MULTILINE))
    assert int(figures["created"]) >= 12
    assert figures["triaged"] == figures["assigned"] == figures["closed"] == figures["created"]
    assert (figures["lost"], figures["doubled"]) == ("0", "0")
    until(all_gone(children))


def test_ctrl_c_ends_all_of_it(tmp_path: Path) -> None:
    with demo(tmp_path) as running:
        children = running.wait_until_open()

        running.process.send_signal(signal.SIGINT)

        assert running.process.wait(END_WITHIN_SECONDS) == 0, running.said
    until(all_gone(children))
    assert "had to be killed" not in running.said


def test_nothing_outlives_a_demo_that_is_killed(tmp_path: Path) -> None:
    with demo(tmp_path) as running:
        children = running.wait_until_open()

        running.process.kill()

        until(all_gone(children))


def test_a_service_that_ends_ends_the_demo_by_name(tmp_path: Path) -> None:
    with demo(tmp_path) as running:
        children = running.wait_until_open()
        [sla] = [child for child in children if child.cmdline()[-1] == "sla"]

        sla.kill()

        assert running.process.wait(END_WITHIN_SECONDS) == 1, running.said
    assert "sla ended by itself with code -9" in running.said
    until(all_gone(children))


async def test_a_service_that_cannot_start_is_quoted(tmp_path: Path) -> None:
    services = Services(("notifier",), tmp_path)
    services.start({}, {})
    try:
        with pytest.raises(ServiceFailed) as failed:
            await services.ready(lambda _: None)
    finally:
        services.kill()

    assert "notifier ended by itself with code 2" in str(failed.value)
    assert "DESKSTREAM_MAIL_SECRET" in str(failed.value)
