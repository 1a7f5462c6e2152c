"""Triage starts with usable rules, and does not start without."""

from pathlib import Path
from typing import Any, cast

import pytest

from services.triage.app import STAGE, create
from services.triage.handlers import TriageHandler
from services.triage.settings import TriageSettings
from shared.kit.config import ConfigError
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
