"""What would have happened to these tickets, with these agents, under these rules."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from services.router.domain.agent_events import on_agent_updated, tickets_of
from services.router.domain.facts import replaced
from services.router.domain.lifecycle import set_status
from services.router.domain.pool import Pool
from services.router.domain.routing_rules import RoutingRules
from services.router.domain.simulated import Course
from services.router.domain.ticket import Facts, RoutedTicket
from services.router.domain.timers import on_due, timers_of
from shared.contracts.assignment import TicketAssigned, TicketUnassigned
from shared.contracts.fields import Status
from shared.contracts.message import Message
from shared.contracts.people import AgentUpdated


@dataclass(frozen=True, slots=True)
class Arrival:
    """A ticket as triage left it, and how long somebody works on it in all."""

    ticket_id: str
    at: datetime
    facts: Facts
    handling: timedelta
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """An agent as he is from then on."""

    at: datetime
    agent: AgentUpdated


@dataclass(frozen=True, slots=True)
class _Done:
    ticket_id: str
    assignment: int


@dataclass(frozen=True, slots=True)
class _Timer:
    ticket_id: str
    name: str


@dataclass(slots=True)
class _Work:
    """What is left to do on a ticket, and since when its owner has been at it."""

    left: timedelta
    assignment: int = 0
    since: datetime | None = None


Step = Arrival | Shift | _Done | _Timer


@dataclass(slots=True)
class Simulation:
    """Time jumps from event to event; the pools are those of the service."""

    rules: RoutingRules
    course: Course = field(default_factory=Course)
    _pools: dict[str, Pool] = field(default_factory=dict)
    _tickets: dict[str, RoutedTicket] = field(default_factory=dict)
    _work: dict[str, _Work] = field(default_factory=dict)
    _steps: list[tuple[datetime, int, Step]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def run(self, shifts: Iterable[Shift], arrivals: Iterable[Arrival]) -> Course:
        """Until the last ticket is done, or nobody who is left will ever take it."""
        for shift in shifts:
            self._plan(shift.at, shift)
        for arrival in arrivals:
            self._plan(arrival.at, arrival)
        while self._steps:
            now, _, step = heappop(self._steps)
            pool = self._take(step, now)
            if pool is not None:
                self._end(pool, now)
        return self.course

    def _plan(self, at: datetime, step: Step) -> None:
        heappush(self._steps, (at, next(self._numbers), step))

    def _take(self, step: Step, now: datetime) -> Pool | None:
        match step:
            case Arrival():
                return self._arrive(step)
            case Shift():
                return self._change(step.agent, now)
            case _Done():
                return self._finish(step, now)
            case _Timer():
                return self._fire(step, now)

    def _pool(self, name: str) -> Pool:
        if name not in self._pools:
            self._pools[name] = Pool(name, self.rules)
        return self._pools[name]

    def _arrive(self, arrival: Arrival) -> Pool:
        pool = self._pool(self.rules.pool_of_ticket(arrival.facts))
        ticket = RoutedTicket(
            ticket_id=arrival.ticket_id,
            pool=pool.name,
            created_at=arrival.at,
            facts=arrival.facts,
            unowned_since=arrival.at,
            routable=True,
            deadlines={"first_response": arrival.due_at} if arrival.due_at else {},
        )
        self._tickets[ticket.ticket_id] = ticket
        self._work[ticket.ticket_id] = _Work(arrival.handling)
        self.course.arrived(ticket)
        replaced(pool, ticket, arrival.at)
        return pool

    def _change(self, agent: AgentUpdated, now: datetime) -> Pool:
        pool = self._pool(self.rules.pool_of_agent(agent.teams))
        for ticket_id in tickets_of(pool, agent.agent_id):
            pool.at_hand[ticket_id] = self._tickets[ticket_id]
        on_agent_updated(pool, agent, now)
        return pool

    def _finish(self, done: _Done, now: datetime) -> Pool | None:
        """Only if the one who was to finish it has it still."""
        ticket, work = self._tickets[done.ticket_id], self._work[done.ticket_id]
        if work.assignment != done.assignment or work.since is None:
            return None
        pool = self._pool(ticket.pool)
        pool.at_hand[ticket.ticket_id] = ticket
        set_status(pool, ticket, Status.RESOLVED, now)
        return pool

    def _fire(self, timer: _Timer, now: datetime) -> Pool | None:
        ticket = self._tickets[timer.ticket_id]
        if timers_of(ticket)[timer.name] != now:
            return None
        pool = self._pool(ticket.pool)
        pool.at_hand[ticket.ticket_id] = ticket
        for owned in tickets_of(pool, ticket.agent_id):
            pool.at_hand[owned] = self._tickets[owned]
        on_due(pool, ticket, timer.name, now)
        return pool

    def _end(self, pool: Pool, now: datetime) -> None:
        pool.drain(now)
        for ticket_id, message in pool.tells.take():
            self._note(ticket_id, message, now)
        for ticket in pool.touched.values():
            for name, at in timers_of(ticket).items():
                if at is not None:
                    self._plan(at, _Timer(ticket.ticket_id, name))
        for agent_id in pool.changed_agents:
            agent = pool.roster.get(agent_id)
            if agent is not None:
                self.course.seen(agent, now)
        pool.settle()

    def _note(self, ticket_id: str, message: Message, now: datetime) -> None:
        work = self._work[ticket_id]
        match message:
            case TicketAssigned():
                work.assignment, work.since = work.assignment + 1, now
                self._plan(now + work.left, _Done(ticket_id, work.assignment))
            case TicketUnassigned() if work.since is not None:
                work.left -= now - work.since
                work.since = None
            case _:
                pass
        self.course.said(self._tickets[ticket_id], message, now)
