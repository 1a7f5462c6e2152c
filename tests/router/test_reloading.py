"""Rules that change while the router runs."""

from pathlib import Path
from typing import Any

from services.router.app import DECIDE, FORWARD, create
from services.router.domain.routing_rules import RoutingRules
from services.router.handlers import Dispatcher, Forwarder
from services.router.handlers.replanning import REPLAN
from services.router.rules import FILE
from shared.contracts.assignment import TicketAssigned, TicketQueued
from shared.kit.health import Health
from shared.kit.memory import VirtualClock
from shared.kit.records import Partition
from shared.kit.reload import Reloader
from shared.kit.revisits import Revisit
from shared.kit.service import ServiceContext
from shared.kit.settings import KitSettings
from tests.harness import MONDAY_9AM, Bench
from tests.router.builders import agent, created, rules, triaged

BEFORE = "queues: [{name: support}]\notherwise: {queue: support, skills: {magic: 5}}\n"
AFTER = "queues: [{name: support}, {name: all}]\notherwise: {queue: all}\n"


def changed(**given: Any) -> RoutingRules:
    return RoutingRules(rules(**given).config, "ffffffffffff")


async def waiting_for_magic() -> tuple[Bench, Dispatcher]:
    asks = rules(otherwise={"queue": "support", "skills": {"magic": 5}})
    dispatcher = Dispatcher(asks)
    bench = Bench([(FORWARD, Forwarder(asks)), (DECIDE, dispatcher)])
    for message, subject in ((agent("ana"), "ana"), (created(), "t"), (triaged(), "t")):
        bench.publish(message, subject=subject)
    await bench.run()
    return bench, dispatcher


async def test_what_waits_is_placed_by_the_new_rules_with_the_next_event() -> None:
    bench, dispatcher = await waiting_for_magic()
    dispatcher.use(changed())
    await bench.run()
    assert bench.said_of(TicketAssigned) == []
    bench.publish(created(), subject="other")
    await bench.run()
    [assigned] = bench.said_of(TicketAssigned, "t")
    assert (assigned.agent_id, assigned.decision.rules_version) == ("ana", "ffffffffffff")


async def test_what_waits_is_placed_by_the_new_rules_without_an_event() -> None:
    bench, dispatcher = await waiting_for_magic()
    dispatcher.use(changed())
    decide = bench.running[1]
    topic, _, number = bench.documents("tickets", "router")["t"]["_kit"]["at"].rpartition("/")
    decide.engine.revisits.ask([Revisit(REPLAN, "t", Partition(topic, int(number)))])
    await bench.run()
    [assigned] = bench.said_of(TicketAssigned, "t")
    assert (assigned.agent_id, assigned.decision.rules_version) == ("ana", "ffffffffffff")


async def test_what_waits_is_told_if_it_changes_queues() -> None:
    bench, dispatcher = await waiting_for_magic()
    other = {"queue": "wizards", "skills": {"magic": 4}}
    dispatcher.use(changed(queues=[{"name": "wizards"}], otherwise=other))
    bench.publish(created(), subject="other")
    await bench.run()
    queues = [queued.queue for queued in bench.said_of(TicketQueued, "t")]
    assert queues == ["support", "wizards"]


async def test_what_does_not_change_is_not_told_again() -> None:
    bench, dispatcher = await waiting_for_magic()
    dispatcher.use(changed(otherwise={"queue": "support", "skills": {"magic": 5}}))
    bench.publish(created(), subject="other")
    await bench.run()
    assert len(bench.said_of(TicketQueued, "t")) == 1


async def test_a_changed_file_is_taken_and_a_bad_one_refused(tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_text(BEFORE)
    health, nothing = Health(), None
    service = create(
        ServiceContext(
            settings=KitSettings(config_dir=tmp_path),
            database=nothing,  # type: ignore[arg-type]
            publisher=nothing,  # type: ignore[arg-type]
            clock=VirtualClock(MONDAY_9AM),
            blobs=nothing,  # type: ignore[arg-type]
            health=health,
        )
    )
    watch, _ = service.background
    reloader: Reloader[RoutingRules] = watch.__self__  # type: ignore[attr-defined]
    (_, forwarder), (_, dispatcher) = service.stages
    assert isinstance(forwarder, Forwarder)
    assert isinstance(dispatcher, Dispatcher)
    first = dispatcher._rules
    file.write_text(AFTER.replace("queue: all", "queue: al"))
    for _ in range(2):
        await reloader.look()
    assert dispatcher._rules is first
    [(part, why)] = health.readiness()["degraded"].items()  # type: ignore[attr-defined]
    assert part == "rules routing.yaml"
    assert 'there is no queue "al"; did you mean "all"?' in why
    file.write_text(AFTER)
    for _ in range(2):
        await reloader.look()
    assert dispatcher._rules is forwarder._rules is not first
    assert health.readiness()["degraded"] == {}
