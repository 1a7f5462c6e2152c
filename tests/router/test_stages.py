"""Both stages on the real engine: forwarding to pools, deciding, timers, memory and store."""

from datetime import timedelta
from typing import Any

from services.router.app import DECIDE, FORWARD, create
from services.router.domain.routing_rules import RoutingRules
from services.router.domain.ticket import Place
from services.router.handlers import Dispatcher, Forwarder
from shared.contracts.assignment import TicketAssigned, TicketQueued, TicketUnassigned
from shared.contracts.envelope import header_text
from shared.contracts.fields import Priority, Status
from shared.contracts.message import Message
from shared.contracts.people import AgentUpdated, Availability
from shared.contracts.sla import Metric, SlaFulfilled
from shared.contracts.ticket import AgentReplied, AssignmentRequested
from shared.contracts.topics import AGENT_UPDATES, ROUTING_REQUESTS
from shared.kit.records import Publication
from shared.kit.service import ServiceContext
from shared.kit.settings import KitSettings
from shared.kit.unit import Batch, Handler, Said, Transaction
from tests.harness import Bench
from tests.router.builders import AGENT, agent, created, moved, resolved, rules, triaged

TWO_POOLS = rules(
    pools=[
        {"name": "apac", "teams": ["apac"], "when": {"channel": "chat"}},
        {"name": "default"},
    ],
    offline_grace="10m",
)


class Router:
    def __init__(self, routing: RoutingRules | None = None) -> None:
        routing = routing or rules(offline_grace="10m")
        self.dispatcher = Dispatcher(routing)
        self.bench = Bench([(FORWARD, Forwarder(routing)), (DECIDE, self.dispatcher)])

    async def online(self, *updates: AgentUpdated) -> None:
        for update in updates:
            self.bench.publish(update, subject=update.agent_id)
        await self.bench.run()

    async def ticket(self, ticket_id: str, *events: Message, **arrived: Any) -> None:
        for event in (created(**arrived), *(events or (triaged(),))):
            self.bench.publish(event, subject=ticket_id)
        await self.bench.run()

    async def hear(self, subject: str, *events: Message) -> None:
        for event in events:
            self.bench.publish(event, subject=subject)
        await self.bench.run()

    def said(self, subject: str) -> list[str]:
        return [
            type(message).__name__
            for envelope, message in self.bench.said
            if envelope.subject == subject
        ]

    def owner(self, ticket_id: str) -> str | None:
        owner: str | None = self.bench.documents("tickets")[ticket_id]["agent_id"]
        return owner

    def forwarded(self) -> list[tuple[str, str]]:
        """(pool, subject) of each record that was forwarded."""
        return [
            ((record.key or b"").decode(), header_text(record.headers)["ce_subject"])
            for record in self.bench.cluster.records(ROUTING_REQUESTS.name)
        ]


def test_the_service_is_built_from_the_shipped_rules() -> None:
    nothing: Any = None
    context = ServiceContext(KitSettings(), nothing, nothing, nothing, nothing, nothing)
    service = create(context)
    assert [stage.name for stage, _ in service.stages] == ["router-forward", "router-decide"]


async def test_from_creation_to_the_end() -> None:
    router = Router()
    await router.online(agent("ana", capacity=1))
    await router.ticket("t1")
    await router.ticket("t2")
    assert router.said("t1") == ["TicketAssigned"]
    assert router.said("t2") == ["TicketQueued"]
    await router.hear("t1", resolved())
    assert router.said("t1") == ["TicketAssigned", "TicketUnassigned"]
    assert router.said("t2") == ["TicketQueued", "TicketAssigned"]
    assert router.bench.dead_letters == []


async def test_what_is_said_of_another_ticket_has_its_own_number_and_the_cause() -> None:
    router = Router()
    await router.online(agent("ana", capacity=1))
    await router.ticket("t1")
    await router.ticket("t2")
    await router.hear("t1", resolved())
    [assigned] = [
        envelope
        for envelope, message in router.bench.said
        if envelope.subject == "t2" and isinstance(message, TicketAssigned)
    ]
    cause = header_text(router.bench.log[-1].headers)
    assert (assigned.writer, assigned.number) == ("router", 2)
    assert cause["ce_writer"] == "router"
    numbers = [e.number for e, _ in router.bench.said if e.subject == "t1"]
    assert numbers == [1, 2]


