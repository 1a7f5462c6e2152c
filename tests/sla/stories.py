"""A ticket's life told in a test: events at times, timers that fire promptly or late."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from services.sla.domain.configuration import SlaConfig
from services.sla.domain.falling_due import wanted_timers
from services.sla.domain.hearing import Utterance
from services.sla.domain.policy import Rules, compile_rules
from services.sla.domain.ticket_clocks import arrive, come_due, hear
from services.sla.domain.ticket_state import SlaState
from shared.contracts.assignment import Decision, TicketAssigned, TicketQueued
from shared.contracts.fields import (
    Actor,
    ActorKind,
    Automatic,
    MessageBody,
    Priority,
    Requester,
    Status,
    TicketType,
    Tier,
)
from shared.contracts.message import Message
from shared.contracts.ticket import (
    AgentReplied,
    CustomerReplied,
    FieldsChanged,
    NoteAdded,
    StatusChanged,
    TicketClosed,
    TicketCreated,
    TicketReopened,
    TicketResolved,
)
from shared.contracts.triage import TicketTriaged

M = TypeVar("M", bound=Message)
BERLIN = ZoneInfo("Europe/Berlin")
ANA = Actor(kind=ActorKind.AGENT, id="ana")
BOT = Actor(kind=ActorKind.BOT, id="helper")
REQUESTER = Actor(kind=ActorKind.REQUESTER, id="c1")
BODY = MessageBody(message_id="m1", text="Hello", channel="email")

OFFICE = {"time_zone": "Europe/Berlin", "hours": {"mon-fri": "09:00-17:00"}}
CONFIG: dict[str, Any] = {
    "schedules": {"office": OFFICE, "always": {"time_zone": "UTC", "hours": "24/7"}},
    "defaults": {
        "warnings": ["50%", "75%"],
        "pauses": {"resolution": "pending", "update": "pending", "progress": ["pending"]},
        "closing": {"close_resolved_after": "48h", "resolve_pending_after": "7d"},
    },
    "policies": [
        {
            "name": "enterprise",
            "when": {"tier": "enterprise"},
            "schedule": "always",
            "targets": {"first_response": "1h", "resolution": "8h"},
        },
        {
            "name": "standard",
            "schedule": "office",
            "targets": {
                "first_response": {"critical": "1h", "high": "2h", "medium": "4h"},
                "next_response": {"high": "2h", "medium": "4h"},
                "resolution": {"critical": "4h", "high": "8h", "medium": "16h"},
            },
        },
    ],
}


def rules(config: dict[str, Any] | None = None, version: str = "v1") -> Rules:
    return compile_rules(SlaConfig.model_validate(config or CONFIG), version)


def policy_with(**targets: Any) -> Rules:
    """One policy in office hours with these targets."""
    policy = {"name": "only", "schedule": "office", "targets": targets}
    return rules({**CONFIG, "policies": [policy]})


def berlin(text: str) -> datetime:
    """`2026-03-02 09:00` on the wall in Berlin; 2 March 2026 is a Monday."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def created(*, tier: Tier = Tier.STANDARD, channel: str = "email", **more: Any) -> TicketCreated:
    return TicketCreated(
        number="TKT-1",
        channel=channel,
        requester=Requester(customer_id="c1", tier=tier),
        subject="Printer",
        message=BODY,
        **more,
    )


def triaged(priority: Priority = Priority.MEDIUM, category: str = "general") -> TicketTriaged:
    return TicketTriaged(
        category=category,
        confidence=1,
        type=TicketType.INCIDENT,
        impact="low",
        urgency="low",
        priority=priority,
        rules_version="t1",
    )


def customer_replied(
    status: Status = Status.OPEN, *, automatic: Automatic | None = None, participant: bool = True
) -> CustomerReplied:
    return CustomerReplied(
        message=BODY, status=status, automatic=automatic, participant=participant
    )


