"""Which clocks run on a ticket: its events, one at a time, into the next state and what is said."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from services.sla.domain.clock_states import fulfil
from services.sla.domain.falling_due import catch_up, fire
from services.sla.domain.hearing import Hearing, Utterance
from services.sla.domain.policy import Rules
from services.sla.domain.status_moves import arm_closing, close_if_due, enter, survey_if_due
from services.sla.domain.targeting import announce, follow_facts, follow_rules, start_clock
from services.sla.domain.ticket_facts import as_changed, as_triaged, on_arrival
from services.sla.domain.ticket_state import SlaState
from shared.contracts.assignment import TicketAssigned, TicketQueued
from shared.contracts.fields import Actor, ActorKind, Status
from shared.contracts.message import Message
from shared.contracts.sla import Metric
from shared.contracts.ticket import (
    AgentReplied,
    CustomerReplied,
    FieldsChanged,
    NoteAdded,
    StatusChanged,
    TicketClosed,
    TicketCreated,
    TicketMarkedSpam,
    TicketMerged,
    TicketReopened,
    TicketResolved,
)
from shared.contracts.triage import TicketTriaged

FROM_THE_START = (Metric.FIRST_RESPONSE, Metric.ASSIGNMENT, Metric.RESOLUTION, Metric.PROGRESS)
NEXT = Metric.NEXT_RESPONSE


class Decided(NamedTuple):
    state: SlaState
    said: Sequence[Utterance]


def arrive(created: TicketCreated, at: datetime, rules: Rules) -> Decided:
    """Clocks count from creation, whenever triage tells their targets."""
    facts = on_arrival(created, at)
    policy = rules.choose_policy(facts)
    state = SlaState(
        facts=facts, policy=policy.name, policy_version=rules.version, desks=rules.desks
    )
    hearing = Hearing(state, rules, at, at)
    for metric in FROM_THE_START:
        start_clock(hearing, metric)
    return Decided(hearing.state, ())


def hear(state: SlaState, event: Message, at: datetime, rules: Rules, now: datetime) -> Decided:
    """The next state, and what is said: first what had come due before the event was accepted."""
    hearing = Hearing(state, rules, at, now)
    catch_up(hearing)
    follow_rules(hearing)
    HEARS[type(event)](hearing, event)
    return Decided(hearing.state, hearing.said)


def come_due(state: SlaState, at: datetime, rules: Rules, now: datetime, *, seen: int) -> Decided:
    """A timer of the instant `at`: decided again from the state, so that a stale one is nothing."""
    hearing = Hearing(state, rules, at, now)
    fire(hearing)
    close_if_due(hearing, seen)
    survey_if_due(hearing)
    return Decided(hearing.state, hearing.said)


def retarget(state: SlaState, at: datetime, rules: Rules, now: datetime) -> Decided:
    """Nothing happened to the ticket but that the policies were changed."""
    hearing = Hearing(state, rules, at, now)
    fire(hearing)
    follow_rules(hearing)
    return Decided(hearing.state, hearing.said)


def _on_triaged(hearing: Hearing, event: TicketTriaged) -> None:
    follow_facts(hearing, as_triaged(hearing.state.facts, event))


def _on_fields_changed(hearing: Hearing, event: FieldsChanged) -> None:
    follow_facts(hearing, as_changed(hearing.state.facts, event))
    _note_progress(hearing, event.actor)


def _on_customer_replied(hearing: Hearing, event: CustomerReplied) -> None:
    enter(hearing, event.status)
    if event.automatic is not None:
        return
    arm_closing(hearing)
    if event.participant and not hearing.state.over:
        _await_next_response(hearing)


def _await_next_response(hearing: Hearing) -> None:
    """From the oldest message that nobody answered, once the first response is given."""
    first, following = (hearing.state.clock(m) for m in (Metric.FIRST_RESPONSE, NEXT))
    if first is None or first.open or (following is not None and following.open):
        return
    start_clock(hearing, NEXT, cycle=1 if following is None else following.cycle + 1)
    announce(hearing, NEXT)


def _on_agent_replied(hearing: Hearing, event: AgentReplied) -> None:
    """Only a human's reply keeps a promise; a bot's moves the status at most."""
    if event.human:
        _answer(hearing)
    enter(hearing, event.status)
    arm_closing(hearing)
    if event.human:
        _await_update(hearing)
        _note_progress(hearing, event.actor)


def _answer(hearing: Hearing) -> None:
    """A reply that was accepted before the message it would answer does not answer it."""
    fulfil(hearing, Metric.FIRST_RESPONSE)
    for metric in (NEXT, Metric.UPDATE):
        clock = hearing.state.clock(metric)
        if clock is not None and hearing.at >= clock.started_at:
            fulfil(hearing, metric)


def _await_update(hearing: Hearing) -> None:
    if hearing.state.over:
        return
    last = hearing.state.clock(Metric.UPDATE)
    if last is None or not last.open:
        start_clock(hearing, Metric.UPDATE, cycle=1 if last is None else last.cycle + 1)
        announce(hearing, Metric.UPDATE)


def _on_note_added(hearing: Hearing, event: NoteAdded) -> None:
    _note_progress(hearing, event.actor)


def _on_status_changed(hearing: Hearing, event: StatusChanged) -> None:
    enter(hearing, event.new)
    _note_progress(hearing, event.actor)


def _on_resolved(hearing: Hearing, _event: TicketResolved) -> None:
    enter(hearing, Status.RESOLVED)


def _on_reopened(hearing: Hearing, _event: TicketReopened) -> None:
    if hearing.state.over:
        enter(hearing, Status.OPEN)


def _on_closed(hearing: Hearing, _event: TicketClosed) -> None:
    enter(hearing, Status.CLOSED)


def _on_spam(hearing: Hearing, _event: TicketMarkedSpam) -> None:
    hearing.change(survey=None)
    enter(hearing, Status.CLOSED)


def _on_merged(hearing: Hearing, event: TicketMerged) -> None:
    if event.side == "source":
        enter(hearing, Status.CLOSED)


def _on_queued(hearing: Hearing, event: TicketQueued) -> None:
    _move_to_queue(hearing, event.queue)


def _on_assigned(hearing: Hearing, event: TicketAssigned) -> None:
    fulfil(hearing, Metric.ASSIGNMENT)
    _move_to_queue(hearing, event.queue)
    _restart_progress(hearing)


def _move_to_queue(hearing: Hearing, queue: str) -> None:
    if queue != hearing.state.facts.queue:
        follow_facts(hearing, hearing.state.facts.model_copy(update={"queue": queue}))


def _note_progress(hearing: Hearing, actor: Actor) -> None:
    if actor.kind is ActorKind.AGENT:
        _restart_progress(hearing)


def _restart_progress(hearing: Hearing) -> None:
    last = hearing.state.clock(Metric.PROGRESS)
    if last is not None and hearing.at > last.started_at:
        start_clock(hearing, Metric.PROGRESS, cycle=last.cycle + 1)


HEARS: Mapping[type[Message], Callable[[Hearing, Any], None]] = {
    TicketTriaged: _on_triaged,
    FieldsChanged: _on_fields_changed,
    CustomerReplied: _on_customer_replied,
    AgentReplied: _on_agent_replied,
    NoteAdded: _on_note_added,
    StatusChanged: _on_status_changed,
    TicketResolved: _on_resolved,
    TicketReopened: _on_reopened,
    TicketClosed: _on_closed,
    TicketMerged: _on_merged,
    TicketMarkedSpam: _on_spam,
    TicketQueued: _on_queued,
    TicketAssigned: _on_assigned,
}
