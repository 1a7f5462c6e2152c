"""What sla keeps of a ticket: its facts, its status, its clocks."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_serializer

from services.sla.domain.sla_clock import Clock, stored
from services.sla.domain.ticket_facts import TicketFacts
from shared.contracts.fields import Status
from shared.contracts.sla import Metric

SURVEY = "survey"
"""The name of its timer."""


class Closing(BaseModel):
    """The status that the ticket is to get by itself if nobody touches it until then."""

    model_config = ConfigDict(frozen=True)

    status: Status
    due_at: datetime
    reason: str

    @property
    def timer(self) -> str:
        return "autoclose" if self.status is Status.CLOSED else "autoresolve"


class Survey(BaseModel):
    """The requester is to be asked how it was; `due_at` None: has been."""

    model_config = ConfigDict(frozen=True)

    resolved_at: datetime
    due_at: datetime | None


_USUAL_FACTS = {name: field.default for name, field in TicketFacts.model_fields.items()}


class SlaState(BaseModel):
    """Bounded: one clock for each metric, however long the ticket lives.

    A hearing changes a copy in place. What is as usual is not stored.
    """

    facts: TicketFacts
    status: Status = Status.NEW
    policy: str
    policy_version: str
    desks: str = ""  # by which schedules the clocks were aimed; empty: nobody noted it
    promised: bool = False  # the targets were announced
    clocks: dict[Metric, Clock] = Field(default_factory=dict)
    closing: Closing | None = None
    survey: Survey | None = None

    def clock(self, metric: Metric) -> Clock | None:
        return self.clocks.get(metric)

    @property
    def closed(self) -> bool:
        return self.status is Status.CLOSED

    @property
    def over(self) -> bool:
        return self.status in (Status.RESOLVED, Status.CLOSED)

    @field_serializer("facts")
    def _stored_facts(self, facts: TicketFacts) -> dict[str, Any]:
        return {
            name: value for name, value in vars(facts).items() if value is not _USUAL_FACTS[name]
        }

    @field_serializer("clocks")
    def _stored_clocks(self, clocks: dict[Metric, Clock]) -> dict[str, Any]:
        return {metric.value: stored(clock) for metric, clock in clocks.items()}
