"""On a real broker and database: timers fire once, never early, also when the process changes."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from pymongo import AsyncMongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from deskstream.commands.ticket_log import facts_in_log
from services.sla.app import STAGE, create
from services.sla.domain.clock_story import stories_of
from services.sla.domain.ticket_state import SlaState
from services.sla.rules import load_rules
from services.sla.store import OpenTickets
from shared.contracts.commands import SetStatus
from shared.contracts.envelope import header_text
from shared.contracts.fields import Priority
from shared.contracts.message import Message
from shared.contracts.sla import Metric, SlaBreached, SlaRetargeted, SlaWarning
from shared.kit.mongo import TIMER_INDEX, MongoStore, ensure
from shared.kit.records import Partition
from shared.kit.service import ServiceRun
from tests.integration.conftest import (  # noqa: F401 - a fixture is found by its name
    Deployment,
    deployment,
    until,
)
from tests.sla.stories import created, resolved, triaged

TICKETS = 60
QUICK = """\
schedules:
  always: {time_zone: UTC, hours: 24/7}
defaults:
  warnings: [50%]
  closing: {close_resolved_after: 1s}
policies:
  - name: quick
    schedule: always
    targets: {first_response: 2s, resolution: 1h}
"""


async def test_successor_takes_over_the_timers(deployment: Deployment, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    (tmp_path / "sla.yaml").write_text(QUICK)
    async with deployment.running("sla", create, config_dir=tmp_path):
        await _publish(deployment, created(), triaged(Priority.HIGH))
        await until(lambda: _kept(deployment))
    async with deployment.running("sla", create, config_dir=tmp_path):
        await until(lambda: _count(deployment, SlaBreached))
        await _publish(deployment, resolved())
        await until(lambda: _count(deployment, SetStatus))

    await _check_breaches(deployment)
    assert await _count(deployment, SlaWarning)
    assert await deployment.read("dead.letters") == []
    await _check_documents(deployment)


async def test_changed_policies_reach_open_tickets(deployment: Deployment, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "sla.yaml"
    file.write_text(QUICK.replace("2s", "1h"))
    tickets = OpenTickets(deployment.database("sla"))
    async with deployment.running("sla", create, config_dir=tmp_path) as service:
        await _publish(deployment, created(), triaged(Priority.HIGH))
        await until(lambda: _kept(deployment))
        file.write_text("policies: soon")
        await until(lambda: _is_degraded(service))
        file.write_text(QUICK.replace("2s", "30m"))
        await until(lambda: _count(deployment, SlaRetargeted))

        version = load_rules(file).version
        assert await tickets.count(version) == 0
        log = await facts_in_log(deployment.settings, "t7", None)
    [story, *_] = stories_of(log)
    assert (story.target_seconds, len(story.retargets)) == (1800, 1)
    assert story.policy_version == version


async def _is_degraded(service: ServiceRun) -> bool:
    return bool(service.health.readiness()["degraded"])


async def test_open_tickets_are_found_by_the_index_of_timers(deployment: Deployment) -> None:  # noqa: F811
    database = deployment.database("sla")
    await ensure(database, [STAGE], {})
    where = OpenTickets(database)._behind("v2", [Partition("ticket.events", 0)])
    plan = await database["tickets"].find(where).hint(TIMER_INDEX).explain()
    _check_plan(plan)


async def test_due_timers_are_found_by_their_index_in_order(deployment: Deployment) -> None:  # noqa: F811
    """Without the hint the planner may choose otherwise, at a cost of minutes."""
    database = deployment.database("sla")
    await ensure(database, [STAGE], {})
    monitor = Finds()
    async with AsyncMongoClient[Any](
        deployment.settings.mongo_url, event_listeners=[monitor]
    ) as client:
        store = MongoStore(client, client[database.name], "sla")
        partitions = [Partition("ticket.events", number) for number in range(3)]
        await store.due("tickets", partitions, datetime.now(UTC), 100)
        await store.close()
    [find] = monitor.commands
    assert find["hint"] == dict(TIMER_INDEX)
    _check_plan(await database.command("explain", find, verbosity="queryPlanner"))


class Finds(CommandListener):
    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "find":
            names = ("find", "filter", "projection", "sort", "limit", "hint")
            self.commands.append({n: event.command[n] for n in names if n in event.command})

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


def _check_plan(plan: dict[str, Any]) -> None:
    stages = str(plan["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in stages
    assert "COLLSCAN" not in stages
    assert "'SORT'" not in stages  # SORT_MERGE of the partitions' sorted entries is fine


async def _publish(deployment: Deployment, *messages: Message) -> None:  # noqa: F811 - the fixture's type
    tickets = [f"t{n}" for n in range(TICKETS)]
    publications = [deployment.publication(m, ticket) for ticket in tickets for m in messages]
    await deployment.publisher.publish(publications)


async def _kept(deployment: Deployment) -> bool:  # noqa: F811
    tickets = deployment.database("sla")["tickets"]
    return bool(await tickets.count_documents({"promised": True}) == TICKETS)


async def _count(deployment: Deployment, kind: type[Message]) -> bool:  # noqa: F811
    """One for each ticket; a successor may repeat the last batch, word for word."""
    said = await deployment.of_type(kind.topic, kind)
    subjects = Counter(header_text(record.headers)["ce_subject"] for record in said)
    ids = {header_text(record.headers)["ce_id"] for record in said}
    return len(subjects) == len(ids) == TICKETS


async def _check_breaches(deployment: Deployment) -> None:  # noqa: F811
    for record in await deployment.of_type(SlaBreached.topic, SlaBreached):
        breach = SlaBreached.model_validate(orjson.loads(record.value or b""))
        assert breach.metric is Metric.FIRST_RESPONSE
        assert record.timestamp_ms >= breach.breached_at.timestamp() * 1000  # never early


async def _check_documents(deployment: Deployment) -> None:  # noqa: F811
    """What MongoDB gives back is the state that was put there."""
    document = await deployment.database("sla")["tickets"].find_one({"_id": "t0"})
    state = SlaState.model_validate({k: v for k, v in document.items() if k[0] != "_"})
    assert state.clocks[Metric.FIRST_RESPONSE].breached_at is not None
    assert state.closing is None