async def test_a_repeated_log_changes_nothing() -> None:
    router = Router()
    await router.online(agent("ana", capacity=1))
    await router.ticket("t1")
    await router.ticket("t2")
    said = {envelope.id for envelope, _ in router.bench.said}
    for topic in ("ticket.events", ROUTING_REQUESTS.name):
        for record in list(router.bench.cluster.records(topic)):
            again = Publication(record.topic, record.key, record.value, record.headers)
            router.bench.cluster.append(again, partition=record.partition)
    await router.bench.run()
    assert {envelope.id for envelope, _ in router.bench.said} == said
    assert len(router.bench.said) == 2 * len(said)  # our own two were repeated too, and no more
    assert [router.owner("t1"), router.owner("t2")] == ["ana", None]


async def test_a_repetition_does_not_hide_what_another_ticket_led_to() -> None:
    """A waiting ticket's old record comes again in the batch that gives the ticket away."""
    router = Router()
    await router.online(agent("ana", capacity=1))
    await router.ticket("t1")
    await router.ticket("t2")
    old = router.bench.cluster.records(ROUTING_REQUESTS.name)[-1]
    again = Publication(old.topic, old.key, old.value, old.headers)
    router.bench.cluster.append(again, partition=old.partition)
    await router.hear("t1", resolved())
    assert router.owner("t2") == "ana"
    assert router.bench.documents("tickets")["t2"]["_kit"]["said"] == {"router": 2}


async def test_pools_share_neither_tickets_nor_agents() -> None:
    router = Router(TWO_POOLS)
    await router.online(agent("ana"), agent("bo", teams=("apac",)))
    await router.ticket("mail")
    await router.ticket("chat", channel="chat")
    assert (router.owner("mail"), router.owner("chat")) == ("ana", "bo")
    assert set(router.forwarded()) == {
        ("default", "ana"),
        ("apac", "bo"),
        ("default", "mail"),
        ("apac", "chat"),
    }


async def test_an_agent_who_changes_pools_is_in_one_of_them() -> None:
    router = Router(TWO_POOLS)
    await router.online(agent("ana"))
    await router.ticket("mail")
    await router.online(agent("ana", teams=("apac",)))
    assert router.said("mail") == ["TicketAssigned", "TicketUnassigned", "TicketQueued"]
    await router.ticket("chat", channel="chat")
    assert router.owner("chat") == "ana"
    assert set(router.bench.documents("agents")) == {"apac/ana"}


async def test_who_is_gone_by_a_null_record_gives_back_at_once() -> None:
    router = Router()
    await router.online(agent("ana"))
    await router.ticket("t")
    router.bench.publish_raw(AGENT_UPDATES.name, "ana", None)
    await router.bench.run()
    [unassigned] = router.bench.said_of(TicketUnassigned)
    assert unassigned.reason == "agent_gone"
    assert router.bench.documents("agents") == {}
    assert router.bench.dead_letters == []


async def test_an_agents_record_under_another_id_is_a_dead_letter() -> None:
    router = Router()
    await router.hear("zoe", agent("ana"))
    [(reason, _)] = router.bench.dead_letters
    assert reason == "the record is about another agent than its ce_subject names"
    assert router.forwarded() == []


async def test_the_grace_period_gives_back_in_one_go() -> None:
    router = Router()
    await router.online(agent("ana", capacity=2))
    await router.ticket("t1", triaged(Priority.LOW))
    await router.ticket("t2", triaged(Priority.HIGH))
    await router.online(agent("ana", capacity=2, availability=Availability.OFFLINE))
    await router.online(agent("bo", capacity=1))
    await router.bench.advance(timedelta(minutes=9))
    assert router.owner("t1") == "ana"
    await router.bench.advance(timedelta(minutes=2))
    assert (router.owner("t1"), router.owner("t2")) == (None, "bo")
    assert router.said("t1")[-2:] == ["TicketUnassigned", "TicketQueued"]
    assert router.bench.documents("tickets")["t1"]["_kit"].get("timers") is None


async def test_coming_back_in_time_stops_the_timer() -> None:
    router = Router()
    await router.online(agent("ana"))
    await router.ticket("t")
    await router.online(agent("ana", availability=Availability.OFFLINE))
    await router.online(agent("ana"))
    await router.bench.advance(timedelta(hours=1))
    assert router.said("t") == ["TicketAssigned"]


async def test_wishes_fall_away_by_timer() -> None:
    wish = {"queue": "support", "prefer": {"wine": 1}, "relax_after": "5m"}
    router = Router(rules(otherwise=wish))
    await router.online(agent("sommelier", skills={"wine": 1}, capacity=0), agent("ana"))
    await router.ticket("t")
    assert router.owner("t") is None
    await router.bench.advance(timedelta(minutes=5))
    [assigned] = router.bench.said_of(TicketAssigned)
    assert (assigned.agent_id, assigned.waited_seconds) == ("ana", 300)


