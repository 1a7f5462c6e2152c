"""When a ticket needs somebody more senior, who that is, and whether he takes it over."""

from dataclasses import dataclass
from datetime import datetime

from services.router.domain.announcing import Choice
from services.router.domain.facts import replaced
from services.router.domain.planning import Plan
from services.router.domain.pool import Pool
from services.router.domain.routing_config import EscalationConfig, HandOver, Trigger
from services.router.domain.ticket import Place, RoutedTicket
from shared.contracts.assignment import TicketEscalated
from shared.contracts.sla import Metric, ProgressStalled, SlaBreached, SlaWarning
from shared.contracts.ticket import EscalationRequested

UNRULED = "escalation"
EscalationCause = EscalationRequested | SlaWarning | SlaBreached | ProgressStalled
ESCALATES = (EscalationRequested, SlaWarning, SlaBreached, ProgressStalled)


@dataclass(frozen=True, slots=True)
class Occasion:
    trigger: Trigger
    why: str
    metric: Metric | None = None
    due_at: datetime | None = None
    level: int | None = None


def occasion_of(event: EscalationCause) -> Occasion:
    match event:
        case SlaWarning():
            why = f"{event.metric} at {event.level} of its target"
            return Occasion(Trigger.WARNING, why, event.metric, event.due_at)
        case SlaBreached():
            why = f"{event.metric} target missed"
            return Occasion(Trigger.BREACH, why, event.metric, event.breached_at)
        case ProgressStalled():
            return Occasion(Trigger.STALL, f"no progress for {event.seconds:.0f} s")
        case EscalationRequested():
            # The words of whoever asks are personal: they stay in the request itself.
            return Occasion(Trigger.REQUEST, f"asked for by {event.actor.kind}", level=event.level)


def escalate(pool: Pool, ticket: RoutedTicket, event: EscalationCause, now: datetime) -> None:
    """A timed cause raises a ticket once to a level; whoever asks for it is always answered.

    A ticket that has not been routed yet is routed now, whether or not a rule speaks.
    """
    if ticket.over:
        return
    occasion = occasion_of(event)
    rule = pool.rules.escalation_for(occasion.trigger, occasion.metric, ticket.facts)
    level = _level(ticket, occasion, rule)
    ticket.routable = True
    if level is None:
        if ticket.place is Place.NOWHERE:
            replaced(pool, ticket, now)
        return
    _raise(ticket, level, rule)
    before = pool.tells.mark()
    _move(pool, ticket, rule.hand_over if rule is not None else HandOver.WHEN_FREE, now)
    pool.tells.say_at(before, ticket, _escalated(pool, ticket, occasion, rule))


def _level(ticket: RoutedTicket, occasion: Occasion, rule: EscalationConfig | None) -> int | None:
    """None: nothing to raise."""
    ruled = rule.level if rule is not None else None
    if occasion.trigger is Trigger.REQUEST:
        wanted = occasion.level or ruled or ticket.level + 1
        return max(wanted, ticket.level, 1)
    if rule is None:
        return None
    wanted = ruled or ticket.level + 1
    return wanted if wanted > ticket.level else None


def _raise(ticket: RoutedTicket, level: int, rule: EscalationConfig | None) -> None:
    ticket.level = level
    if rule is None:
        return
    ticket.raised_seniority = max(ticket.raised_seniority, rule.seniority or 0)
    if rule.queue is not None:
        ticket.raised_queue, ticket.hand_queue = rule.queue, None


def _move(pool: Pool, ticket: RoutedTicket, hand_over: HandOver, now: datetime) -> None:
    if ticket.place is not Place.OWNED:
        replaced(pool, ticket, now)
        return
    plan = pool.plan(ticket)
    pool.touch(ticket)
    owner = pool.roster.get(ticket.agent_id)
    meets = owner is not None and owner.can_take(plan.least)
    if meets or hand_over is HandOver.NEVER or not pool.rules.is_work(ticket):
        return
    if hand_over is HandOver.ALWAYS or _somebody_free(pool, plan):
        pool.release(ticket, "escalated", now)
        replaced(pool, ticket, now)


def _somebody_free(pool: Pool, plan: Plan) -> bool:
    selection = pool.rules.selection(plan.queue)
    return pool.roster.ranking(plan.requirement, selection).best() is not None


def _escalated(
    pool: Pool, ticket: RoutedTicket, occasion: Occasion, rule: EscalationConfig | None
) -> TicketEscalated:
    plan = pool.plan(ticket)
    now_with = f"with {ticket.agent_id}" if ticket.agent_id else "without an owner"
    owner = pool.roster.get(ticket.agent_id)
    choice = Choice(owner, occasion.why) if owner is not None else None
    told = pool.tells.decision(plan, f"level {ticket.level}, {now_with}: {occasion.why}", choice)
    return TicketEscalated(
        level=ticket.level,
        queue=plan.queue,
        agent_id=ticket.agent_id,
        reason=occasion.why,
        due_at=occasion.due_at or ticket.due_at,
        decision=told.model_copy(update={"rule": rule.name if rule is not None else UNRULED}),
    )
