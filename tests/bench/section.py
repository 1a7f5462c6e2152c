"""One part of a report: rows for people, figures for programs, bars for the chart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.percentiles import Spread


@dataclass(frozen=True, slots=True)
class Bars:
    """A group of the chart: names and values of one unit."""

    title: str
    unit: str
    values: Sequence[tuple[str, float]]


@dataclass(slots=True)
class Section:
    """`figures` are for the JSON. `goals` are what this part says of goals, by their ids."""

    name: str
    title: str
    rows: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    goals: dict[str, float | None] = field(default_factory=dict)
    bars: list[Bars] = field(default_factory=list)

    def row(self, name: str, *cells: object) -> None:
        self.rows.append(f"  {name:<44}" + "  ".join(f"{cell!s:>10}" for cell in cells))


def number(value: float | None) -> str:
    """Three digits that mean something; what is not known is a dash."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def quantiles(waits: Spread | None) -> str:
    """`p50 / p99 / p99.9 / worst  (count)`."""
    if waits is None:
        return "-"
    p999 = "-" if waits.p999 is None else f"{waits.p999:.0f}"
    return f"{waits.p50:.0f} / {waits.p99:.0f} / {p999} / {waits.worst:.0f}  ({waits.count})"