def agent_replied(status: Status = Status.OPEN, *, human: bool = True) -> AgentReplied:
    actor = ANA if human else BOT
    return AgentReplied(message=BODY, actor=actor, human=human, status=status)


def note() -> NoteAdded:
    return NoteAdded(message=BODY, actor=ANA)


def moved(new: Status, old: Status = Status.OPEN, actor: Actor = ANA) -> StatusChanged:
    return StatusChanged(old=old, new=new, actor=actor)


def resolved() -> TicketResolved:
    return TicketResolved(old=Status.OPEN, actor=ANA)


def reopened() -> TicketReopened:
    return TicketReopened(old=Status.RESOLVED, actor=REQUESTER, reason="again", reopens=1)


def closed() -> TicketClosed:
    return TicketClosed(old=Status.RESOLVED, actor=ANA, reason="done")


def changed(**fields: Any) -> FieldsChanged:
    return FieldsChanged(changes=(), actor=ANA, **fields)


DECISION = Decision(rule="r", reason="least loaded", rules_version="r1")


def assigned(queue: str = "support") -> TicketAssigned:
    return TicketAssigned(
        agent_id="ana",
        queue=queue,
        pool="main",
        priority=Priority.MEDIUM,
        waited_seconds=0,
        decision=DECISION,
    )


def queued(queue: str = "support") -> TicketQueued:
    return TicketQueued(
        queue=queue, pool="main", priority=Priority.MEDIUM, position=1, decision=DECISION
    )


@dataclass
class Story:
    """`prompt` fires each timer before anything later is heard; otherwise none fires by itself."""

    rules: Rules = field(default_factory=rules)
    prompt: bool = True
    state: SlaState | None = None
    said: list[Utterance] = field(default_factory=list)

    def hear(self, at: str | datetime, *events: Message) -> "Story":
        moment = berlin(at) if isinstance(at, str) else at
        if self.prompt:
            self.until(moment, inclusive=False)
        for event in events:
            if self.state is None:
                assert isinstance(event, TicketCreated)
                self._take(*arrive(event, moment, self.rules))
            else:
                self._take(*hear(self.state, event, moment, self.rules, moment))
        return self

    def until(self, at: str | datetime, *, inclusive: bool = True) -> "Story":
        """Fires the timers that are due by then, each at its own time."""
        end = berlin(at) if isinstance(at, str) else at
        while due := self._due_by(end, inclusive=inclusive):
            self.fire(due, now=due)
        return self

    def fire(self, due: datetime, *, now: datetime, seen: int = 1) -> None:
        assert self.state is not None
        self._take(*come_due(self.state, due, self.rules, now, seen=seen))

    def _due_by(self, end: datetime, *, inclusive: bool) -> datetime | None:
        timers = self.timers.values()
        due = [at for at in timers if at < end or (inclusive and at == end)]
        return min(due, default=None)

    def _take(self, state: SlaState, said: Sequence[Utterance]) -> None:
        self.state = state
        self.said.extend(said)

    @property
    def timers(self) -> dict[str, datetime]:
        return {} if self.state is None else wanted_timers(self.state)

    @property
    def messages(self) -> list[Message]:
        return [utterance.message for utterance in self.said]

    def said_of(self, kind: type[M]) -> list[M]:
        return [message for message in self.messages if isinstance(message, kind)]

    @property
    def plot(self) -> list[str]:
        """What was said, by name: `SlaWarning first_response 50%`."""
        return [_told(message) for message in self.messages]


def _told(message: Message) -> str:
    values = (getattr(message, name, None) for name in ("metric", "level", "status"))
    words = [type(message).__name__, *(str(value) for value in values if value is not None)]
    words.extend(str(target.metric) for target in getattr(message, "targets", ()))
    words.extend(str(metric) for metric in getattr(message, "metrics", ()))
    return " ".join([*words, "late"] if getattr(message, "late", False) else words)
