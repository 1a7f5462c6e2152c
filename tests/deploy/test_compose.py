"""The Compose file: valid, complete, closed to the network, and about settings that there are."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
import yaml

from deskstream.services import SERVICES
from services.notifier.settings import NotifierSettings
from shared.kit.settings import KitSettings
from tests.deploy.known import DEPLOY, ROOT, setting_names

FILE = DEPLOY / "compose" / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
ALL: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: ALL[name] for name in (*SERVICES, "topics")}
THEIRS = {name: each for name, each in ALL.items() if name not in OURS}


def test_it_holds_to_the_compose_specification() -> None:
    package = find_spec("check_jsonschema")
    if package is None or package.origin is None:
        pytest.skip("check-jsonschema is not installed; its package carries the schema")
    schemas = Path(package.origin).parent / "builtin_schemas" / "vendor"
    schema = orjson.loads((schemas / "compose-spec.json").read_bytes())

    jsonschema.validate(COMPOSE, schema)


def test_the_six_services_run_the_command_of_their_name() -> None:
    assert {name: each["command"] for name, each in OURS.items() if name != "topics"} == {
        name: ["run", name] for name in SERVICES
    }


@pytest.mark.parametrize("name", ALL)
def test_ports_are_published_on_this_machine_only(name: str) -> None:
    for port in ALL[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


def test_no_port_is_published_twice_and_the_makefile_names_them_right() -> None:
    published = [port.rsplit(":", 1)[0] for each in ALL.values() for port in each.get("ports", [])]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert len(published) == len(set(published))
    echoed = dict(re.findall(r"(Dashboard|door|mail|Grafana) http://localhost:(\d+)", makefile))
    where = {"Dashboard": "reporting", "door": "intake", "mail": "mail", "Grafana": "grafana"}
    for word, name in where.items():
        assert [port.split(":")[1] for port in ALL[name]["ports"]] == [echoed[word]], word


@pytest.mark.parametrize("name", ALL)
def test_every_container_is_contained(name: str) -> None:
    each = ALL[name]

    assert each["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in each["security_opt"]
    assert "mem_limit" in each
    assert each["restart"] == ("no" if name == "topics" else "unless-stopped")
    for opening in ("privileged", "cap_add", "network_mode", "pid", "ipc", "devices"):
        assert opening not in each
    assert not any("docker.sock" in str(volume) for volume in each.get("volumes", []))


@pytest.mark.parametrize("name", [*OURS, "mongo", "mail", "probe", "prometheus", "grafana"])
def test_root_file_systems_are_read_only(name: str) -> None:
    assert ALL[name]["read_only"] is True


@pytest.mark.parametrize("name", THEIRS)
def test_foreign_images_have_a_version(name: str) -> None:
    tag = THEIRS[name]["image"].rpartition(":")[2]

    assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?", tag)


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting(name: str) -> None:
    assert set(OURS[name]["environment"]) <= setting_names()


@pytest.mark.parametrize("name", SERVICES)
def test_the_settings_are_read_without_complaint(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in OURS[name]["environment"].items():
        monkeypatch.setenv(variable, str(value))

    assert KitSettings().kafka_servers == "kafka:29092"
    assert KitSettings().mongo_url == "mongodb://mongo:27017/?replicaSet=rs0"
    if name == "notifier":
        mail = NotifierSettings()
        assert (mail.smtp_host, mail.smtp_port) == ("mail", 1025)


@pytest.mark.parametrize("name", SERVICES)
def test_services_wait_for_broker_database_and_topics(name: str) -> None:
    assert {other: each["condition"] for other, each in OURS[name]["depends_on"].items()} == {
        "kafka": "service_healthy",
        "mongo": "service_healthy",
        "topics": "service_completed_successfully",
    }


def test_what_is_waited_for_can_say_that_it_is_healthy() -> None:
    for each in ALL.values():
        for other, wanted in each.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                assert "test" in ALL[other]["healthcheck"]


def test_only_one_service_builds_the_image_that_all_of_ours_run() -> None:
    assert [name for name, each in OURS.items() if "build" in each] == ["topics"]
    assert len({each["image"] for each in OURS.values()}) == 1
    assert {each["pull_policy"] for name, each in OURS.items() if name != "topics"} == {"never"}


def test_the_first_look_makes_the_replica_set_that_the_services_name() -> None:
    mongo = ALL["mongo"]
    command, look = mongo["command"], mongo["healthcheck"]["test"][-1]

    name = command[command.index("--replSet") + 1]
    assert f'_id: "{name}"' in look
    assert f"replicaSet={name}" in OURS["intake"]["environment"]["DESKSTREAM_MONGO_URL"]
    assert 'host: "mongo:27017"' in look


def test_kafkas_listeners_are_all_mapped_and_the_quorum_is_this_node() -> None:
    environment = ALL["kafka"]["environment"]
    listeners = _by_name(environment["KAFKA_LISTENERS"])
    kinds = dict(
        pair.split(":") for pair in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")
    )
    advertised = _by_name(environment["KAFKA_ADVERTISED_LISTENERS"])
    controller = environment["KAFKA_CONTROLLER_LISTENER_NAMES"]

    assert set(kinds) == set(listeners)
    assert set(advertised) == set(listeners) - {controller}
    assert environment["KAFKA_CONTROLLER_QUORUM_VOTERS"] == (
        f"{environment['KAFKA_NODE_ID']}@kafka{listeners[controller]}"
    )
    assert advertised["PLAINTEXT"] == OURS["intake"]["environment"]["DESKSTREAM_KAFKA_SERVERS"]
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def _by_name(listeners: str) -> dict[str, str]:
    return dict(each.split("://") for each in listeners.split(","))


def _mounts() -> list[tuple[str, str]]:
    found = []
    for name, each in ALL.items():
        for volume in each.get("volumes", []):
            source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
            found.append((name, source))
    return found


@pytest.mark.parametrize(("name", "source"), _mounts())
def test_every_mount_exists(name: str, source: str) -> None:
    made_by_prepare = {DEPLOY / "tokens.yaml"}
    path = (FILE.parent / source).resolve()

    if "/" not in source:
        assert source in COMPOSE["volumes"], name
    else:
        assert path.exists() or path in made_by_prepare, name


def test_the_file_of_secrets_is_the_one_that_prepare_makes() -> None:
    for each in OURS.values():
        assert [(FILE.parent / Path(file)).resolve() for file in each["env_file"]] == [
            DEPLOY / ".env"
        ]
