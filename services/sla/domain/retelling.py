"""What sla would say of a ticket under given policies: its whole log at once, up to an instant."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from services.sla.domain.policy import Rules
from services.sla.domain.ticket_clocks import HEARS, Decided, arrive, come_due, hear
from services.sla.domain.ticket_state import SlaState
from shared.contracts.message import Message
from shared.contracts.sla import SlaEvent
from shared.contracts.ticket import TicketCreated


class Fact(NamedTuple):
    """One event of the log, and when it was accepted."""

    at: datetime
    message: Message


def retold(log: Iterable[Fact], rules: Rules, now: datetime) -> list[Fact]:
    """The log without what sla said, and with what these rules make of it, in order of time."""
    told: list[Fact] = []
    state: SlaState | None = None
    for fact in log:
        if isinstance(fact.message, SlaEvent):
            continue
        told.append(fact)
        if state is not None or isinstance(fact.message, TicketCreated):
            decided = _decide(state, fact, rules)
            state = decided.state
            told.extend(_said(decided, fact.at))
    if state is not None:
        told.extend(_said(come_due(state, now, rules, now, seen=0), now))
    return sorted(told, key=lambda fact: fact.at)  # stable: causes stay before what they led to


def _decide(state: SlaState | None, fact: Fact, rules: Rules) -> Decided:
    if state is None:
        assert isinstance(fact.message, TicketCreated)  # noqa: S101 - the caller looked
        return arrive(fact.message, fact.at, rules)
    if type(fact.message) in HEARS:
        return hear(state, fact.message, fact.at, rules, fact.at)
    return Decided(state, ())


def _said(decided: Decided, at: datetime) -> Iterable[Fact]:
    for utterance in decided.said:
        yield Fact(at if utterance.timer is None else utterance.timer.due_at, utterance.message)
