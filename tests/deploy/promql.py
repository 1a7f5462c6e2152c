"""Which series and labels an expression of PromQL speaks of."""

import re
from collections.abc import Iterator

from tests.deploy.known import series

# From Prometheus itself, the blackbox exporter and kube-state-metrics.
FOREIGN = {
    "up": frozenset({"job"}),
    "probe_success": frozenset({"job"}),
    "kube_pod_status_ready": frozenset({"condition", "pod"}),
}
TARGET = frozenset({"job", "instance", "service", "pod", "namespace"})
WORDS = frozenset({"and", "or", "unless", "offset", "bool"})
_SELECTOR = re.compile(r"([A-Za-z_:][\w:]*)\s*\{([^}]*)\}")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
_NAME = re.compile(r"(?<![\w$.])([A-Za-z_:][\w:]*)(?!\s*\()(?![\w:])")


def problems(expression: str) -> Iterator[str]:
    """A line for each series or label that there is not; none: everything exists."""
    known = FOREIGN | series()
    used = set(names(expression))
    yield from (f"there is no series {name}" for name in sorted(used - set(known)))
    labels = frozenset().union(*(known.get(name, frozenset()) for name in used)) | TARGET
    for group in _GROUPING.findall(expression):
        wanted = {label.strip() for label in group.split(",")}
        yield from (f"nothing has a label {label}" for label in sorted(wanted - labels))
    for name, matchers in _SELECTOR.findall(expression):
        wanted = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", matchers))
        lacking = wanted - known.get(name, wanted) - TARGET
        yield from (f"{name} has no label {label}" for label in sorted(lacking))


def names(expression: str) -> Iterator[str]:
    """The series that an expression reads."""
    bare = _GROUPING.sub(" ", re.sub(r"\{[^}]*\}|\[[^]]*\]|\"[^\"]*\"", "", expression))
    for name in _NAME.findall(bare):
        if name not in WORDS:
            yield name
