"""One pool's assignments: who owns which ticket, who waits, and what is said when that changes."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from services.router.domain.agent import Agent, Share
from services.router.domain.announcing import Announcements, Choice
from services.router.domain.explanation import CHOSEN_FOR
from services.router.domain.planning import Plan, plan_for
from services.router.domain.requirement import WITHOUT
from services.router.domain.roster import Roster
from services.router.domain.routing_rules import RoutingRules
from services.router.domain.ticket import Place, RoutedTicket
from services.router.domain.waiting import Waiting, WaitingRoom

NEXT_IN_LINE = "next in line, with room again"


class Pool:
    """Between events no ticket waits while somebody able is online with room.

    And nobody is given one above his capacity, but by hand.
    Waiting tickets are in memory; the others are `at_hand` while the events at hand concern them.
    What changed is in `touched` and `changed_agents` until it is taken.
    """

    def __init__(self, name: str, rules: RoutingRules) -> None:
        self.name = name
        self.rules = rules
        self.roster = Roster(rules.weight)
        self.waiting = WaitingRoom()
        self.tells = Announcements(name, rules, self.roster)
        self.at_hand: dict[str, RoutedTicket] = {}
        self.touched: dict[str, RoutedTicket] = {}
        self.changed_agents: set[str] = set()
        self._freed: set[str] = set()

    # --- loading and taking --------------------------------------------------------------------

    def restore(self, agents: Iterable[Agent], tickets: Iterable[RoutedTicket]) -> None:
        """What the store holds. Plans are made anew: the rules may have changed meanwhile."""
        for agent in agents:
            self.roster.add(agent)
        for ticket in tickets:
            if ticket.place is Place.WAITING:
                self.waiting.add(ticket, self.plan(ticket))
            elif (owner := self.roster.get(ticket.agent_id)) is not None:
                self.lay_on(owner, ticket)
        for agent in self.roster.agents.values():
            self.free(agent)

    def ticket(self, ticket_id: str) -> RoutedTicket | None:
        """As it is now: what lies at hand is as old as the last batch."""
        if (touched := self.touched.get(ticket_id)) is not None:
            return touched
        waiting = self.waiting.get(ticket_id)
        return waiting.ticket if waiting is not None else self.at_hand.get(ticket_id)

    def known(self, ticket_id: str) -> RoutedTicket:
        ticket = self.ticket(ticket_id)
        if ticket is None:
            raise LookupError(f"ticket {ticket_id} of pool {self.name} was not brought to hand")
        return ticket

    def settle(self) -> None:
        """What changed has been recorded."""
        self.at_hand.clear()
        self.touched.clear()
        self.changed_agents.clear()

    def touch(self, ticket: RoutedTicket) -> None:
        self.touched[ticket.ticket_id] = ticket

    # --- planning ------------------------------------------------------------------------------

    def plan(self, ticket: RoutedTicket) -> Plan:
        """A wish that nobody at all could grant is not waited for."""
        plan = plan_for(ticket, self.rules)
        vain = tuple(
            wish
            for wish in plan.wishes
            if not wish[0].startswith(WITHOUT) and not self.roster.somebody_has(wish)
        )
        if not vain:
            return plan
        kept = tuple(wish for wish in plan.wishes if wish not in vain)
        return replace(plan, wishes=kept, dropped=plan.dropped + vain)

    def _plan_by_the_clock(self, ticket: RoutedTicket, now: datetime) -> Plan:
        """Queues that are closed hand over to those that stand in for them."""
        ticket.forget_hours()
        plan = self.plan(ticket)
        opening = self.rules.opening(plan.queue, now)
        if opening is None:
            return plan
        ticket.hours_at = opening.until
        if opening.is_open and opening.queue == plan.queue:
            return plan
        ticket.closed = not opening.is_open
        ticket.stand_in = opening.queue if opening.is_open else None
        return self.plan(ticket)

    def somebody_free(self, ticket: RoutedTicket, now: datetime) -> bool:
        """Whether an owned ticket would find another owner at once."""
        plan = self._plan_by_the_clock(ticket, now)
        ticket.forget_hours()
        return self._best(plan) is not None

    def replan(self, now: datetime) -> None:
        """The rules may have changed: what waits is placed by those in force."""
        for waiting in self.waiting.in_order():
            ticket = waiting.ticket
            before = (waiting.plan, ticket.by_the_clock)
            if ticket.place is Place.WAITING and (
                (self._plan_by_the_clock(ticket, now), ticket.by_the_clock) != before
                or (ticket.queue, ticket.lane, ticket.effort) != waiting.plan.placed
            ):
                self.place(ticket, now)

    # --- assigning -----------------------------------------------------------------------------

    def place(
        self, ticket: RoutedTicket, now: datetime, *, prefer: str | None = None, note: str = ""
    ) -> None:
        """Gives an unowned ticket to the best agent, or lets it wait. Also anew, when it waits.

        `prefer` knows the ticket: he comes first if he is there, has room and meets the rules.
        With a `note` its waiting is said in any case.
        """
        before = self.waiting.discard(ticket.ticket_id)
        plan = self._plan_by_the_clock(ticket, now)
        ticket.lane, ticket.effort = plan.lane, plan.effort
        choice = self._knowing(plan, prefer) or self._best_in_turn(ticket, plan, now)
        if choice is not None:
            self.give(ticket, plan, choice, now)
        else:
            self._let_wait(ticket, plan, now, before, note)

    def _knowing(self, plan: Plan, agent_id: str | None) -> Choice | None:
        agent = self.roster.get(agent_id)
        least = plan.least
        if agent is None or not agent.has_room(least) or not agent.can_take(least):
            return None
        return Choice(agent, "had the ticket before", passed_over="never had the ticket")

    def _best(self, plan: Plan) -> Choice | None:
        selection = self.rules.selection(plan.queue)
        agent = self.roster.ranking(plan.requirement, selection).best()
        return Choice(agent, CHOSEN_FOR[selection]) if agent is not None else None

    def _best_in_turn(self, ticket: RoutedTicket, plan: Plan, now: datetime) -> Choice | None:
        """Who has got room by the event at hand first takes those who come before this ticket."""
        while (choice := self._best(plan)) is not None:
            first = (
                self.waiting.first_for(choice.agent)
                if choice.agent.agent_id in self._freed
                else None
            )
            if first is None or first.order > ticket.order:
                return choice
            self._serve(first, choice.agent, now)
        return None

    def _serve(self, first: Waiting, agent: Agent, now: datetime) -> None:
        """`agent` has room; another whom the same event freed may be better still.

        But he too takes whoever is first of all that he can take.
        """
        while True:
            better = self._best(first.plan)
            taker = better.agent if better is not None else agent
            ahead = self.waiting.first_for(taker)
            if ahead is None or ahead.order >= first.order:
                break
            first, agent = ahead, taker
        self.give(first.ticket, first.plan, Choice(taker, NEXT_IN_LINE), now)

    def give(self, ticket: RoutedTicket, plan: Plan, choice: Choice, now: datetime) -> None:
        agent = choice.agent
        self.tells.assigned(ticket, plan, choice, now)
        self.waiting.discard(ticket.ticket_id)
        ticket.place, ticket.agent_id, ticket.queue = Place.OWNED, agent.agent_id, plan.queue
        ticket.last_agent_id = agent.agent_id
        ticket.stop_waiting()
        ticket.forget_hours()
        ticket.grace_at = ticket.not_again = None
        ticket.relaxed, ticket.overflowed, ticket.alarmed = 0, False, False
        agent.last_assigned_at = max(now, agent.last_assigned_at or now)
        self.lay_on(agent, ticket)
        self.changed_agents.add(agent.agent_id)
        self.touch(ticket)

    def lay_on(self, agent: Agent, ticket: RoutedTicket) -> None:
        """His, and load only while it is work."""
        if self.rules.is_work(ticket):
            agent.carry(ticket.ticket_id, Share(ticket.effort, ticket.facts.channel))
        else:
            agent.keep(ticket.ticket_id)

    def _let_wait(
        self,
        ticket: RoutedTicket,
        plan: Plan,
        now: datetime,
        before: Waiting | None,
        note: str,
    ) -> None:
        """Said when it begins to wait, and when queue, priority or what it needs have changed."""
        moved = ticket.queue != plan.queue
        ticket.place, ticket.queue = Place.WAITING, plan.queue
        ticket.relax_at = (ticket.relax_at or now + plan.relax_after) if plan.wishes else None
        if plan.overflow is None:
            ticket.overflow_at = None
        elif ticket.overflow_at is None:
            ticket.overflow_at = now + plan.overflow.after
        self._set_alarm(ticket, now)
        position = self.waiting.add(ticket, plan)
        self.touch(ticket)
        after = self.waiting.get(ticket.ticket_id)
        same = before is not None and after is not None and before.announced == after.announced
        if note or moved or not same:
            self.tells.queued(ticket, plan, position, note)

    def _set_alarm(self, ticket: RoutedTicket, now: datetime) -> None:
        """Once each time that it is without an owner, however often it is placed anew."""
        patience = self.rules.config.never_assigned
        if patience is not None and ticket.alarm_at is None and not ticket.alarmed:
            ticket.alarm_at = max(now, ticket.unowned_since + patience)

    def reorder(self, ticket: RoutedTicket) -> None:
        """Its deadline changed: another position in the same lines."""
        self.touch(ticket)
        if (before := self.waiting.discard(ticket.ticket_id)) is not None:
            self.waiting.add(ticket, before.plan)

    # --- taking away ---------------------------------------------------------------------------

    def release(self, ticket: RoutedTicket, reason: str, now: datetime) -> None:
        """Its owner has it no longer; it is nowhere until it is placed."""
        agent_id = ticket.agent_id
        if agent_id is None:
            return
        if (agent := self.roster.get(agent_id)) is not None:
            agent.put_down(ticket.ticket_id)
            self.free(agent)
        ticket.place, ticket.agent_id, ticket.grace_at = Place.NOWHERE, None, None
        ticket.unowned_since = now
        self.touch(ticket)
        self.tells.unassigned(ticket, agent_id, reason)

    def dismiss(self, agent: Agent) -> None:
        """He is gone; his tickets are to be released."""
        self.roster.remove(agent.agent_id)
        self.changed_agents.add(agent.agent_id)

    def take_out(self, ticket: RoutedTicket) -> None:
        """It waits no longer, though nobody has it."""
        if self.waiting.discard(ticket.ticket_id) is not None:
            ticket.place = Place.NOWHERE
            ticket.stop_waiting()
            self.touch(ticket)

    def forget_vain_wishes(self) -> None:
        """Somebody can no longer do what he could: what nobody can any more is not waited for."""
        for requirement in self.waiting.requirements():
            if all(map(self.roster.somebody_has, requirement.needs)):
                continue
            for waiting in self.waiting.line(requirement):
                plan = self.plan(waiting.ticket)
                if plan.requirement != requirement:
                    self._wait_for_less(waiting.ticket, plan)

    def wish_again(self, agent: Agent, now: datetime) -> None:
        """He may grant what nobody could: who waits for it is to have the chance.

        So plans depend on who is there alone, not on who came first, and a successor has the same.
        """
        if any(
            agent.has(wish) for waiting in self.waiting.in_order() for wish in waiting.plan.dropped
        ):
            self.free(agent)  # those who come before these are served in their turn
            self.replan(now)

    def _wait_for_less(self, ticket: RoutedTicket, plan: Plan) -> None:
        """Who may take it now is served with the others, in the order of the line."""
        self.waiting.discard(ticket.ticket_id)
        self.waiting.add(ticket, plan)
        if not plan.wishes:
            ticket.relax_at = None
        self.touch(ticket)
        able = self.roster.ranking(plan.requirement, self.rules.selection(plan.queue)).members
        self._freed.update(a.agent_id for a in able.values() if a.has_room(plan.requirement))

    # --- draining ------------------------------------------------------------------------------

    def free(self, agent: Agent) -> None:
        """He may have more room than before: at the next drain the tickets in line go to him."""
        self.roster.offer(agent)
        self._freed.add(agent.agent_id)

    def drain(self, now: datetime) -> None:
        """Gives waiting tickets, in order, to whom the events at hand gave room."""
        for agent_id in sorted(self._freed):
            agent = self.roster.get(agent_id)
            while agent is not None and agent.online:
                first = self.waiting.first_for(agent)
                if first is None:
                    break
                self._serve(first, agent, now)
        self._freed.clear()
