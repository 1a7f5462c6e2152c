"""A process whose clock is off goes by the database server's."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from shared.kit.clock import ServerClock
from tests.bench.processes import ROOT

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SHIFTED = """
import time
from tests.chaos.skew import shift
from shared.kit.clock import SystemClock
before = time.time()
shift({seconds}, time)
print(time.time() - before, SystemClock().now().timestamp() - before)
"""


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_shifted_process_has_one_wrong_time(seconds: int) -> None:
    program = SHIFTED.format(seconds=seconds)
    said = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert [float(each) for each in said.split()] == pytest.approx([seconds, seconds], abs=1)


class Wrong(ServerClock):
    """Five minutes ahead."""

    def own(self) -> datetime:
        return NOON + timedelta(minutes=5)


def test_it_goes_by_the_server_once_it_has_asked() -> None:
    clock = Wrong()
    clock.heard(NOON, asked=clock.own() - SECOND / 10, answered=clock.own() + SECOND / 10)
    assert clock.now() == NOON


def test_an_answer_that_took_long_changes_nothing_that_it_could_not_tell() -> None:
    clock = Wrong()
    asked = clock.own()
    clock.heard(asked - SECOND, asked=asked, answered=asked + 3 * SECOND)
    assert clock.now() == clock.own()


def test_what_the_network_may_explain_is_left_alone() -> None:
    clock = Wrong()
    asked = clock.own()
    clock.heard(asked + SECOND / 20, asked=asked, answered=asked + SECOND / 10)
    assert clock.now() == clock.own()


def test_a_quicker_answer_tells_it_more_exactly() -> None:
    clock = Wrong()
    asked = clock.own()
    late = NOON + SECOND * 0.9  # read right before a long way back
    clock.heard(late, asked=asked, answered=asked + SECOND)
    assert clock.now() - NOON == SECOND * 0.4

    clock.heard(NOON, asked=asked, answered=asked + SECOND / 100)
    assert abs(clock.now() - NOON) < SECOND / 100

    clock.heard(NOON + SECOND / 4, asked=asked, answered=asked + SECOND / 2)
    assert abs(clock.now() - NOON) < SECOND / 100
