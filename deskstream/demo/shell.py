"""What another terminal has to know to speak to the demo: a file for its shell to read."""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path


def write_shell(path: Path, environment: Mapping[str, str]) -> None:
    """For `. path` in a POSIX shell; afterwards `deskstream` means the one that plays the demo."""
    programs = shlex.quote(str(Path(sys.prefix, "bin")))
    lines = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    text = "\n".join((f'export PATH={programs}:"$PATH"', *lines))
    with open(path, "w", encoding="utf-8", opener=_private) as file:
        file.write(f"{text}\n")


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
