"""Kubernetes' restricted pod security standard, and our own rules, as a program."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.known import DEPLOY

KUBERNETES = DEPLOY / "kubernetes"
BASE = KUBERNETES / "base"
Manifest = dict[str, Any]
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "projected", "secret"}


def manifests(folder: Path) -> list[Manifest]:
    """What the files of a folder hold, without what only concerns Kustomize."""
    documents = (
        document
        for path in sorted(folder.rglob("*.yaml"))
        if path.name != "kustomization.yaml"
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    )
    return [document for document in documents if document]


def pod_of(manifest: Manifest) -> Manifest | None:
    template = manifest.get("spec", {}).get("template", {})
    pod: Manifest | None = template.get("spec") if isinstance(template, dict) else None
    return pod


def violations(pod: Manifest) -> Iterator[str]:
    """A line for each rule that a pod breaks."""
    yield from _of_the_host(pod)
    yield from _of_the_pod(pod)
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        for problem in _of_a_container(container, pod.get("securityContext", {})):
            yield f"{container['name']}: {problem}"


def _of_the_host(pod: Manifest) -> Iterator[str]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            yield f"{name} is set"
    for volume in pod.get("volumes", []):
        kinds = set(volume) - {"name"}
        if not kinds <= VOLUMES:
            yield f"volume {volume['name']} is of a kind that is not allowed: {', '.join(kinds)}"


def _of_the_pod(pod: Manifest) -> Iterator[str]:
    security = pod.get("securityContext", {})
    if security.get("sysctls"):
        yield "sysctls are set"
    if security.get("runAsUser") == 0:
        yield "runs as root"
    if pod.get("automountServiceAccountToken") is not False:
        yield "the service account's token is mounted"
    if pod.get("enableServiceLinks") is not False:
        yield "services become variables, which may look like settings"


def _of_a_container(container: Manifest, pod_security: Manifest) -> Iterator[str]:
    own = container.get("securityContext", {})
    security = {**pod_security, **own}
    if security.get("runAsNonRoot") is not True or security.get("runAsUser") == 0:
        yield "may run as root"
    if security.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        yield "has no seccomp profile"
    if own.get("readOnlyRootFilesystem") is not True:
        yield "may write to its root file system"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield "takes a port of the host"
    yield from _of_privileges(own)
    for kind in ("requests", "limits"):
        if not {"cpu", "memory"} <= set(container.get("resources", {}).get(kind, {})):
            yield f"has no {kind} for CPU and memory"


def _of_privileges(own: Manifest) -> Iterator[str]:
    if own.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"
    if own.get("privileged"):
        yield "is privileged"
    capabilities = own.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield "keeps capabilities"
    if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield "adds capabilities"
