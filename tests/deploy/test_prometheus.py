"""The rules and the scraping: every series exists, every alert is tried and leads to a runbook."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from deskstream.services import SERVICES
from shared.kit.meters import Event
from tests.deploy.known import DEPLOY, ROOT
from tests.deploy.promql import names, problems

FOLDER = DEPLOY / "prometheus"
RULES: dict[str, Any] = yaml.safe_load((FOLDER / "rules.yaml").read_text(encoding="utf-8"))
ALERTS: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]
IDS = [alert["alert"] for alert in ALERTS]


def promtool(*arguments: str | Path) -> None:
    """Skips where it is not installed; fails with what it says."""
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    done = subprocess.run(  # noqa: S603 - our own arguments
        [tool, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_rules() -> None:
    promtool("check", "rules", FOLDER / "rules.yaml")


def test_promtool_accepts_the_scraping() -> None:
    promtool("check", "config", FOLDER / "prometheus.yml")


def test_the_rules_fire_when_they_should_and_only_then() -> None:
    promtool("test", "rules", FOLDER / "rules_test.yaml")


def test_every_alert_is_tried() -> None:
    cases = yaml.safe_load((FOLDER / "rules_test.yaml").read_text(encoding="utf-8"))["tests"]
    fired = {
        look["alertname"]
        for case in cases
        for look in case["alert_rule_test"]
        if look["exp_alerts"]
    }

    assert fired == set(IDS)


@pytest.mark.parametrize("alert", ALERTS, ids=IDS)
def test_every_series_of_an_alert_exists(alert: dict[str, Any]) -> None:
    assert list(names(alert["expr"]))
    assert list(problems(alert["expr"])) == []


@pytest.mark.parametrize("alert", ALERTS, ids=IDS)
def test_an_alert_says_how_bad_it_is_what_it_is_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("warning", "critical")
    assert re.fullmatch(r"\d+m", alert["for"])
    assert alert["annotations"]["summary"]
    page, _, section = alert["annotations"]["runbook"].partition("#")
    assert section in _anchors(ROOT / page)


def _anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_events_in_matchers_are_the_kits() -> None:
    text = (FOLDER / "rules.yaml").read_text(encoding="utf-8")

    assert set(re.findall(r'event="(\w+)"', text)) <= set(get_args(Event))


@pytest.mark.parametrize("job", ["deskstream", "deskstream-readiness"])
def test_all_six_services_are_scraped_and_asked(job: str) -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))
    [found] = [each for each in config["scrape_configs"] if each["job_name"] == job]

    assert [(each["targets"], each["labels"]["service"]) for each in found["static_configs"]] == [
        ([f"{service}:8080"], service) for service in SERVICES
    ]


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("rate(deskstream_kit_input_total[5m])", "there is no series deskstream_kit_input_total"),
        ("deskstream_kit_batch_seconds > 1", "there is no series deskstream_kit_batch_seconds"),
        ('up{jab="x"}', "up has no label jab"),
        ("sum by (state) (deskstream_kit_lag_records)", "nothing has a label state"),
    ],
)
def test_what_does_not_exist_is_found(expression: str, problem: str) -> None:
    assert list(problems(expression)) == [problem]
