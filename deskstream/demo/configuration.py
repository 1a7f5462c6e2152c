"""The rules that the demo runs by: the shipped ones, on a clock that people can watch."""

import re
from collections.abc import Callable
from pathlib import Path

from shared.kit.settings import SHIPPED_CONFIG

OURS = Path(__file__).parent / "config"
DURATION = re.compile(r"\b(\d+)([smhd])\b")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# What the router waits for is shipped in minutes; here a minute lasts a second.
ROUTING_WAIT = re.compile(r"\b(relax_after|offline_grace|after): \d+m\b")
MINUTE = 60
# Nine agents get the mail of a whole house here, which guards against floods would hold back.
MAIL_LIMIT = re.compile(r"\bmails: \d+")
ACKNOWLEDGE_WITHIN = re.compile(r"\backnowledge_within_seconds: \d+")
ACKNOWLEDGE_SECONDS = 10


def write_configuration(folder: Path, pace: float) -> None:
    """All files that the services read. Below a `pace` of 1 everything falls due earlier."""
    folder.mkdir(parents=True, exist_ok=True)
    shipped = {path.name: path for path in sorted(SHIPPED_CONFIG.glob("*.yaml"))}
    for name, path in {**shipped, "sla.yaml": OURS / "sla.yaml"}.items():
        change = CHANGES.get(name, _unchanged)
        lines = path.read_text(encoding="utf-8").splitlines()
        text = "\n".join(change(line, pace) for line in lines)
        (folder / name).write_text(f"{text}\n", encoding="utf-8")


def _unchanged(line: str, _: float) -> str:
    return line


def _promises(line: str, pace: float) -> str:
    return _shortened(line, pace)


def _routing(line: str, pace: float) -> str:
    return ROUTING_WAIT.sub(lambda found: _shortened(found[0], pace / MINUTE), line)


def _notifications(line: str, pace: float) -> str:
    seconds = max(1, round(ACKNOWLEDGE_SECONDS * pace))
    line = ACKNOWLEDGE_WITHIN.sub(f"acknowledge_within_seconds: {seconds}", line)
    return MAIL_LIMIT.sub("mails: 1000000", line)


def _shortened(line: str, factor: float) -> str:
    def shorter(found: "re.Match[str]") -> str:
        return f"{max(1, round(int(found[1]) * SECONDS[found[2]] * factor))}s"

    return DURATION.sub(shorter, line)


CHANGES: dict[str, Callable[[str, float], str]] = {
    "sla.yaml": _promises,
    "routing.yaml": _routing,
    "notifications.yaml": _notifications,
}
