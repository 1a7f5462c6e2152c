"""Triage starts with usable rules, does not start without, and takes new ones while it runs."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from services.triage.app import STAGE, create
from services.triage.handlers import TriageHandler
from services.triage.settings import TriageSettings
from shared.kit.clock import SystemClock
from shared.kit.config import ConfigError
from shared.kit.health import Health
from shared.kit.service import ServiceContext
from shared.kit.settings import KitSettings
from tests.triage.conftest import SHIPPED


def context(config_dir: Path) -> ServiceContext:
    """Triage takes nothing but the settings of it."""
    nothing = cast("Any", None)
    return ServiceContext(
        settings=KitSettings(config_dir=config_dir),
        database=nothing,
        publisher=nothing,
        clock=nothing,
        blobs=nothing,
        health=nothing,
    )


def test_it_starts_with_the_shipped_rules() -> None:
    service = create(context(SHIPPED.parent))
    [(stage, handler)] = service.stages
    assert service.name == "triage"
    assert stage is STAGE
    assert isinstance(handler, TriageHandler)


def test_it_refuses_to_start_with_bad_rules(tmp_path: Path) -> None:
    (tmp_path / "triage.yaml").write_text("categories: {}\n")
    with pytest.raises(ConfigError) as caught:
        create(context(tmp_path))
    assert [line.removeprefix(f"{tmp_path}/") for line in caught.value.problems] == [
        "triage.yaml:1: categories: must have at least 1, not 0",
        "triage.yaml:1: priority: must be given",
    ]


def test_the_environment_may_name_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKSTREAM_TRIAGE_RULES_FILE", "absent.yaml")
    assert TriageSettings().rules_file == "absent.yaml"
    with pytest.raises(ConfigError, match=r"absent\.yaml: there is no such file"):
        create(context(SHIPPED.parent))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is waited for knows no event
            await asyncio.sleep(0)


class Hurried(SystemClock):
    async def sleep(self, seconds: float) -> None:
        del seconds
        await asyncio.sleep(0)


async def test_changed_rules_are_taken_and_bad_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / SHIPPED.name
    shutil.copy(SHIPPED, path)
    health = Health()
    service = create(replace(context(tmp_path), clock=Hurried(), health=health))
    [(_, handler)] = service.stages
    [watch] = service.background
    assert isinstance(handler, TriageHandler)
    before = handler.rules_version
    watching = asyncio.ensure_future(watch())
    path.write_bytes(SHIPPED.read_bytes() + b"# a remark\n")
    await until(lambda: handler.rules_version != before)
    taken = handler.rules_version
    path.write_text("categories: {}\n")
    await until(lambda: bool(health.readiness()["degraded"]))
    watching.cancel()
    assert handler.rules_version == taken != before
