"""The agents, played: they take what is assigned to them, answer, ask back, forget, resolve."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from string import Template

from deskstream.demo import samples
from deskstream.demo.acting import Stage
from deskstream.demo.board import Board, Row
from deskstream.demo.hearing import Fact
from deskstream.demo.persons import Person
from deskstream.demo.sending import Mouth
from shared.contracts.assignment import TicketAssigned
from shared.contracts.commands import (
    AddNote,
    ChangeFields,
    Command,
    Escalate,
    Reply,
    SetStatus,
)
from shared.contracts.fields import Actor, ActorKind, Priority, Status, reveal
from shared.contracts.message import Message
from shared.contracts.people import AgentUpdated, Availability
from shared.contracts.sla import SlaBreached
from shared.contracts.ticket import (
    CustomerReplied,
    StatusChanged,
    TicketClosed,
    TicketCreated,
    TicketReopened,
)

FIRST_LOOK_SECONDS, LAST_LOOK_SECONDS = 2.0, 9.0
SHIFT_SECONDS = 25.0
PAUSED_SECONDS = 12.0


class Plan(StrEnum):
    """How an agent goes about a ticket. What is forgotten is answered when a promise broke."""

    SOLVE = "solve"
    SOLVE_IN_TWO = "answer, then resolve"
    ASK = "ask"
    ESCALATE = "escalate"
    CHANGE = "change priority"
    FORGET = "forget"


WEIGHTS: Mapping[Plan, int] = {
    Plan.SOLVE: 40,
    Plan.SOLVE_IN_TWO: 20,
    Plan.ASK: 20,
    Plan.ESCALATE: 4,
    Plan.CHANGE: 4,
    Plan.FORGET: 12,
}


@dataclass(slots=True)
class Case:
    """A ticket as its agent sees it. `busy`: an act is on its way, `more`: another follows it."""

    plan: Plan
    requester: str
    answerable: bool  # False: no person is behind it
    asked: bool = False
    busy: bool = False
    more: bool = False
    turns: int = 0


@dataclass(slots=True)
class Agents:
    agents: Mapping[str, AgentUpdated]
    mouth: Mouth
    stage: Stage
    breaks: Stage
    board: Board
    by_address: Mapping[str, Person]
    chance: Random
    pace: float
    cases: dict[str, Case] = field(default_factory=dict)

    def hear(self, heard: Fact) -> None:
        act = HEARS.get(type(heard.message))
        if act is not None:
            act(self, heard)

    def take_breaks(self) -> None:
        """Now and then one of them is away for a while, and others go on."""
        self.breaks.later(SHIFT_SECONDS * self.pace, self._pause_one)

    async def _pause_one(self) -> None:
        agent = self.chance.choice(list(self.agents.values()))
        away = self.chance.choice((Availability.AWAY, Availability.OFFLINE))
        await self.mouth.tell(agent.model_copy(update={"availability": away}))

        async def back() -> None:
            await self.mouth.tell(agent)
            self.take_breaks()

        self.breaks.later(PAUSED_SECONDS * self.pace, back)

    def on_created(self, heard: Fact) -> None:
        created = heard.message
        if isinstance(created, TicketCreated):
            [plan] = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
            answerable = created.automatic is None and created.channel != "alertmanager"
            address = reveal(created.requester.address or "")
            self.cases[heard.envelope.subject] = Case(plan, address, answerable)

    def on_assigned(self, heard: Fact) -> None:
        case = self.cases.get(heard.envelope.subject)
        if case is not None and not (case.plan is Plan.FORGET and case.turns == 0):
            self._look(heard.envelope.subject, case)

    def on_breached(self, heard: Fact) -> None:
        self._wake(heard.envelope.subject)

    def on_reopened(self, heard: Fact) -> None:
        self._wake(heard.envelope.subject)

    def on_customer_replied(self, heard: Fact) -> None:
        replied = heard.message
        if isinstance(replied, CustomerReplied) and replied.automatic is None:
            case = self.cases.get(heard.envelope.subject)
            if case is not None:
                case.asked = False
                if case.plan is not Plan.FORGET or case.turns > 0:
                    self._look(heard.envelope.subject, case)

    def on_status_changed(self, heard: Fact) -> None:
        """Also without an answer, where our question came back as undeliverable."""
        case = self.cases.get(heard.envelope.subject)
        if case and isinstance(heard.message, StatusChanged) and heard.message.new is Status.OPEN:
            case.asked = False
            self._wake(heard.envelope.subject)

    def on_closed(self, heard: Fact) -> None:
        self.cases.pop(heard.envelope.subject, None)

    def _wake(self, ticket: str) -> None:
        """Whatever was planned: now it is time."""
        case = self.cases.get(ticket)
        if case is not None:
            case.turns = max(case.turns, 1)
            self._look(ticket, case)

    def _look(self, ticket: str, case: Case, seconds: float | None = None) -> None:
        if case.busy:
            return
        case.busy = True
        pause = seconds or self.chance.uniform(FIRST_LOOK_SECONDS, LAST_LOOK_SECONDS)
        self.stage.later(pause * self.pace, lambda: self._act(ticket, case))

    async def _act(self, ticket: str, case: Case) -> None:
        """The next thing to do, if it is still this agent's to do."""
        case.busy = False
        row = self.board.rows.get(ticket)
        if row is None or row.agent is None or not row.open or case.asked:
            return
        agent = self.agents[row.agent]
        for command in self._decide(row, case, agent):
            await self.mouth.order(command, ticket, by_door=self.chance.random() < 0.5)  # noqa: PLR2004 - both ways
        case.turns += 1
        if case.more:
            case.more = False
            self._look(ticket, case)

    def _decide(self, row: Row, case: Case, agent: AgentUpdated) -> list[Command]:
        actor = Actor(kind=ActorKind.AGENT, id=agent.agent_id)
        if not case.answerable:
            return [
                AddNote(actor=actor, text="Looked at it: nothing to answer."),
                SetStatus(actor=actor, status=Status.RESOLVED, resolution="Seen and dealt with."),
            ]
        solved = self._text(row, case, agent, "solved")
        if case.plan is Plan.SOLVE_IN_TWO and case.turns == 1:
            return [SetStatus(actor=actor, status=Status.RESOLVED, resolution="Mended.")]
        if case.turns == 0 and (first := self._first(row, case, agent, actor, solved)):
            return first
        return [Reply(actor=actor, text=solved, status=Status.RESOLVED)]

    def _first(
        self, row: Row, case: Case, agent: AgentUpdated, actor: Actor, solved: str
    ) -> list[Command]:
        """What an agent does before solving it; nothing: solve it at once."""
        case.more = case.plan in (Plan.ESCALATE, Plan.CHANGE, Plan.SOLVE_IN_TWO)
        case.asked = case.plan is Plan.ASK
        note = "Beyond me: needs somebody senior."
        first: dict[Plan, list[Command]] = {
            Plan.ASK: [
                Reply(actor=actor, text=self._text(row, case, agent, "ask"), status=Status.PENDING)
            ],
            Plan.ESCALATE: [
                AddNote(actor=actor, text=note, mentions=("ada",)),
                Escalate(actor=actor, reason="needs more experience"),
            ],
            Plan.CHANGE: [ChangeFields(actor=actor, priority=Priority.HIGH)],
            Plan.SOLVE_IN_TWO: [Reply(actor=actor, text=solved)],
        }
        return first.get(case.plan, [])

    def _text(self, row: Row, case: Case, agent: AgentUpdated, kind: str) -> str:
        person = self.by_address.get(case.requester.lower())
        language = person.language if person else row.language or "en"
        answers = samples.answers().get(language, samples.answers()["en"])
        text = self.chance.choice(answers.ask if kind == "ask" else answers.solved)
        first = person.first if person else ""
        return Template(text).substitute(first=first, agent=reveal(agent.name)).replace(" ,", ",")


HEARS: Mapping[type[Message], Callable[[Agents, Fact], None]] = {
    TicketCreated: Agents.on_created,
    TicketAssigned: Agents.on_assigned,
    SlaBreached: Agents.on_breached,
    TicketReopened: Agents.on_reopened,
    CustomerReplied: Agents.on_customer_replied,
    StatusChanged: Agents.on_status_changed,
    TicketClosed: Agents.on_closed,
}
