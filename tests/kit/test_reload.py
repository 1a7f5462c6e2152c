"""Rules change while a service runs; a bad file changes nothing, and everybody can see why."""

from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from pydantic import BaseModel
from structlog.testing import capture_logs

from shared.kit.config import load
from shared.kit.health import Health
from shared.kit.memory import VirtualClock
from shared.kit.reload import LOOK_SECONDS, Reloader
from tests.harness import MONDAY_9AM


class Rules(BaseModel):
    limit: int


class Desk:
    """A handler as far as the reloader knows it, and all that can be seen of a reload."""

    def __init__(self, path: Path) -> None:
        self.path, self.health, self.used = path, Health(), list[int]()
        self.clock = VirtualClock(MONDAY_9AM)
        path.write_text("limit: 1\n")
        self.reloader = Reloader(
            path,
            self.load,
            self.used.append,
            version=load(path, Rules).version,
            clock=self.clock,
            health=self.health,
        )

    def load(self, path: Path) -> int:
        limit = load(path, Rules).value.limit
        if limit == 13:
            raise ZeroDivisionError
        return limit

    async def write(self, text: str) -> None:
        self.path.write_text(text)
        await self.looks()

    async def looks(self) -> None:
        for _ in range(3):
            await self.reloader.look()

    @property
    def degraded(self) -> object:
        return self.health.readiness()["degraded"]

    def metric(self, name: str, **labels: str) -> float:
        value = REGISTRY.get_sample_value(name, {"file": self.path.name, **labels})
        assert value is not None
        return value


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    return Desk(tmp_path / f"{request.node.name}.yaml")  # its own name: metrics outlive a test


async def test_an_unchanged_file_is_left_alone(desk: Desk) -> None:
    await desk.looks()
    assert desk.used == []


async def test_a_valid_change_is_taken_once(desk: Desk) -> None:
    await desk.write("limit: 2\n")
    assert desk.used == [2]
    assert desk.degraded == {}
    assert desk.metric("deskstream_kit_rules_reloads_total", outcome="taken") == 1


async def test_a_file_in_the_middle_of_being_written_is_not_taken(desk: Desk) -> None:
    for text in ("limit: 2", "limit: 23", "limit: 234"):
        desk.path.write_text(text)
        await desk.reloader.look()
    assert desk.used == []
    await desk.reloader.look()
    assert desk.used == [234]


async def test_a_bad_file_changes_nothing_and_is_said_once(desk: Desk) -> None:
    with capture_logs() as logs:
        await desk.write("limit: many\nmore: 1\n")
        await desk.looks()
    assert desk.used == []
    [said] = [entry for entry in logs if entry["event"] == "rules refused"]
    assert said["log_level"] == "error"
    assert said["problems"] == [f'{desk.path}:1: limit: must be a whole number, not "many"']
    assert said["in_force"] == load_version("limit: 1\n", desk.path)
    assert desk.metric("deskstream_kit_rules_refused") == 1
    assert desk.metric("deskstream_kit_rules_reloads_total", outcome="refused") == 1


async def test_readiness_names_the_first_problem_and_what_stays(desk: Desk) -> None:
    await desk.write("limit: many\n")
    in_force = load_version("limit: 1\n", desk.path)
    problem = f'{desk.path}:1: limit: must be a whole number, not "many"'
    assert desk.degraded == {
        f"rules {desk.path.name}": f"version {in_force} stays in force; {problem}"
    }
    assert desk.health.ready


async def test_a_mended_file_ends_the_complaint(desk: Desk) -> None:
    await desk.write("limit: many\n")
    await desk.write("limit: 3\n")
    assert desk.used == [3]
    assert desk.degraded == {}
    assert desk.metric("deskstream_kit_rules_refused") == 0


async def test_the_old_file_put_back_ends_the_complaint_without_a_reload(desk: Desk) -> None:
    await desk.write("limit: many\n")
    await desk.write("limit: 1\n")
    assert desk.used == []
    assert desk.degraded == {}


async def test_a_file_that_is_gone_changes_nothing(desk: Desk) -> None:
    desk.path.unlink()
    await desk.looks()
    assert desk.used == []
    assert "there is no such file" in str(desk.degraded)
    await desk.write("limit: 4\n")
    assert desk.used == [4]


async def test_an_unforeseen_error_keeps_the_service_and_its_rules(desk: Desk) -> None:
    await desk.write("limit: 13\n")
    assert desk.used == []
    assert "ZeroDivisionError while reading it" in str(desk.degraded)
    await desk.write("limit: 5\n")
    assert desk.used == [5]


class Stop(Exception):  # noqa: N818 - ends the endless watch, no error
    pass


async def test_it_looks_every_two_seconds(desk: Desk) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 4:
            raise Stop

    desk.path.write_text("limit: 6\n")
    desk.clock.sleep = sleep  # type: ignore[method-assign]
    with pytest.raises(Stop):
        await desk.reloader.watch()
    assert slept == [LOOK_SECONDS] * 4
    assert desk.used == [6]


@pytest.mark.parametrize("early", [0.0005, 0.3])
async def test_a_sleep_that_ends_early_does_not_lead_to_two_looks_at_once(
    desk: Desk, early: float
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        desk.clock.move(timedelta(seconds=seconds - early))
        if len(slept) == 6:
            raise Stop

    desk.clock.sleep = sleep  # type: ignore[method-assign]
    with pytest.raises(Stop):
        await desk.reloader.watch()
    assert all(LOOK_SECONDS / 2 < each <= 1.5 * LOOK_SECONDS for each in slept)


def load_version(text: str, beside: Path) -> str:
    copy = beside.with_suffix(".copy")
    copy.write_text(text)
    return load(copy, Rules).version
