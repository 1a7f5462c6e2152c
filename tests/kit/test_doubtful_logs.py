"""A log that changes under a running stage: it claims anew, and is refused if it does not fit."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.contracts.ticket import FeedbackReceived
from shared.contracts.topics import TICKET_EVENTS
from tests.harness import Bench
from tests.kit.counting import COUNTING, Counting


@pytest.fixture
async def bench() -> Bench:
    """It has handled three events and the answers to them."""
    bench = Bench(COUNTING, Counting(), partitions=1)
    for _ in range(3):
        bench.publish(FeedbackReceived(score=1), "t1")
    await bench.run()
    await bench.advance(timedelta(seconds=2))
    return bench


def heard(bench: Bench) -> int:
    return int(bench.documents("counts")["t1"]["heard"])


async def test_another_topic_under_the_name_is_refused(bench: Bench) -> None:
    bench.cluster.make(TICKET_EVENTS.name)
    bench.publish(FeedbackReceived(score=1), "t1")

    await bench.advance(timedelta(seconds=1))
    await bench.run()

    assert "the topic ends at offset 1, before" in str(bench.health.readiness())
    assert heard(bench) == 3


async def test_an_idle_stage_sees_it_too(bench: Bench) -> None:
    bench.cluster.make(TICKET_EVENTS.name)

    await bench.advance(timedelta(seconds=1))
    await bench.run()

    assert "the topic ends at offset 0, before" in str(bench.health.readiness())


async def test_records_eaten_before_their_turn_are_refused(bench: Bench) -> None:
    record = bench.publish(FeedbackReceived(score=1), "t1")
    for _ in range(4):
        bench.publish(FeedbackReceived(score=1), "t1")
    log = bench.cluster.logs[record.at]
    bench.cluster.starts[record.at] = log[-2].offset
    del log[:-2]

    await bench.run()

    assert "retention deleted 3 records that were not handled" in str(bench.health.readiness())
    assert heard(bench) == 3


async def test_what_came_before_a_gap_is_handled(bench: Bench) -> None:
    """What a look at the log does not explain as a loss is passed over."""
    [running] = bench.running
    records = [bench.publish(FeedbackReceived(score=1), "t1") for _ in range(3)]
    at, last = records[0].at, records[2]
    gap = [*records[:2], replace(last, offset=last.offset + 5)]

    await running.engine.process({at: gap})
    assert heard(bench) == 5
    await bench.run()

    assert heard(bench) == 6
    assert bench.health.ready


async def test_the_end_of_a_senders_transaction_is_passed_over(bench: Bench) -> None:
    [running] = bench.running
    record = bench.publish(FeedbackReceived(score=1), "t1")

    await running.engine.process({record.at: [replace(record, offset=record.offset + 1)]})

    assert heard(bench) == 4
    assert running.engine.owned[record.at].live
