"""Where a ticket belongs and what it needs, by the rules and by what has happened to it since."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from services.router.domain.requirement import (
    Need,
    Requirement,
    language,
    merged,
    open_hours,
    seniority,
    without,
)
from services.router.domain.routing_config import LanguageNeed, Overflow, Route
from services.router.domain.routing_rules import RoutingRules
from services.router.domain.ticket import RoutedTicket

BY_HAND = "by hand"


@dataclass(frozen=True)
class Plan:
    """`wishes` are in order of importance: the last falls away first, then the next."""

    rule: str
    queue: str
    needs: tuple[Need, ...]
    wishes: tuple[Need, ...]
    dropped: tuple[Need, ...]
    teams: tuple[str, ...]
    relax_after: timedelta
    overflow: Overflow | None
    lane: int = 1
    effort: int = 1
    channel: str | None = None  # where it has a limit
    channel_limit: int = 0

    @cached_property
    def requirement(self) -> Requirement:
        return self._asking(self.needs + self.wishes)

    @cached_property
    def least(self) -> Requirement:
        """What is asked when every wish has fallen away."""
        return self._asking(self.needs)

    @property
    def placed(self) -> tuple[str, int, int]:
        """What a ticket that was placed by this plan remembers of it."""
        return (self.queue, self.lane, self.effort)

    def _asking(self, needs: tuple[Need, ...]) -> Requirement:
        asked = tuple(sorted(merged(needs)))
        return Requirement(asked, self.teams, self.effort, self.channel, self.channel_limit)


def plan_for(ticket: RoutedTicket, rules: RoutingRules) -> Plan:
    """Whether queues are open is read from the ticket: `Pool.place` looks at the clock."""
    rule, route = _route(ticket, rules)
    own = ticket.raised_queue or route.queue
    overflow = route.overflow if ticket.raised_queue is None else None
    queue = overflow.queue if overflow is not None and ticket.overflowed else own
    wishes = tuple(_wishes(ticket, route))
    kept = max(0, len(wishes) - ticket.relaxed)
    channel = ticket.facts.channel
    limit = rules.config.channel_limits.get(channel)
    return Plan(
        rule=rule,
        queue=ticket.stand_in or queue,
        needs=merged(tuple(_needs(ticket, route, ticket.stand_in or own, rules))),
        wishes=wishes[:kept],
        dropped=wishes[kept:],
        teams=_teams((ticket.stand_in,) if ticket.stand_in else (own, queue), rules),
        relax_after=route.relax_after or rules.config.relax_after,
        overflow=None if ticket.overflowed else overflow,
        lane=route.lane.rank,
        effort=rules.effort(ticket.facts),
        channel=channel if limit is not None else None,
        channel_limit=limit or 0,
    )


def _route(ticket: RoutedTicket, rules: RoutingRules) -> tuple[str, Route]:
    """What a human chose holds over the rules, whose skills may not fit there."""
    if ticket.hand_queue is not None:
        return BY_HAND, Route(queue=ticket.hand_queue)
    return rules.route_for(ticket.facts)


def _needs(ticket: RoutedTicket, route: Route, queue: str, rules: RoutingRules) -> Iterator[Need]:
    known = rules.queue(queue)
    yield from route.skills.items()
    yield from known.skills.items() if known is not None else ()
    if least := max(route.seniority or 0, ticket.raised_seniority):
        yield seniority(least)
    if ticket.facts.language and route.language is LanguageNeed.REQUIRED:
        yield language(ticket.facts.language)
    if ticket.closed:
        yield open_hours(queue)


def _wishes(ticket: RoutedTicket, route: Route) -> Iterator[Need]:
    if ticket.facts.language and route.language is LanguageNeed.PREFERRED:
        yield language(ticket.facts.language)
    yield from route.prefer.items()
    if ticket.not_again is not None:
        yield without(ticket.not_again)


def _teams(queues: tuple[str, ...], rules: RoutingRules) -> tuple[str, ...]:
    """An overflowing ticket may go to the teams of both queues; a queue without teams has all."""
    teams: set[str] = set()
    for name in queues:
        known = rules.queue(name)
        if known is None or not known.teams:
            return ()
        teams.update(known.teams)
    return tuple(sorted(teams))
