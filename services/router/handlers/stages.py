"""Two stages: what concerns a pool is forwarded to it, and the pool decides."""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import Counter, Gauge
from pydantic import BaseModel

from services.router.domain.agent_events import on_agent_removed, on_agent_updated, tickets_of
from services.router.domain.facts import arrival_facts, new_ticket
from services.router.domain.pool import Pool
from services.router.domain.routing_config import Trigger
from services.router.domain.routing_rules import RoutingRules
from services.router.domain.ticket import RoutedTicket
from services.router.domain.ticket_events import HEARS, status_after
from services.router.domain.timers import GRACE, on_due, timers_of
from services.router.store import load_pool, record_agents
from shared.contracts.assignment import TicketEscalated, TicketQueued
from shared.contracts.fields import Status
from shared.contracts.message import Message
from shared.contracts.people import AgentRemoved, AgentUpdated
from shared.contracts.sla import Metric, SlaFulfilled
from shared.contracts.ticket import AgentReplied, CustomerReplied, TicketCreated
from shared.contracts.topics import ROUTING_REQUESTS
from shared.kit.records import Partition
from shared.kit.unit import Batch, Due, Entity, Forwarded, Handler, Heard, Said, Transaction

DECISIONS = Counter(
    "deskstream_router_decisions_total", "What pools said, by type of event.", ["pool", "event"]
)
MISSING = Counter(
    "deskstream_router_missing_skill_total",
    "Tickets queued for something that no agent of the pool has at all.",
    ["pool", "missing"],
)
NEVER_ASSIGNED = Counter(
    "deskstream_router_never_assigned_total",
    "Alarms that nobody has had a ticket for too long, by the queue that it waits in.",
    ["queue"],
)
WAITING = Gauge("deskstream_router_waiting_tickets", "Tickets that wait in a pool.", ["pool"])


class Forwarding(BaseModel):
    """Where a ticket's (or agent's) events go, for good (or until his teams change)."""

    pool: str
    status: Status | None = None


class Forwarder(Handler[Forwarding]):
    def __init__(self, rules: RoutingRules) -> None:
        self._rules = rules

    def use(self, rules: RoutingRules) -> None:
        """From the next batch on."""
        self._rules = rules

    async def handle(self, batch: Batch[Forwarding], tx: Transaction) -> list[Forwarded]:
        rules = self._rules
        return [
            Forwarded(heard, ROUTING_REQUESTS, pool)
            for heard in batch.inputs
            for pool in self._pools(rules, batch.entity(heard), heard, tx)
        ]

    def _pools(
        self, rules: RoutingRules, entity: Entity[Forwarding], heard: Heard, tx: Transaction
    ) -> Iterator[str]:
        match heard.data:
            case AgentUpdated():
                yield from self._of_agent(rules, entity, heard, heard.data, tx)
            case TicketCreated():
                pool = rules.pool_of_ticket(arrival_facts(heard.data))
                entity.state = Forwarding(pool=pool, status=Status.NEW)
                yield pool
            case Message() if entity.state is not None and _matters(entity.state, heard.data):
                yield entity.state.pool

    @staticmethod
    def _of_agent(
        rules: RoutingRules,
        entity: Entity[Forwarding],
        heard: Heard,
        updated: AgentUpdated,
        tx: Transaction,
    ) -> Iterator[str]:
        """The pool that he leaves hears of it too, and first."""
        if heard.subject != updated.agent_id:
            tx.reject(heard, "the record is about another agent than its ce_subject names")
            return
        pool = rules.pool_of_agent(updated.teams)
        if entity.state is not None and entity.state.pool != pool:
            yield entity.state.pool
        entity.state = Forwarding(pool=pool)
        yield pool


def _matters(known: Forwarding, data: Message) -> bool:
    """Replies are large: they go on only where they move the status."""
    before = known.status
    known.status = status_after(data, before)
    match data:
        case CustomerReplied() | AgentReplied():
            return known.status != before
        case SlaFulfilled():
            return data.metric is not Metric.RESOLUTION  # it is told by TicketResolved
        case _:
            return True


