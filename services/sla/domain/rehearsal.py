"""What other policies would change for the tickets that are open now."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from services.sla.domain.policy import Rules
from services.sla.domain.sla_clock import Clock
from services.sla.domain.ticket_clocks import retarget
from services.sla.domain.ticket_state import SlaState
from shared.contracts.sla import Metric, SlaBreached, SlaRetargeted

SOONER, LATER, LOST, WON, MISSED = "sooner", "later", "no more", "anew", "missed at once"
EFFECTS = (SOONER, LATER, WON, LOST, MISSED)


@dataclass(slots=True)
class Rehearsal:
    """Counts of tickets; `effects` counts clocks by metric and what happens to them."""

    tickets: int = 0
    retargeted: int = 0
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    effects: Counter[tuple[Metric, str]] = field(default_factory=Counter)

    def add(self, state: SlaState, rules: Rules, at: datetime) -> None:
        decided = retarget(state, at, rules, at)
        self.tickets += 1
        if not any(isinstance(said.message, SlaRetargeted) for said in decided.said):
            return
        self.retargeted += 1
        self.moves[state.policy, decided.state.policy] += 1
        for effect in _effects(state, decided.state, rules, at):
            self.effects[effect] += 1


def _effects(
    old: SlaState, new: SlaState, rules: Rules, at: datetime
) -> Iterator[tuple[Metric, str]]:
    for metric, clock in new.clocks.items():
        before = old.clock(metric)
        if before is None or not clock.open:
            continue
        effect = _effect(before, clock)
        if effect is not None:
            yield metric, effect
    for said in retarget(new, at, rules, at).said:  # what the new targets make due at once
        if isinstance(said.message, SlaBreached):
            yield said.message.metric, MISSED


def _effect(before: Clock, after: Clock) -> str | None:
    if before.target_ms is None and after.target_ms is not None:
        return WON
    if before.promised and after.target_ms is None:
        return LOST
    if before.due_at is None or after.due_at is None or before.due_at == after.due_at:
        return None
    return SOONER if after.due_at < before.due_at else LATER
