"""The Kubernetes manifests: valid, restricted, complete, and about things that exist."""

import copy
import importlib
import importlib.util
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deskstream.services import SERVICES
from shared.kit.settings import KitSettings
from tests.deploy.known import DEPLOY, ROOT, setting_names, stages
from tests.deploy.manifests import BASE, KUBERNETES, Manifest, manifests, pod_of, violations

OLDEST, NEWEST = "1.30", "1.34"
ALL = manifests(KUBERNETES)
IN_BASE = manifests(BASE)
PODS = {each["metadata"]["name"]: pod for each in IN_BASE if (pod := pod_of(each)) is not None}
DEPLOYMENTS = {
    each["metadata"]["name"].removeprefix("deskstream-"): each
    for each in IN_BASE
    if each["kind"] == "Deployment"
}
CUSTOM = {"PodMonitor", "ScaledObject"}


def _named(manifest: Manifest) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize(
    "manifest", [each for each in ALL if each["kind"] not in CUSTOM], ids=_named
)
def test_the_schemas_of_kubernetes_hold(manifest: Manifest, version: str) -> None:
    if importlib.util.find_spec("kubernetes_validate") is None:
        pytest.skip("kubernetes-validate is not installed; its package carries the schemas")

    importlib.import_module("kubernetes_validate").validate(manifest, version, strict=True)


@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
def test_pods_are_restricted(pod: Manifest) -> None:
    assert list(violations(pod)) == []


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda pod: pod.update(hostNetwork=True), "hostNetwork is set"),
        (
            lambda pod: pod["volumes"].append({"name": "host", "hostPath": {"path": "/"}}),
            "volume host is of a kind that is not allowed: hostPath",
        ),
        (
            lambda pod: pod.pop("automountServiceAccountToken"),
            "the service account's token is mounted",
        ),
        (
            lambda pod: pod.pop("enableServiceLinks"),
            "services become variables, which may look like settings",
        ),
        (lambda pod: pod["securityContext"].pop("runAsNonRoot"), "sla: may run as root"),
        (lambda pod: pod["securityContext"].pop("seccompProfile"), "sla: has no seccomp profile"),
        (lambda pod: _security(pod).pop("allowPrivilegeEscalation"), "sla: may gain privileges"),
        (lambda pod: _security(pod).update(privileged=True), "sla: is privileged"),
        (
            lambda pod: _security(pod).pop("readOnlyRootFilesystem"),
            "sla: may write to its root file system",
        ),
        (lambda pod: _security(pod).pop("capabilities"), "sla: keeps capabilities"),
        (
            lambda pod: _security(pod)["capabilities"].update(add=["NET_ADMIN"]),
            "sla: adds capabilities",
        ),
        (
            lambda pod: pod["containers"][0]["ports"][0].update(hostPort=80),
            "sla: takes a port of the host",
        ),
        (
            lambda pod: pod["containers"][0]["resources"]["limits"].pop("memory"),
            "sla: has no limits for CPU and memory",
        ),
    ],
)
def test_what_breaks_a_rule_is_found(spoil: Callable[[Manifest], Any], problem: str) -> None:
    pod = copy.deepcopy(PODS["deskstream-sla"])

    spoil(pod)

    assert list(violations(pod)) == [problem]


def _security(pod: Manifest) -> Manifest:
    context: Manifest = pod["containers"][0]["securityContext"]
    return context


def test_there_is_a_deployment_for_each_of_the_six_and_it_runs_its_service() -> None:
    commands = {
        name: pod["containers"][0]["args"]
        for name, each in DEPLOYMENTS.items()
        if (pod := pod_of(each))
    }

    assert commands == {name: ["run", name] for name in SERVICES}


