"""A run as a table for people and as JSON for comparing with other runs."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.goals import GOALS
from tests.bench.percentiles import Spread, median
from tests.bench.pipeline import Measured, Reconciled
from tests.bench.yardstick import Chain

SERVERS = ("broker", "mongod")
APART = ("sink",)  # plays the outside world: shown, but no cost of ours
BURST = 20_000


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
    chains: list[Chain] = field(default_factory=list)
    bare: list[Chain] = field(default_factory=list)
    chain_at: dict[str, Chain] = field(default_factory=dict)
    full_speed: list[Measured] = field(default_factory=list)
    at_rate: dict[str, Measured] = field(default_factory=dict)
    parsing: tuple[float, float] | None = None  # mails a core second: ours, policy.default's
    idle: dict[str, float] = field(default_factory=dict)
    memory_mb: dict[str, float] = field(default_factory=dict)
    reconciled: list[Reconciled] = field(default_factory=list)
    others_share: float = 0.0
    seconds: float = 0.0

    def values(self) -> dict[str, float | None]:
        """By the goals' ids."""
        rate = median(each.rate for each in self.full_speed) if self.full_speed else None
        chain = median(each.rate for each in self.chains) if self.chains else None
        bursts = [each.seconds for each in self.full_speed if each.tickets >= BURST]
        return {
            "T1": rate,
            "T2": None,
            "T3": rate / chain if rate and chain else None,
            "T4": self.parsing[0] / self.parsing[1] if self.parsing else None,
            "T5": self._p99("500"),
            "T6": self._p99("20"),
            "T7": median(_cost(each) for each in self.full_speed) if self.full_speed else None,
            "T8": median(bursts) if bursts else None,
            "R8": float(sum(len(each.balance.lost) for each in self.reconciled)),
        }

    def _p99(self, rate: str) -> float | None:
        measured = self.at_rate.get(rate)
        return measured.ready.p99 if measured and measured.ready else None

    @property
    def holds(self) -> bool:
        return all(each.holds for each in self.reconciled)

    def as_json(self) -> dict[str, Any]:
        made = asdict(self)
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
        yield from self._speed()
        yield from self._waits()
        yield from self._costs()
        yield from self._reconciliation()
        yield "Goals (a ratio is within this run; absolute figures are this machine's)"
        yield from (
            GOALS[name].line(value, WHY.get(name, "")) for name, value in self.values().items()
        )

    def _speed(self) -> Iterator[str]:
        yield "At full speed, a second, in the order of the rounds"
        yield _row("plain chain, 5 stages", [f"{each.rate:.0f}" for each in self.chains])
        yield _row("the same without store", [f"{each.rate:.0f}" for each in self.bare])
        yield _row("pipeline, tickets", [f"{each.rate:.0f}" for each in self.full_speed])
        for step in next((each.rates for each in self.full_speed), {}):
            yield _row(f"  {step}", [f"{each.rates[step]:.0f}" for each in self.full_speed])
        if self.parsing:
            ours, theirs = self.parsing
            yield _row("mails parsed, one core", [f"{ours:.0f}", f"policy.default {theirs:.0f}"])

    def _waits(self) -> Iterator[str]:
        yield "Waits from the planned arrival, ms (open loop): p50 / p99 / p99.9 / worst"
        for rate, chain in self.chain_at.items():
            yield _row(f"{rate}/s plain chain", [_shown(chain.wait)])
        for rate, measured in self.at_rate.items():
            for step, waits in measured.waits.items():
                yield _row(f"{rate}/s {step}", [_shown(waits)])

    def _costs(self) -> Iterator[str]:
        names = dict.fromkeys(name for each in self.full_speed for name in each.cpu_ms)
        yield "CPU for a ticket at full speed, ms; idle, % of a core; memory, MB"
        for name in names:
            cpu = median(each.cpu_ms.get(name, 0.0) for each in self.full_speed)
            idle, memory = self.idle.get(name, 0.0), self.memory_mb.get(name, 0.0)
            apart = " (not counted)" if name in APART else ""
            yield _row(name + apart, [f"{cpu:.2f}", f"{idle:.1f}", f"{memory:.0f}"])
        if self.chains:
            plain = median(sum(each.cpu_ms.values()) for each in self.chains)
            yield _row("plain chain, whole", [f"{plain:.2f}"])

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
    "T2": "needs PostgreSQL and django-helpdesk in the same run",
    "T8": "only bursts of 20,000 count; the curve over stored tickets is not measured",
}


def _cost(measured: Measured) -> float:
    return sum(cpu for name, cpu in measured.cpu_ms.items() if name not in APART)


def _row(name: str, cells: list[str]) -> str:
    return f"  {name:<44}" + "  ".join(f"{cell:>10}" for cell in cells)


def _shown(waits: Spread | None) -> str:
    if waits is None:
        return "-"
    p999 = "-" if waits.p999 is None else f"{waits.p999:.0f}"
    return f"{waits.p50:.0f} / {waits.p99:.0f} / {p999} / {waits.worst:.0f}  ({waits.count})"
