"""What this machine lacks when a server's program would not run, in one sentence."""

import re
import sys

from deskstream.stack.unavailable import StackUnavailable

OTHERWISE = "or use `make up` with Docker"

_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libcrypto.so.3": "libssl3",
    "libssl.so.3": "libssl3",
    "liblzma.so.5": "liblzma5",
}
_NO_LIBRARY = re.compile(r"(lib\S+): cannot open shared object file")
_OLD_LIBRARY = re.compile(r"version [`'](\S+)' not found")
_NO_PROGRAM = re.compile(r"cannot execute \S+: (.+)")


def require_linux() -> None:
    if sys.platform != "linux":
        raise StackUnavailable(
            f"The embedded stack and the Apache one run on Linux, not on {sys.platform}: "
            "use `make up` with Docker, or give addresses (STACK=external)."
        )


def explain(program: str, log: str) -> str | None:
    """The sentence for what the dynamic loader or the kernel said of the program."""
    if found := _NO_LIBRARY.search(log):
        package = _PACKAGES.get(found[1], f"the package that has {found[1]}")
        return f"{program} needs {found[1]}: install {package}, {OTHERWISE}."
    if found := _OLD_LIBRARY.search(log):
        return (
            f"{program} needs {found[1]}, which this system is too old for: "
            f"use Debian 12, Ubuntu 22.04 or later, {OTHERWISE}."
        )
    if found := _NO_PROGRAM.search(log):
        return (
            f"{program} is not made for this machine ({found[1]}): "
            f"use glibc's Linux on x86-64, {OTHERWISE}."
        )
    return None