@pytest.mark.parametrize("name", SERVICES)
def test_a_deployment_is_probed_and_rolls_without_surge(name: str) -> None:
    spec = DEPLOYMENTS[name]["spec"]
    container = spec["template"]["spec"]["containers"][0]
    probes = {
        probe: container[probe]["httpGet"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }

    assert probes == {
        "startupProbe": {"path": "/livez", "port": "http"},
        "livenessProbe": {"path": "/livez", "port": "http"},
        "readinessProbe": {"path": "/readyz", "port": "http"},
    }
    assert container["ports"] == [{"name": "http", "containerPort": 8080}]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


@pytest.mark.parametrize("name", SERVICES)
def test_a_pod_has_time_to_finish_its_batch(name: str) -> None:
    pod = DEPLOYMENTS[name]["spec"]["template"]["spec"]
    drain = KitSettings.model_fields["drain_seconds"].default

    assert pod["terminationGracePeriodSeconds"] >= 2 * drain + 20


def test_the_six_are_alike_but_for_name_size_and_door() -> None:
    seen = {yaml.safe_dump(_without_own(name, each)) for name, each in DEPLOYMENTS.items()}

    assert len(seen) == 1


def _without_own(name: str, deployment: Manifest) -> Manifest:
    each: Manifest = yaml.safe_load(yaml.safe_dump(deployment).replace(name, "NAME"))
    [container] = each["spec"]["template"]["spec"]["containers"]
    for own in ("resources", "env", "lifecycle"):
        container.pop(own, None)
    for place in (container["volumeMounts"], each["spec"]["template"]["spec"]["volumes"]):
        place[:] = [item for item in place if item["name"] != "tokens"]
    return each


@pytest.mark.parametrize("name", SERVICES)
def test_labels_select_just_this_deployments_pods(name: str) -> None:
    spec = DEPLOYMENTS[name]["spec"]
    labels = {"app.kubernetes.io/part-of": "deskstream", "app.kubernetes.io/name": name}
    [budget] = [
        each
        for each in IN_BASE
        if each["kind"] == "PodDisruptionBudget" and each["metadata"]["name"].endswith(name)
    ]

    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"] == labels
    assert budget["spec"] == {"maxUnavailable": 1, "selector": {"matchLabels": labels}}


def test_doors_have_services_and_know_their_tokens() -> None:
    services = {
        each["spec"]["selector"]["app.kubernetes.io/name"]: each for each in _kind("Service")
    }

    assert set(services) == {"intake", "reporting"}
    for name, service in services.items():
        assert [port["targetPort"] for port in service["spec"]["ports"]] == ["http"]
        container = PODS[f"deskstream-{name}"]["containers"][0]
        [tokens] = container["env"]
        assert tokens["name"] == "DESKSTREAM_TOKENS_FILE"
        assert Path(tokens["value"]).parent.as_posix() in [
            mount["mountPath"] for mount in container["volumeMounts"]
        ]


def _kind(kind: str) -> list[Manifest]:
    return [each for each in IN_BASE if each["kind"] == kind]


def test_every_mount_has_its_volume() -> None:
    for name, pod in PODS.items():
        mounted = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}, name


