"""How pressing a ticket is, as the operator's rules say it."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from services.triage.domain.rule_form import Rule
from shared.contracts.fields import Automatic, Priority, TicketType, Tier


class Level(StrEnum):
    """Of impact (how many are hit, how badly) and of urgency (how soon it must end)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return list(Level).index(self)


class When(Rule):
    """All that is given must hold; of a list one is enough."""

    cue: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    type: tuple[TicketType, ...] = ()
    tone: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    tier: tuple[Tier, ...] = ()
    vip: bool | None = None
    channel: tuple[str, ...] = ()
    mailbox: tuple[str, ...] = ()
    brand: tuple[str, ...] = ()
    wished: tuple[Priority, ...] = ()  # the priority that an upstream system gave
    automatic: tuple[Automatic, ...] = ()
    follow_up: bool | None = None
    open_tickets: int | None = Field(default=None, ge=1)  # the requester has at least so many

    @model_validator(mode="after")
    def says_something(self) -> Self:
        if not any(getattr(self, field) not in ((), None) for field in self.model_fields_set):
            raise ValueError("says nothing: give at least one condition, like cue: [outage]")
        return self


class LevelEffect(Rule):
    """Steps up or down first, then the bounds."""

    up: int = Field(default=0, ge=0, le=2)
    down: int = Field(default=0, ge=0, le=2)
    at_least: Level | None = None
    at_most: Level | None = None

    @model_validator(mode="after")
    def bounds_are_in_order(self) -> Self:
        if self.at_least and self.at_most and self.at_least.rank > self.at_most.rank:
            raise ValueError(f"at_least {self.at_least} is above at_most {self.at_most}")
        return self


class PriorityEffect(Rule):
    """Steps up or down first, then the bounds."""

    up: int = Field(default=0, ge=0, le=3)
    down: int = Field(default=0, ge=0, le=3)
    at_least: Priority | None = None
    at_most: Priority | None = None

    @model_validator(mode="after")
    def bounds_are_in_order(self) -> Self:
        if self.at_least and self.at_most and self.at_least.rank > self.at_most.rank:
            raise ValueError(f"at_least {self.at_least} is above at_most {self.at_most}")
        return self


class Step(Rule):
    """One reason why a ticket is more, or less, pressing."""

    name: str = Field(min_length=1, max_length=80)
    when: When
    impact: LevelEffect | None = None
    urgency: LevelEffect | None = None
    priority: PriorityEffect | None = None

    @model_validator(mode="after")
    def has_an_effect(self) -> Self:
        if self.impact is None and self.urgency is None and self.priority is None:
            raise ValueError("has no effect: give impact, urgency or priority")
        return self


class MatrixRow(Rule):
    """The priority for each urgency."""

    low: Priority
    medium: Priority
    high: Priority


class Matrix(Rule):
    """A row for each impact."""

    low: MatrixRow
    medium: MatrixRow
    high: MatrixRow

    def priority(self, impact: Level, urgency: Level) -> Priority:
        row: MatrixRow = getattr(self, impact)
        found: Priority = getattr(row, urgency)
        return found


class PriorityRules(Rule):
    """All steps on impact and urgency, then the matrix, then all steps on the priority itself."""

    impact: Level = Level.MEDIUM
    urgency: Level = Level.MEDIUM
    matrix: Matrix
    steps: tuple[Step, ...] = Field(default=(), max_length=200)
