"""A run as a table for people and as JSON for comparing with other runs."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.goals import GOALS
from tests.bench.reconciling import Reconciled
from tests.bench.section import Section


@dataclass(slots=True)
class Report:
    """All that was measured. Rates are a second, waits and CPU in milliseconds."""

    command: str
    stack: str
    seed: int
    mail_share: float
    partitions: int
    machine: dict[str, object]
    remarks: list[str] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    reconciled: list[Reconciled] = field(default_factory=list)
    others_share: float = 0.0
    seconds: float = 0.0

    def values(self) -> dict[str, float | None]:
        """By the goals' ids: what the last part that knows says."""
        told = {name: value for section in self.sections for name, value in section.goals.items()}
        lost = float(sum(len(each.balance.lost) for each in self.reconciled))
        told["R8"] = lost if self.reconciled else None
        return {name: told.get(name) for name in GOALS}

    @property
    def holds(self) -> bool:
        return all(each.holds for each in self.reconciled)

    def as_json(self) -> dict[str, Any]:
        made = asdict(self)
        made["sections"] = {each.name: each.figures for each in self.sections}
        made["goals"] = {
            name: {"value": value, "goal": GOALS[name].goal, "verdict": GOALS[name].verdict(value)}
            for name, value in self.values().items()
        }
        made["lossless"] = self.holds
        return made

    def text(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"Deskstream bench on {self.stack}: {self.command}"
        for remark in self.remarks:
            yield f"! {remark}"
        for section in self.sections:
            yield section.title
            yield from section.rows
        yield from self._reconciliation()
        yield from self._goals()

    def _goals(self) -> Iterator[str]:
        values = self.values()
        yield "Goals (a ratio is within this run; absolute figures are this machine's)"
        yield from (GOALS[name].line(value) for name, value in values.items() if value is not None)
        missing = [f"{name} ({WHY[name]})" for name, value in values.items() if value is None]
        if missing:
            yield f"Not measured: {', '.join(missing)}"

    def _reconciliation(self) -> Iterator[str]:
        for each in self.reconciled:
            balance = each.balance
            yield (
                f"Ledger: accepted {balance.accepted}, settled {balance.settled},"
                f" lost {len(balance.lost)}, doubled {len(balance.doubled)},"
                f" torn {len(each.torn)}, out of order {len(each.out_of_order)},"
                f" gaps {len(each.gaps)}, unacknowledged {len(each.unmailed)},"
                f" acknowledged twice {len(each.mailed_twice)}"
            )
            yield from (f"! {problem}" for problem in each.miscounted)


WHY: Mapping[str, str] = {
    "T1": "--only speed",
    "T2": "--peer",
    "T3": "--only speed",
    "T4": "--only mails",
    "T5": "--only latency, and a maximum above 500/s",
    "T6": "--only latency, and a maximum above 20/s",
    "T7": "--only speed",
    "T8": "--only burst",
    "T8b": "--million",
    "R8": "any part that feeds the pipeline",
    "X9": "--secure",
    "C19": "--soak MINUTES",
}
