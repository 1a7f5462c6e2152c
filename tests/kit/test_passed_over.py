"""Records that a stage skips cost it no transaction: the position goes on, and is stored later."""

from datetime import timedelta

from shared.contracts.ticket import FeedbackReceived
from shared.contracts.topics import TICKET_EVENTS
from shared.kit.records import Partition
from tests.harness import Bench
from tests.kit.counting import COUNTING, Counting

PLACE = Partition(TICKET_EVENTS.name, 0)


def skipped(bench: Bench) -> None:
    bench.publish_raw(
        TICKET_EVENTS.name,
        "t1",
        b"{}",
        {
            "ce_specversion": "1.0",
            "ce_id": "x",
            "ce_type": "somebody.elses.v1",
            "ce_source": "/elsewhere",
            "ce_subject": "t1",
            "ce_writer": "nobody",
            "ce_number": "1",
        },
    )


async def test_the_position_goes_on_and_is_stored_after_a_while() -> None:
    bench = Bench(COUNTING, Counting(), partitions=1)
    [running] = bench.running
    skipped(bench)
    await bench.run()
    checkpoint = running.engine.owned[PLACE].checkpoint
    assert checkpoint is not None
    assert checkpoint.position == 1
    assert running.engine.positions() == {PLACE: 0}
    await bench.advance(timedelta(seconds=2))
    assert running.engine.positions()[PLACE] == 1


async def test_a_timer_waits_for_nothing_that_was_skipped() -> None:
    bench = Bench(COUNTING, Counting(), partitions=1)
    bench.publish(FeedbackReceived(score=1), "t1")
    await bench.run()
    [running] = bench.running
    owned = running.engine.owned[PLACE]
    skipped(bench)
    await bench.run()
    assert owned.checkpoint is not None
    assert owned.checkpoint.position == bench.cluster.end(PLACE)


async def test_what_is_heard_after_them_stores_their_position_too() -> None:
    bench = Bench(COUNTING, Counting(), partitions=1)
    [running] = bench.running
    skipped(bench)
    await bench.run()
    bench.publish(FeedbackReceived(score=1), "t1")
    await bench.run()
    stored = running.engine.positions()[PLACE]
    assert stored >= 2
