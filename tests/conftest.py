"""What tests share: a stack for each worker, of the kind that STACK names."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from deskstream.stack import Stack, StackUnavailable, start

_MARKERS = {
    "apache": "needs Apache Kafka (STACK=apache)",
    "slow": "takes more than ten seconds",
    "chaos": "kills processes",
}

# How long an example takes is no property of ours: on a busy machine any takes long.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    known = {line.partition(":")[0].strip() for line in config.getini("markers")}
    for name, meaning in _MARKERS.items():
        if name not in known:
            config.addinivalue_line("markers", f"{name}: {meaning}")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    kind = os.environ.get("STACK", "embedded")
    try:
        started = start(kind)
    except StackUnavailable as error:
        if kind == "embedded":
            # It comes with our own packages: to skip would be to test nothing and call it green.
            pytest.fail(str(error), pytrace=False)
        pytest.skip(f"STACK={kind}: {error}")
    with started:
        yield started
