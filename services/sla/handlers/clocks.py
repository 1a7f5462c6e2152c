"""A ticket's events and timers into the next state of its clocks, and what is said of them."""

from collections import Counter as Counts
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from prometheus_client import Counter, Histogram

from services.sla.domain.falling_due import wanted_timers
from services.sla.domain.hearing import Timer, Utterance
from services.sla.domain.policy import Rules
from services.sla.domain.tally import differences
from services.sla.domain.ticket_clocks import Decided, arrive, come_due, hear, retarget
from services.sla.domain.ticket_state import SlaState
from services.sla.store import TALLY
from shared.contracts.envelope import SOURCE_PREFIX, Envelope, deterministic_id
from shared.contracts.message import Message, lateness
from shared.contracts.sla import SlaBreached, SlaFulfilled, SlaWarning
from shared.contracts.ticket import TicketCreated
from shared.kit.records import Partition
from shared.kit.unit import Batch, Due, Entity, Handler, Heard, Said, Transaction

RETARGET = "retarget"
"""The name of a revisit after the policies were changed."""

WARNINGS = Counter("deskstream_sla_warnings_total", "Warnings given", ["metric"])
BREACHES = Counter("deskstream_sla_breaches_total", "Targets that passed", ["metric"])
FULFILLED = Counter("deskstream_sla_fulfilled_total", "Targets that were met", ["metric", "late"])
LATENESS = Histogram(
    "deskstream_sla_lateness_seconds",
    "From a deadline to its breach being handled",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3_600),
)


class SlaHandler(Handler[SlaState]):
    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def use(self, rules: Rules) -> None:
        """From the next batch on, promise by these policies."""
        self._rules = rules

    @property
    def rules_version(self) -> str:
        return self._rules.version

    @property
    def feeds(self) -> Sequence[str]:
        """The iCal files that are in use."""
        return self._rules.feeds

    async def handle(self, batch: Batch[SlaState], tx: Transaction) -> Sequence[Said]:
        rules, said = self._rules, list[Said]()
        tallies: defaultdict[Partition, Counts[str]] = defaultdict(Counts)
        for heard in batch.inputs:
            entity = batch.entity(heard)
            decided = _decide(heard, entity, rules, batch.now)
            if decided is None:
                continue
            said.extend(_said(utterance, heard, entity) for utterance in decided.said)
            for standing, by in differences(entity.state, decided.state):
                tallies[entity.at][standing] += by
            entity.state = decided.state
            _keep_timers(entity)
        for partition, tally in tallies.items():
            tx.add(TALLY, str(partition), tally)
        return said

    def noted(self, said: Sequence[Message], at: datetime) -> None:
        for counter, messages in _counters(said).items():
            counter.inc(messages)
        for message in said:
            if isinstance(message, SlaBreached):
                LATENESS.observe(lateness(message.breached_at, at))


def _decide(heard: Heard, entity: Entity[SlaState], rules: Rules, now: datetime) -> Decided | None:
    """None for a ticket whose creation was never heard: nothing can be promised for it."""
    state, event = entity.state, heard.data
    if state is None:
        return arrive(event, heard.time, rules) if isinstance(event, TicketCreated) else None
    if isinstance(event, Due):
        if event.name == RETARGET:
            return retarget(state, heard.time, rules, now)
        seen = entity.applied.get(TicketCreated.writer, 0)
        return come_due(state, heard.time, rules, now, seen=seen)
    if isinstance(event, Message) and not isinstance(event, TicketCreated):
        return hear(state, event, heard.time, rules, now)
    return None


def _said(utterance: Utterance, heard: Heard, entity: Entity[SlaState]) -> Said:
    """What came due is said in the name of its timer, also if an event was handled before it."""
    if utterance.timer is None:
        return Said(utterance.message, heard)
    return Said(utterance.message, _timer_cause(utterance.timer, entity))


def _timer_cause(timer: Timer, entity: Entity[SlaState]) -> Heard:
    """The same whether the timer fired or an event made good for it; so are then the ids."""
    name, due_at = timer
    envelope = Envelope(
        id=deterministic_id("timer", entity.subject, name, due_at.isoformat()),
        type=f"timer {name}",
        source=f"{SOURCE_PREFIX}sla",
        time=due_at,
        subject=entity.subject,
    )
    return Heard(envelope, Due(name, due_at), entity.at)


def _keep_timers(entity: Entity[SlaState]) -> None:
    wanted = {} if entity.state is None else wanted_timers(entity.state)
    for name in [name for name in entity.timers if name not in wanted]:
        entity.cancel_timer(name)
    for name, due_at in wanted.items():
        entity.set_timer(name, due_at)


def _counters(said: Sequence[Message]) -> Counts[Counter]:
    """Looked up once for each kind, as many may come due at one instant."""
    kinds = Counts(kind for message in said if (kind := _kind(message)) is not None)
    counters: Counts[Counter] = Counts()
    for (counter, labels), count in kinds.items():
        counters[counter.labels(*labels)] += count
    return counters


def _kind(message: Message) -> tuple[Counter, tuple[str, ...]] | None:
    if isinstance(message, SlaBreached):
        return BREACHES, (message.metric,)
    if isinstance(message, SlaWarning):
        return WARNINGS, (message.metric,)
    if isinstance(message, SlaFulfilled):
        return FULFILLED, (message.metric, str(message.late).lower())
    return None