async def test_a_successor_knows_loads_and_lines() -> None:
    """Whatever was in memory is found again in the store."""
    router = Router()
    await router.online(agent("ana", capacity=2))
    for n in range(4):
        await router.ticket(f"t{n}", triaged(Priority.HIGH if n == 3 else Priority.LOW))
    router.dispatcher.forget()
    await router.hear("t0", resolved())
    assert [router.owner(f"t{n}") for n in range(4)] == [None, "ana", None, "ana"]
    router.dispatcher.forget()
    await router.ticket("t4")
    assert router.owner("t4") is None


async def test_new_rules_reach_the_tickets_that_wait() -> None:
    asks = {"queue": "support", "skills": {"magic": 5}}
    router = Router(rules(otherwise=asks))
    await router.online(agent("ana"))
    await router.ticket("t")
    [queued] = router.bench.said_of(TicketQueued)
    assert queued.missing_skill == "magic 5"
    router.dispatcher.use(rules())
    await router.hear("other", created())
    assert router.owner("t") == "ana"


async def test_replies_are_forwarded_only_where_they_move_the_status() -> None:
    router = Router()
    await router.ticket("t")
    before = len(router.forwarded())
    reply = AgentReplied(message=created().message, actor=AGENT, human=True, status=Status.NEW)
    await router.hear("t", reply)
    assert len(router.forwarded()) == before
    await router.hear("t", reply.model_copy(update={"status": Status.PENDING}))
    assert len(router.forwarded()) == before + 1
    await router.online(agent("ana"))
    assert router.owner("t") is None
    await router.hear("t", moved(Status.OPEN))
    assert router.owner("t") == "ana"


async def test_the_end_is_told_once() -> None:
    router = Router()
    await router.ticket("t")
    before = len(router.forwarded())
    met = SlaFulfilled(
        metric=Metric.RESOLUTION,
        due_at=None,
        fulfilled_at=router.bench.now,
        elapsed_seconds=1,
        calendar_seconds=1,
        late=False,
    )
    await router.hear("t", met)
    assert len(router.forwarded()) == before


async def test_events_of_a_ticket_that_nobody_saw_created_are_let_go() -> None:
    router = Router()
    await router.hear("t", triaged(), AssignmentRequested(agent_id="ana", actor=AGENT))
    assert router.forwarded() == []
    assert router.bench.dead_letters == []


async def test_a_request_for_no_pool_is_a_dead_letter() -> None:
    router = Router()
    await router.ticket("t")
    [_, forwarded] = router.bench.cluster.records(ROUTING_REQUESTS.name)
    headers = header_text(forwarded.headers) | {"ce_subject": "t9"}
    router.bench.publish_raw(ROUTING_REQUESTS.name, None, forwarded.value, headers)
    await router.bench.run()
    assert [reason for reason, _ in router.bench.dead_letters] == ["the record's key names no pool"]


class FailsOnce(Handler[Any]):
    """The batch's work is done in memory, and then its transaction is lost."""

    def __init__(self, inner: Dispatcher) -> None:
        self.inner = inner
        self.fails = 0

    def forget(self) -> None:
        self.inner.forget()

    async def handle(self, batch: Batch[Any], tx: Transaction) -> list[Said]:
        said = await self.inner.handle(batch, tx)
        if self.fails:
            self.fails -= 1
            raise RuntimeError("lost after deciding")
        return said


async def test_a_lost_batch_leaves_no_trace_in_memory() -> None:
    routing = rules()
    failing = FailsOnce(Dispatcher(routing))
    bench = Bench([(FORWARD, Forwarder(routing)), (DECIDE, failing)])
    bench.publish(agent("ana", capacity=1), subject="ana")
    await bench.run()
    failing.fails = 1
    for event in (created(), triaged()):
        bench.publish(event, subject="t1")
    await bench.run()
    bench.publish(resolved(), subject="t1")
    await bench.run()
    kinds = [type(message).__name__ for _, message in bench.said]
    assert kinds == ["TicketAssigned", "TicketUnassigned"]
    assert bench.documents("tickets")["t1"]["place"] == Place.NOWHERE


async def test_documents_stay_small() -> None:
    router = Router()
    await router.online(agent("ana"))
    await router.ticket("t")
    for _ in range(20):
        await router.hear("t", moved(Status.PENDING), moved(Status.OPEN))
    document = router.bench.documents("tickets")["t"]
    assert len(str(document)) < 2_000
