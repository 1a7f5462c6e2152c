"""The shipped rules, with promises of seconds for some tickets, and of days for all others."""

import shutil
from pathlib import Path

import yaml

from shared.kit.settings import SHIPPED_CONFIG

TAG = "chaos-timed"
FIRST_RESPONSE_SECONDS = 30


def write_config(folder: Path) -> Path:
    """Breaches escalate nothing: that would change owners, which is not what is looked at."""
    target = folder / "config"
    shutil.copytree(SHIPPED_CONFIG, target, dirs_exist_ok=True)
    promises = _read(target / "sla.yaml")
    promises["policies"] = [_timed(), _patient()]
    _write(target / "sla.yaml", promises)
    routes = _read(target / "routing.yaml")
    routes["escalations"] = []
    _write(target / "routing.yaml", routes)
    return target


def _timed() -> dict[str, object]:
    return {
        "name": "timed",
        "when": {"tags": [TAG]},
        "schedule": "around_the_clock",
        "targets": {"first_response": f"{FIRST_RESPONSE_SECONDS}s", "resolution": "90h"},
    }


def _patient() -> dict[str, object]:
    """Else some of thousands of tickets would always be about to come due, and nothing rest."""
    return {
        "name": "patient",
        "schedule": "around_the_clock",
        "targets": {"first_response": "80h", "resolution": "90h"},
    }


def _read(path: Path) -> dict[str, list[object]]:
    loaded: dict[str, list[object]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def _write(path: Path, content: dict[str, list[object]]) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
