"""The dashboard: valid, every series in it exists, and Grafana finds it."""

from itertools import combinations
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from tests.deploy.known import DEPLOY
from tests.deploy.promql import names, problems
from tests.deploy.test_prometheus import promtool

FOLDER = DEPLOY / "grafana"
DASHBOARD: dict[str, Any] = orjson.loads((FOLDER / "dashboards" / "pipeline.json").read_bytes())
PANELS: list[dict[str, Any]] = [each for each in DASHBOARD["panels"] if each["type"] != "row"]
QUERIES = [(panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]]
VARIABLES = {"$__rate_interval": "5m", "$__range": "1h", "$stage": ".*"}


@pytest.mark.parametrize(("title", "query"), QUERIES)
def test_every_series_of_a_panel_exists(title: str, query: str) -> None:
    assert list(names(query)), title
    assert list(problems(query)) == [], title


def test_promtool_can_read_every_query(tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:number:{number}", "expr": _filled(query)}
        for number, (_, query) in enumerate(QUERIES)
    ]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), "utf-8")

    promtool("check", "rules", file)


def _filled(query: str) -> str:
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    assert "$" not in query
    return query


def test_panels_have_ids_of_their_own_and_do_not_cover_each_other() -> None:
    everything = DASHBOARD["panels"]

    assert len({each["id"] for each in everything}) == len(everything)
    for one, other in combinations((each["gridPos"] for each in everything), 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)
        assert one["x"] + one["w"] <= 24


def test_every_panel_says_what_it_shows_and_asks_the_chosen_source() -> None:
    variables = {each["name"]: each for each in DASHBOARD["templating"]["list"]}

    assert variables["datasource"]["query"] == "prometheus"
    for panel in PANELS:
        assert panel["description"], panel["title"]
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"


def test_grafana_finds_the_dashboard_and_prometheus() -> None:
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8"))
    mounts = dict(volume.split(":")[:2] for volume in compose["services"]["grafana"]["volumes"])
    [provider] = _provisioned("dashboards")["providers"]
    [source] = _provisioned("datasources")["datasources"]

    assert mounts["../grafana/dashboards"] == provider["options"]["path"]
    assert mounts["../grafana/provisioning"] == "/etc/grafana/provisioning"
    home = compose["services"]["grafana"]["environment"][
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"
    ]
    assert (FOLDER / "dashboards" / Path(home).name).is_file()
    assert source["url"] == "http://prometheus:9090"


def _provisioned(kind: str) -> dict[str, Any]:
    [file] = (FOLDER / "provisioning" / kind).iterdir()
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found