def test_nothing_is_let_in_or_out_by_default() -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in _kind("NetworkPolicy")}
    default = policies["deskstream-default"]

    assert default["podSelector"] == {"matchLabels": {"app.kubernetes.io/part-of": "deskstream"}}
    assert default["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in default
    for name, spec in policies.items():
        for rule in [*spec.get("ingress", []), *spec.get("egress", [])]:
            assert rule.get("ports"), f"{name} opens every port"
        for rule in spec.get("ingress", []):
            assert rule.get("from"), f"{name} lets everybody in"


def test_every_variable_is_a_setting() -> None:
    files = list(KUBERNETES.rglob("*.env"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    named = {line.partition("=")[0] for line in lines}
    named |= {
        variable["name"]
        for pod in PODS.values()
        for variable in pod["containers"][0].get("env", [])
    }

    assert len(files) == 2
    assert named
    assert named <= setting_names()


def test_the_services_take_the_rules_that_the_repository_ships() -> None:
    generator = yaml.safe_load((ROOT / "config" / "kustomization.yaml").read_text(encoding="utf-8"))
    [made] = generator["configMapGenerator"]
    shipped = {path.name for path in (ROOT / "config").glob("*.yaml")} - {"kustomization.yaml"}

    assert set(made["files"]) == shipped
    for name in SERVICES:
        [volume] = [each for each in PODS[f"deskstream-{name}"]["volumes"] if "configMap" in each]
        assert volume["configMap"]["name"] == made["name"]


@pytest.mark.parametrize(
    "file", [*KUBERNETES.rglob("kustomization.yaml")], ids=lambda path: path.parent.name
)
def test_every_file_that_kustomize_is_told_of_exists(file: Path) -> None:
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    named = [*told.get("resources", []), *told.get("components", [])]
    named += [name for made in told.get("configMapGenerator", []) for name in made["envs"]]
    files = {path for path in file.parent.glob("*.yaml") if path != file}

    assert [name for name in named if not (file.parent / name).exists()] == []
    assert files <= {file.parent / name for name in named}


def test_scaling_looks_at_groups_and_topics_of_our_stages() -> None:
    settings = KitSettings()
    known = {
        (settings.group(stage.name), topic.name) for stage in stages() for topic in stage.inputs
    }
    scaled = manifests(KUBERNETES / "components" / "keda")
    looked_at = {
        (trigger["metadata"]["consumerGroup"], trigger["metadata"]["topic"])
        for each in scaled
        for trigger in each["spec"]["triggers"]
    }

    assert looked_at <= known
    for each in scaled:
        name = each["spec"]["scaleTargetRef"]["name"].removeprefix("deskstream-")
        assert name in DEPLOYMENTS
        assert each["spec"]["minReplicaCount"] >= 2
        for trigger in each["spec"]["triggers"]:
            assert trigger["metadata"]["consumerGroup"].startswith(f"deskstream.{name}")


@pytest.mark.parametrize("folder", ["base", "overlays/example"])
def test_kustomize_builds_it(folder: str) -> None:
    built = _built(KUBERNETES / folder)
    kinds = Counter(each["kind"] for each in built)

    assert kinds["Deployment"] == 6
    made = {each["metadata"]["name"] for each in built if each["kind"] == "ConfigMap"}
    for each in built:
        pod = pod_of(each)
        if pod is None:
            continue
        assert list(violations(pod)) == []
        named = {volume["configMap"]["name"] for volume in pod["volumes"] if "configMap" in volume}
        named.add(pod["containers"][0]["envFrom"][0]["configMapRef"]["name"])
        assert named <= made


def test_with_keda_the_files_no_longer_say_how_many_pods(tmp_path: Path) -> None:
    for folder in ("deploy/kubernetes", "config"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    overlay = tmp_path / "deploy" / "kubernetes" / "overlays" / "example"
    file = overlay / "kustomization.yaml"
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    told["components"].append("../../components/keda")
    file.write_text(yaml.safe_dump(told), encoding="utf-8")

    built = _built(overlay)

    scaled = {
        each["spec"]["scaleTargetRef"]["name"] for each in built if each["kind"] == "ScaledObject"
    }
    counted = {
        each["metadata"]["name"]
        for each in built
        if each["kind"] == "Deployment" and "replicas" in each["spec"]
    }
    assert scaled
    assert counted == {f"deskstream-{name}" for name in SERVICES} - scaled


def _built(folder: Path) -> list[Manifest]:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl, which brings Kustomize, is not installed")
    done = subprocess.run(  # noqa: S603 - our own arguments
        [kubectl, "kustomize", str(folder)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def test_the_example_narrows_what_the_base_leaves_open() -> None:
    told = yaml.safe_load(
        (KUBERNETES / "overlays" / "example" / "kustomization.yaml").read_text(encoding="utf-8")
    )
    [patch] = told["patches"]

    assert patch["target"]["kind"] == "NetworkPolicy"
    for name in ("broker", "database", "mail"):
        assert name in patch["target"]["name"]
        assert any(each["metadata"]["name"] == f"deskstream-{name}" for each in IN_BASE)


def test_the_image_is_run_by_the_user_it_was_made_for() -> None:
    made_for = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").split("\nUSER ")[1].split()[0]

    for pod in PODS.values():
        security = pod["securityContext"]
        assert f"{security['runAsUser']}:{security['runAsGroup']}" == made_for
