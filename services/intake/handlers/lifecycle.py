"""Commands in, events out: the one writer of every ticket."""

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import replace

import nh3
from prometheus_client import Counter

from services.intake.domain.canned_form import CannedReplies
from services.intake.domain.lifecycle import decide
from services.intake.domain.ticket import (
    Decided,
    Facts,
    Policy,
    TicketState,
    message_key,
    number_text,
)
from services.intake.store.door import answer
from services.intake.store.lifecycle import LifecycleStore, NumberSource
from shared.contracts.commands import (
    Command,
    ImportTicket,
    Link,
    Merge,
    RecordMessage,
    Reply,
    Split,
)
from shared.contracts.ticket import CommandRejected, TicketCreated, TicketImported
from shared.kit.unit import Batch, Handler, Heard, Outgoing, Said, Transaction

WRITER = "intake"
OPENING = (RecordMessage, ImportTicket)

CREATED = Counter("deskstream_intake_tickets_created_total", "Tickets opened.", ["channel"])
REJECTED = Counter(
    "deskstream_intake_commands_rejected_total", "Commands that did not fit.", ["command"]
)
STALE = Counter(
    "deskstream_intake_stale_timers_total", "Timers' commands that events had overtaken."
)


class Lifecycle(Handler[TicketState]):
    def __init__(self, numbers: NumberSource, policy: Policy) -> None:
        self._numbers = numbers
        self._policy = policy

    def use_canned(self, canned: CannedReplies) -> None:
        """From the next batch on."""
        self._policy = replace(self._policy, canned=canned)

    async def handle(self, batch: Batch[TicketState], tx: Transaction) -> Sequence[Outgoing]:
        """One decision after the other; each sees what those before it changed."""
        turn = _Turn(batch, tx, self._policy)
        await turn.load(self._numbers)
        for heard in batch.inputs:
            turn.hear(heard)
        return turn.outgoing


class _Turn:
    """One batch on its way."""

    def __init__(self, batch: Batch[TicketState], tx: Transaction, policy: Policy) -> None:
        self._batch = batch
        self._tx = tx
        self._store = LifecycleStore(tx)
        self._policy = policy
        self._others: dict[str, TicketState] = {}
        self._numbers: dict[str, str] = {}
        self._said: Tally[str] = Tally()
        self.outgoing: list[Outgoing] = []

    async def load(self, numbers: NumberSource) -> None:
        await self._store.load_messages(set(_split_keys(self._batch.inputs)))
        named = set(_others_named(self._batch.inputs))
        self._others = await self._store.tickets(named) if named else {}
        opening = list(dict.fromkeys(self._may_open()))
        if opening:
            taken = await numbers.take(len(opening))
            self._numbers = dict(zip(opening, map(number_text, taken), strict=True))

    def _may_open(self) -> Iterable[str]:
        for heard in self._batch.inputs:
            if isinstance(heard.data, OPENING) and self._batch.entity(heard).state is None:
                yield heard.subject

    def hear(self, heard: Heard) -> None:
        command = heard.data
        if not isinstance(command, Command):
            raise TypeError(f"lifecycle hears commands, not {type(command).__name__}")
        entity = self._batch.entity(heard)
        decided = decide(_safe(command), entity.state, self._facts(heard, command))
        entity.state = decided.ticket
        self._record(heard, decided)
        self._say(heard, decided)

    def _facts(self, heard: Heard, command: Command) -> Facts:
        ticket_id = heard.subject
        entity = self._batch.entity(heard)
        wanted = message_key(ticket_id, command.message_id) if isinstance(command, Split) else None
        return Facts(
            ticket_id=ticket_id,
            command_id=heard.envelope.id,
            at=heard.time,
            said=entity.said.get(WRITER, 0) + self._said[ticket_id],
            policy=self._policy,
            number=self._numbers.get(ticket_id),
            others=self._known(command),
            message=self._store.message(wanted) if wanted is not None else None,
        )

    def _known(self, command: Command) -> dict[str, TicketState]:
        """The named ticket as this batch has made it, or as the snapshot shows it."""
        known: dict[str, TicketState] = {}
        for other in _named_by(command):
            entity = self._batch.entities.get(other)
            state = entity.state if entity is not None else self._others.get(other)
            if state is not None:
                known[other] = state
        return known

    def _record(self, heard: Heard, decided: Decided) -> None:
        for message in decided.keeps:
            self._store.keep(message)
        for event in decided.says:
            if isinstance(event, TicketCreated | TicketImported):
                self._store.give_number(event.number, heard.subject)
        said = [type(event).__name__ for event in decided.says]
        answer(self._tx, heard, ticket_id=heard.subject, reason=_refusal(decided), said=said)

    def _say(self, heard: Heard, decided: Decided) -> None:
        self._said[heard.subject] += len(decided.says)
        self.outgoing.extend(Said(event, heard) for event in decided.says)
        self.outgoing.extend(
            Said(command, heard, subject=ticket_id) for ticket_id, command in decided.sends
        )
        _count(decided)


def _safe(command: Command) -> Command:
    """Agents paste from anywhere, and what they send is shown to others."""
    if not isinstance(command, Reply) or not isinstance(command.html, str):
        return command
    return command.model_copy(update={"html": nh3.clean(command.html)})


def _named_by(command: object) -> Iterable[str]:
    if isinstance(command, Merge):
        yield command.into
    elif isinstance(command, Link):
        yield command.other


def _others_named(inputs: Iterable[Heard]) -> Iterable[str]:
    for heard in inputs:
        yield from _named_by(heard.data)


def _split_keys(inputs: Iterable[Heard]) -> Iterable[str]:
    for heard in inputs:
        if isinstance(heard.data, Split):
            yield message_key(heard.subject, heard.data.message_id)


def _refusal(decided: Decided) -> str | None:
    reasons = [event.reason for event in decided.says if isinstance(event, CommandRejected)]
    return reasons[0] if reasons else None


def _count(decided: Decided) -> None:
    if decided.stale:
        STALE.inc()
    for event in decided.says:
        if isinstance(event, TicketCreated):
            CREATED.labels(event.channel).inc()
        elif isinstance(event, CommandRejected):
            REJECTED.labels(event.command).inc()