class Dispatcher(Handler[RoutedTicket]):
    """Keeps the pools of its partitions in memory; the store holds the same after each batch."""

    def __init__(self, rules: RoutingRules) -> None:
        self._rules = rules
        self._pools: dict[str, Pool] = {}
        self._generation = 0

    def use(self, rules: RoutingRules) -> None:
        """From the next batch on; each pool is loaded anew with them."""
        self._rules = rules

    @property
    def rules_version(self) -> str:
        return self._rules.version

    def forget(self) -> None:
        self._pools = {}
        self._generation += 1
        WAITING.clear()

    async def handle(self, batch: Batch[RoutedTicket], tx: Transaction) -> list[Said]:
        rules, generation = self._rules, self._generation
        pools = {name: pool for name, pool in self._pools.items() if pool.rules is rules}
        used: dict[str, Partition] = {}
        said: list[Said] = []
        for heard in batch.inputs:
            name = _pool_name(batch, heard)
            if name is None:
                tx.reject(heard, "the record's key names no pool")
                continue
            if name not in used:
                if name not in pools:
                    pools[name] = await load_pool(tx, name, rules)
                    pools[name].replan(heard.time)
                _lay_out(pools[name], batch.entities.values())
                used[name] = heard.at
            pool = pools[name]
            await _bring(pool, batch, heard)
            said.extend(_hear(pool, heard))
        for name, at in used.items():
            await _record(pools[name], at, batch, tx)
        if generation == self._generation:  # else partitions changed hands meanwhile
            self._pools = pools
        tx.after_commit(lambda: _count(said, [pools[name] for name in used]))
        return said


def _pool_name(batch: Batch[RoutedTicket], heard: Heard) -> str | None:
    if heard.record is not None and heard.record.key is not None:
        return heard.record.key.decode()
    state = batch.entity(heard).state
    return state.pool if state is not None else None


def _lay_out(pool: Pool, entities: Iterable[Entity[RoutedTicket]]) -> None:
    for entity in entities:
        if entity.state is not None and entity.state.pool == pool.name:
            pool.at_hand.setdefault(entity.subject, entity.state)


async def _bring(pool: Pool, batch: Batch[RoutedTicket], heard: Heard) -> None:
    """What happens to an agent happens to the tickets that he owns."""
    agent_id = _agent_concerned(pool, heard)
    absent = {owned for owned in tickets_of(pool, agent_id) if pool.ticket(owned) is None}
    if absent:
        await batch.load(absent, heard.at)
        _lay_out(pool, [batch.entities[ticket_id] for ticket_id in absent])


def _agent_concerned(pool: Pool, heard: Heard) -> str | None:
    match heard.data:
        case AgentUpdated() | AgentRemoved():
            return heard.data.agent_id
        case Due() if heard.data.name == GRACE:
            ticket = pool.ticket(heard.subject)
            return ticket.agent_id if ticket is not None else None
        case _:
            return None


def _hear(pool: Pool, heard: Heard) -> Iterator[Said]:
    ticket = pool.ticket(heard.subject)
    match heard.data:
        case AgentUpdated():
            on_agent_updated(pool, heard.data, heard.time)
        case AgentRemoved():
            on_agent_removed(pool, heard.data.agent_id, heard.time)
        case TicketCreated() if ticket is None:
            new_ticket(pool, heard.subject, heard.data, heard.time)
        case Due() if ticket is not None:
            on_due(pool, ticket, heard.data.name, heard.data.due_at)
        case Message() if ticket is not None and type(heard.data) in HEARS:
            HEARS[type(heard.data)](pool, ticket, heard.data, heard.time)
    pool.drain(heard.time)
    for ticket_id, message in pool.tells.take():
        yield Said(message, heard, subject=ticket_id)


async def _record(pool: Pool, at: Partition, batch: Batch[RoutedTicket], tx: Transaction) -> None:
    await batch.load(pool.touched.keys(), at)
    for ticket_id, ticket in pool.touched.items():
        entity = batch.entities[ticket_id]
        entity.state = ticket
        for name, due_at in timers_of(ticket).items():
            if due_at is None:
                entity.cancel_timer(name)
            else:
                entity.set_timer(name, due_at)
    record_agents(tx, pool)
    pool.settle()


def _count(said: Sequence[Said], pools: Sequence[Pool]) -> None:
    for item in said:
        if isinstance(item.data, TicketQueued) and item.data.missing_skill is not None:
            MISSING.labels(item.data.pool, item.data.missing_skill).inc()
        if isinstance(item.data, TicketEscalated) and item.data.trigger == Trigger.UNASSIGNED:
            NEVER_ASSIGNED.labels(item.data.queue).inc()
        DECISIONS.labels(getattr(item.data, "pool", "all"), type(item.data).__name__).inc()
    for pool in pools:
        WAITING.labels(pool.name).set(len(pool.waiting))
