"""The figures that are aimed at, by id, and what a run says about each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "fail", "not measured"]


@dataclass(frozen=True, slots=True)
class Goal:
    id: str
    what: str
    floor: float
    goal: float
    unit: str
    higher_is_better: bool = True

    def verdict(self, value: float | None) -> Verdict:
        if value is None:
            return "not measured"
        good = value >= self.goal if self.higher_is_better else value <= self.goal
        return "pass" if good else "fail"

    def above_floor(self, value: float) -> bool:
        return value >= self.floor if self.higher_is_better else value <= self.floor

    def line(self, value: float | None, why: str = "") -> str:
        """`T1  423 /s (goal ≥ 1000, floor ≥ 500)  fail  tickets …`."""
        sign = "≥" if self.higher_is_better else "≤"
        shown = "-" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"
        verdict: str = self.verdict(value)
        if value is not None and verdict == "fail":
            verdict += ", above the floor" if self.above_floor(value) else ", below the floor"
        bounds = f"goal {sign} {self.goal:g}, floor {sign} {self.floor:g}"
        text = f"{self.id:<4} {shown:>7} {self.unit:<8} {bounds:<30} {verdict:<23} {self.what}"
        return f"{text}: {why}" if why else text


GOALS: Mapping[str, Goal] = {
    goal.id: goal
    for goal in (
        Goal("T1", "sustained tickets a second through all six services", 500, 1_000, "/s"),
        Goal("T2", "T1 to the ingest of django-helpdesk, two processes", 4, 8, "x"),
        Goal("T3", "T1 to a chain of five plain stages, same run", 0.15, 0.30, "x"),
        Goal("T4", "our parsing of plain mails to policy.default's, same run", 0.8, 2, "x"),
        Goal(
            "T5",
            "p99 accepted to assigned and armed, 500/s",
            1_000,
            500,
            "ms",
            higher_is_better=False,
        ),
        Goal(
            "T6", "p99 accepted to assigned and armed, 20/s", 300, 100, "ms", higher_is_better=False
        ),
        Goal(
            "T7",
            "CPU for a ticket, broker and database included",
            4.0,
            1.8,
            "ms",
            higher_is_better=False,
        ),
        Goal("T8", "a burst of 20,000 tickets is through", 40, 20, "s", higher_is_better=False),
        Goal("T8b", "T1 with a million stored tickets to T1 with none, same run", 0.7, 0.9, "x"),
        Goal(
            "R8",
            "accepted and neither ticket, held, dropped nor rejected",
            0,
            0,
            "",
            higher_is_better=False,
        ),
        Goal("X9", "T1 with TLS and passwords to T1 without, same run", 0.7, 0.8, "x"),
        Goal(
            "C19",
            "memory of the process that grows fastest, under half of the load",
            5,
            1,
            "MB/min",
            higher_is_better=False,
        ),
    )
}
