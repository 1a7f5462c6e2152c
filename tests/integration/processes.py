"""Services as processes of their own, for tests that kill, stop and wake them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from shared.kit.settings import KitSettings

ROOT = Path(__file__).parents[2]


def environment(settings: KitSettings) -> dict[str, str]:
    """The settings as variables; what is at its default is left out."""
    found = {name: text for name, text in os.environ.items() if not name.startswith("DESKSTREAM_")}
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        found[f"DESKSTREAM_{name.upper()}"] = text
    return found | {"DESKSTREAM_LOG_LEVEL": "WARNING", "PYTHONPATH": str(ROOT)}


@contextmanager
def process(settings: KitSettings, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`python -m tests.integration.crashing …`; killed at the end, if it is there still."""
    child = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "tests.integration.crashing", *arguments],
        env=environment(settings),
        cwd=ROOT,
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGCONT)
            child.kill()
        child.wait()
