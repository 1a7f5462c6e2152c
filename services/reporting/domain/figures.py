"""Which figures a ticket counts in: milestones, live boards, and flows of single happenings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from services.reporting.domain.report import Dimensions, TicketReport
from services.reporting.domain.spread import measured

Fold = Callable[[TicketReport, Any, datetime], Sequence["Flow"]]
"""Changes a report by one event, and says what it counts as."""


class Cell(NamedTuple):
    """One line of a breakdown: `all` has the value `all`. The hour is None on a live board."""

    hour: datetime | None
    dimension: str
    value: str


Amounts = Mapping[str, int]
"""Whole numbers only: their sums don't depend on the order, so a replay gives the same bytes."""

Counts = dict[Cell, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Flow:
    """Something that happened at `at` and is counted for good, under what held at that moment."""

    at: datetime
    amounts: Amounts
    under: Dimensions = field(default_factory=Dimensions)


def cells(hour: datetime | None, under: Dimensions) -> Iterator[Cell]:
    yield Cell(hour, "all", "all")
    for dimension, value in under.known():
        yield Cell(hour, dimension, value)


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def count(counts: Counts, flow: Flow) -> None:
    for cell in cells(hour_of(flow.at), flow.under):
        add(counts, cell, flow.amounts)


def add(counts: Counts, cell: Cell, amounts: Amounts) -> None:
    line = counts.setdefault(cell, {})
    for name, amount in amounts.items():
        line[name] = line.get(name, 0) + amount


@dataclass(frozen=True, slots=True)
class Milestone:
    """A point that a ticket has reached. It counts as long as it stands, under what holds now."""

    name: str
    at: datetime
    under: Dimensions
    took: timedelta | None = None
    one_touch: bool = False

    def amounts(self) -> dict[str, int]:
        if self.took is None:
            return {self.name: 1}
        return measured(self.name, self.took) | ({"one_touch": 1} if self.one_touch else {})


@dataclass(frozen=True, slots=True)
class Board:
    """What a live ticket counts for on the live boards."""

    under: Dimensions
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Standing:
    """All that a ticket counts for as it stands now. It moves with the ticket.

    A ticket that is triaged anew takes its creation to the other category; one that is reopened
    takes its resolution back; spam counts nowhere.
    """

    milestones: frozenset[Milestone] = frozenset()
    board: Board | None = None


NOTHING = Standing()


def standing(report: TicketReport) -> Standing:
    return Standing(frozenset(_milestones(report)), _board(report) if report.live else None)


def move(counts: Counts, before: Standing, after: Standing) -> None:
    """Adds what must be added to the totals when a ticket's standing changes."""
    for reached in after.milestones - before.milestones:
        count(counts, Flow(reached.at, reached.amounts(), reached.under))
    for gone in before.milestones - after.milestones:
        count(counts, Flow(gone.at, _negative(gone.amounts()), gone.under))
    if before.board != after.board:
        _move_board(counts, before.board, after.board)


def _move_board(counts: Counts, before: Board | None, after: Board | None) -> None:
    if before is not None and after is not None and before.under == after.under:
        after = Board(after.under, _difference(before.amounts, after.amounts))
        before = None
    if before is not None:
        _on_boards(counts, before.under, _negative(before.amounts))
    if after is not None:
        _on_boards(counts, after.under, after.amounts)


def _on_boards(counts: Counts, under: Dimensions, amounts: Amounts) -> None:
    for cell in cells(None, under):
        add(counts, cell, amounts)


def _negative(amounts: Amounts) -> Amounts:
    return {name: -amount for name, amount in amounts.items()}


def _difference(before: Amounts, after: Amounts) -> Amounts:
    changes = {name: after.get(name, 0) - before.get(name, 0) for name in {*before, *after}}
    return {name: change for name, change in changes.items() if change}


def _milestones(report: TicketReport) -> Iterator[Milestone]:
    if report.spam:
        return
    yield Milestone("created", report.created_at, report.dimensions())
    if report.first_response_at is not None:
        under = report.dimensions(agent=report.first_response_by)
        waited = report.first_response_at - report.created_at
        yield Milestone("first_response", report.first_response_at, under, waited)
    if report.resolved_at is not None and report.merged_into is None:
        under = report.dimensions(agent=report.resolved_by)
        took = report.resolved_at - report.created_at
        yield Milestone("resolution", report.resolved_at, under, took, one_touch(report))


def one_touch(report: TicketReport) -> bool:
    """Resolved with exactly one public answer by a human, and never reopened."""
    return report.resolved_at is not None and report.turns.agent == 1 and report.reopens == 0


def _board(report: TicketReport) -> Board:
    amounts = {
        "open": True,
        "waiting": report.agent is None,
        "assigned": report.agent is not None,
        "breached": report.breached,
        "at_risk": report.at_risk,
        "awaiting_reply": report.awaiting_reply_since is not None,
        "escalated": report.escalation_level > 0,
        f"status.{report.status}": True,
    }
    return Board(report.owned(), {name: 1 for name, holds in amounts.items() if holds})
