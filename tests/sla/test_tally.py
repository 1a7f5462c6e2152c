"""The counts of open promises are those of a count of all tickets, whatever happened to them."""

from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.sla.app import STAGE
from services.sla.domain.tally import Standing, standing
from services.sla.domain.ticket_state import SlaState
from services.sla.handlers import SlaHandler
from shared.contracts.fields import Priority, Status
from shared.contracts.message import Message
from shared.contracts.sla import Metric
from shared.kit.entities import from_document
from tests.harness import Bench
from tests.sla.stories import (
    agent_replied,
    changed,
    closed,
    created,
    customer_replied,
    moved,
    policy_with,
    reopened,
    resolved,
    rules,
    triaged,
)

HOUR = timedelta(hours=1)
HAPPENINGS: list[Message] = [
    triaged(Priority.HIGH),
    agent_replied(),
    agent_replied(Status.PENDING),
    customer_replied(),
    moved(Status.ON_HOLD),
    resolved(),
    reopened(),
    closed(),
    changed(priority=Priority.CRITICAL),
    changed(priority=Priority.LOW),
]


def tallied(bench: Bench) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for document in bench.documents("tally").values():
        for metric, standings in document.items():
            if metric != "_id":
                counts.update({(metric, each): count for each, count in standings.items()})
    return Counter({name: count for name, count in counts.items() if count})


def counted(bench: Bench) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for document in bench.documents("tickets").values():
        state = from_document(document, SlaState).state
        assert state is not None
        clocks = {} if state.closed else state.clocks
        for metric, clock in clocks.items():
            each = standing(metric, clock)
            if each is not None:
                counts[metric.value, each.value] += 1
    return counts


async def test_each_standing_is_counted() -> None:
    bench = Bench(STAGE, SlaHandler(policy_with(first_response="4h", resolution="40h")))
    for ticket in ("new", "late", "waits", "done"):
        bench.publish(created(), ticket)
        bench.publish(triaged(), ticket)
    bench.publish(agent_replied(Status.PENDING), "waits")
    bench.publish(agent_replied(Status.RESOLVED), "done")
    bench.publish(resolved(), "done")
    await bench.advance(2 * HOUR)
    assert tallied(bench) == {
        (Metric.FIRST_RESPONSE, Standing.AT_RISK): 2,
        (Metric.RESOLUTION, Standing.RUNNING): 2,
        (Metric.RESOLUTION, Standing.PAUSED): 1,
    }
    await bench.advance(3 * HOUR)
    assert tallied(bench)[Metric.FIRST_RESPONSE, Standing.BREACHED] == 2


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(HAPPENINGS), st.integers(0, 5)),
        max_size=12,
    )
)
async def test_counts_are_those_of_all_tickets(life: list[tuple[str, Message, int]]) -> None:
    bench = Bench(STAGE, SlaHandler(rules()))
    for ticket in "abc":
        bench.publish(created(), ticket)
    for ticket, event, hours in life:
        bench.publish(event, ticket)
        await bench.advance(hours * HOUR)
    await bench.run()
    assert tallied(bench) == counted(bench)
