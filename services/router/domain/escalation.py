"""When a ticket needs somebody more senior, who that is, and whether he takes it over."""

from dataclasses import dataclass
from datetime import datetime

from services.router.domain.announcing import Choice
from services.router.domain.facts import replaced
from services.router.domain.pool import Pool
from services.router.domain.routing_config import EscalationConfig, HandOver, Trigger
from services.router.domain.ticket import Place, RoutedTicket
from shared.contracts.assignment import TicketEscalated
from shared.contracts.fields import ActorKind
from shared.contracts.sla import Metric, ProgressStalled, SlaBreached, SlaWarning
from shared.contracts.ticket import EscalationRequested

UNRULED = "escalation"
ON_CALL = "on call"
EscalationCause = EscalationRequested | SlaWarning | SlaBreached | ProgressStalled
ESCALATES = (EscalationRequested, SlaWarning, SlaBreached, ProgressStalled)


@dataclass(frozen=True, slots=True)
class Occasion:
    trigger: Trigger
    why: str
    metric: Metric | None = None
    due_at: datetime | None = None
    level: int | None = None
    asked: bool = False  # by somebody, who is always answered


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
            demand = event.actor.kind is ActorKind.REQUESTER
            trigger = Trigger.DEMAND if demand else Trigger.REQUEST
            why = f"asked for by {event.actor.kind}"
            return Occasion(trigger, why, level=event.level, asked=True)


def escalate(pool: Pool, ticket: RoutedTicket, event: EscalationCause, now: datetime) -> None:
    """A timed cause raises a ticket once to a level; whoever asks for it is always answered.

    A ticket that has not been routed yet is routed now, whether or not a rule speaks.
    """
    if ticket.over:
        return
    occasion = occasion_of(event)
    rule = _rule(pool, ticket, occasion)
    level = _level(ticket, occasion, rule)
    ticket.routable = True
    if level is not None:
        raise_to(pool, ticket, level, occasion, rule, now)
    elif ticket.place is Place.NOWHERE:
        replaced(pool, ticket, now)


def escalate_unassigned(pool: Pool, ticket: RoutedTicket, now: datetime) -> None:
    """The alarm is always raised; what follows from it, the rules say."""
    waited = (now - ticket.unowned_since).total_seconds()
    occasion = Occasion(Trigger.UNASSIGNED, f"nobody has had it for {waited:.0f} s")
    rule = _rule(pool, ticket, occasion)
    level = _level(ticket, occasion, rule) or max(ticket.level, 1)
    raise_to(pool, ticket, level, occasion, rule, now)


def raise_to(
    pool: Pool,
    ticket: RoutedTicket,
    level: int,
    occasion: Occasion,
    rule: EscalationConfig | None,
    now: datetime,
) -> None:
    ticket.level = level
    called = None
    if rule is not None:
        ticket.raised_seniority = max(ticket.raised_seniority, rule.seniority or 0)
        if rule.queue is not None:
            ticket.raised_queue, ticket.hand_queue = rule.queue, None
        if rule.on_call is not None:
            called = pool.rules.rota(rule.on_call).who(now)
    before = pool.tells.mark()
    _move(pool, ticket, rule.hand_over if rule is not None else HandOver.WHEN_FREE, called, now)
    pool.tells.say_at(before, ticket, _escalated(pool, ticket, occasion, rule, called))


def _rule(pool: Pool, ticket: RoutedTicket, occasion: Occasion) -> EscalationConfig | None:
    """A customer's demand without a rule of its own is a request like another."""
    triggers = [occasion.trigger]
    if occasion.trigger is Trigger.DEMAND:
        triggers.append(Trigger.REQUEST)
    found = (pool.rules.escalation_for(t, occasion.metric, ticket.facts) for t in triggers)
    return next(filter(None, found), None)


def _level(ticket: RoutedTicket, occasion: Occasion, rule: EscalationConfig | None) -> int | None:
    """None: nothing to raise."""
    ruled = rule.level if rule is not None else None
    if occasion.asked:
        wanted = occasion.level or ruled or ticket.level + 1
        return max(wanted, ticket.level, 1)
    if rule is None:
        return None
    wanted = ruled or ticket.level + 1
    return wanted if wanted > ticket.level else None


def _move(
    pool: Pool, ticket: RoutedTicket, hand_over: HandOver, called: str | None, now: datetime
) -> None:
    pool.touch(ticket)
    if ticket.place is not Place.OWNED:
        if not _call(pool, ticket, called, now):
            replaced(pool, ticket, now)
        return
    owner = pool.roster.get(ticket.agent_id)
    keeps = hand_over is HandOver.NEVER or not pool.rules.is_work(ticket)
    if keeps or ticket.agent_id == called or _call(pool, ticket, called, now):
        return
    meets = owner is not None and owner.can_take(pool.plan(ticket).least)
    if meets:
        return
    if hand_over is HandOver.ALWAYS or pool.somebody_free(ticket, now):
        pool.release(ticket, "escalated", now)
        replaced(pool, ticket, now)


def _call(pool: Pool, ticket: RoutedTicket, called: str | None, now: datetime) -> bool:
    """Whoever is on call takes it whatever he can, but not above his capacity."""
    agent = pool.roster.get(called)
    if agent is None or not pool.rules.is_work(ticket):
        return False
    plan = pool.plan(ticket)
    if not agent.has_room(plan.least):
        return False
    pool.release(ticket, "escalated", now)
    pool.give(ticket, plan, Choice(agent, ON_CALL, passed_over="not on call"), now)
    return True


def _escalated(
    pool: Pool,
    ticket: RoutedTicket,
    occasion: Occasion,
    rule: EscalationConfig | None,
    called: str | None,
) -> TicketEscalated:
    plan = pool.plan(ticket)
    now_with = f"with {ticket.agent_id}" if ticket.agent_id else "without an owner"
    why = occasion.why
    if called is not None and called != ticket.agent_id:
        why = f"{why}; {called} is on call, but {_why_not(pool, called)}"
    owner = pool.roster.get(ticket.agent_id)
    choice = Choice(owner, why) if owner is not None else None
    told = pool.tells.decision(plan, f"level {ticket.level}, {now_with}: {why}", choice)
    return TicketEscalated(
        level=ticket.level,
        queue=plan.queue,
        agent_id=ticket.agent_id,
        reason=occasion.why,
        trigger=occasion.trigger,
        on_call=called,
        due_at=occasion.due_at or ticket.due_at,
        decision=told.model_copy(update={"rule": rule.name if rule is not None else UNRULED}),
    )


def _why_not(pool: Pool, called: str) -> str:
    agent = pool.roster.get(called)
    if agent is None:
        return f"not of pool {pool.name}"
    return "full" if agent.online else agent.profile.availability.value
