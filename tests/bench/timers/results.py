"""What the timers' bench found, a line for each goal."""

from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.machine import BUSY_SHARE


@dataclass(frozen=True, slots=True)
class Result:
    """`goal` None: only told. A value of None was not measured, and is no success."""

    id: str
    what: str
    value: float | None
    goal: float | None
    unit: str
    higher: bool = False
    note: str = ""

    @property
    def passes(self) -> bool | None:
        if self.goal is None:
            return None
        if self.value is None:
            return False
        return self.value >= self.goal if self.higher else self.value <= self.goal

    def line(self) -> str:
        sign = "≥" if self.higher else "≤"
        bound = "" if self.goal is None else f"(goal {sign} {self.goal:g})"
        verdict = {True: "pass", False: "FAIL", None: ""}[self.passes]
        value = "-" if self.value is None else f"{self.value:,.4g}"
        text = f"{self.id:<3} {value:>8} {self.unit:<3} {bound:<14} {verdict:<5} {self.what}"
        return f"{text}: {self.note}" if self.note else text


@dataclass(slots=True)
class Results:
    busy_before: float
    machine: dict[str, object]
    lines: list[Result] = field(default_factory=list)

    @property
    def hold(self) -> bool:
        return all(line.passes is not False for line in self.lines)

    def text(self) -> str:
        busy = self.busy_before > BUSY_SHARE
        remark = [f"! others used {self.busy_before:.0%} of the machine before the start"] * busy
        return "\n".join([*remark, *(line.line() for line in self.lines)])

    def as_json(self) -> dict[str, Any]:
        return {
            "machine": self.machine,
            "busy_share_before": self.busy_before,
            "results": [asdict(line) | {"passes": line.passes} for line in self.lines],
        }
