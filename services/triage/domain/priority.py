"""How pressing a ticket is, and by which steps that came about."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from services.triage.domain.priority_rules import (
    Level,
    LevelEffect,
    PriorityEffect,
    PriorityRules,
    Step,
    When,
)
from shared.contracts.fields import Priority
from shared.contracts.triage import PriorityStep

Rung = TypeVar("Rung", Level, Priority)
Seen = Mapping[str, Collection[object]]
"""What is known of a ticket, by the names of the conditions."""


@dataclass(slots=True)
class Pressure:
    impact: Level
    urgency: Level
    priority: Priority = Priority.LOW
    steps: list[PriorityStep] = field(default_factory=list)

    def note(self, rule: str, effect: str) -> None:
        self.steps.append(PriorityStep(rule=rule, effect=effect))


class PriorityTable:
    """The rules with their conditions made ready."""

    def __init__(self, rules: PriorityRules) -> None:
        self._rules = rules
        self._steps = [(step, _conditions(step.when)) for step in rules.steps]

    def decide(
        self,
        seen: Seen,
        open_tickets: int,
        *,
        category: str,
        impact: Level | None,
        urgency: Level | None,
    ) -> Pressure:
        """`impact` and `urgency` are where the category starts, None: where all do."""
        pressure = Pressure(impact or self._rules.impact, urgency or self._rules.urgency)
        own = impact is not None or urgency is not None
        start = f"impact {pressure.impact}, urgency {pressure.urgency}"
        pressure.note(f"category {category}" if own else "start", start)
        applying = [step for step, when in self._steps if _holds(step, when, seen, open_tickets)]
        _apply_levels(pressure, applying)
        pressure.priority = self._rules.matrix.priority(pressure.impact, pressure.urgency)
        crossing = f"impact {pressure.impact}, urgency {pressure.urgency} ▶ {pressure.priority}"
        pressure.note("matrix", crossing)
        _apply_priorities(pressure, applying)
        return pressure


def _conditions(when: When) -> Sequence[tuple[str, frozenset[object]]]:
    given = {name: getattr(when, name) for name in sorted(when.model_fields_set)}
    return [
        (name, frozenset(wanted) if isinstance(wanted, tuple) else frozenset((wanted,)))
        for name, wanted in given.items()
        if wanted not in ((), None) and name != "open_tickets"
    ]


def _holds(
    step: Step, when: Sequence[tuple[str, frozenset[object]]], seen: Seen, open_tickets: int
) -> bool:
    if open_tickets < (step.when.open_tickets or 0):
        return False
    return all(not wanted.isdisjoint(seen[name]) for name, wanted in when)


def _apply_levels(pressure: Pressure, steps: Sequence[Step]) -> None:
    for step in steps:
        if step.impact:
            impact = _moved(pressure.impact, list(Level), step.impact)
            _note_move(pressure, step.name, "impact", pressure.impact, impact)
            pressure.impact = impact
        if step.urgency:
            urgency = _moved(pressure.urgency, list(Level), step.urgency)
            _note_move(pressure, step.name, "urgency", pressure.urgency, urgency)
            pressure.urgency = urgency


def _apply_priorities(pressure: Pressure, steps: Sequence[Step]) -> None:
    for step in steps:
        if step.priority:
            priority = _moved(pressure.priority, list(Priority), step.priority)
            _note_move(pressure, step.name, "priority", pressure.priority, priority)
            pressure.priority = priority


def _note_move(pressure: Pressure, rule: str, what: str, old: str, new: str) -> None:
    if old != new:
        pressure.note(rule, f"{what} {old} ▶ {new}")


def _moved(current: Rung, ladder: Sequence[Rung], effect: LevelEffect | PriorityEffect) -> Rung:
    rank = min(max(current.rank + effect.up - effect.down, 0), len(ladder) - 1)
    if effect.at_least is not None:
        rank = max(rank, effect.at_least.rank)
    if effect.at_most is not None:
        rank = min(rank, effect.at_most.rank)
    return ladder[rank]
