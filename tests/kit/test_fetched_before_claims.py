"""What a member has in hand while it claims does not make it skip what lies before it."""

from shared.contracts.ticket import FeedbackReceived
from shared.kit.records import Partition
from tests.harness import Bench
from tests.kit.counting import COUNTING, Counting


async def test_records_fetched_before_a_claim_are_fetched_again_after_it() -> None:
    bench = Bench(COUNTING, Counting(), partitions=1)
    [running] = bench.running
    place = Partition(COUNTING.topics[0].name, 0)
    await running.engine.turn({})
    for _ in range(6):
        bench.publish(FeedbackReceived(score=1), "t1")
    await running.engine.turn(running.broker.poll([place], 2))
    running.broker.poll([place], 2)  # dropped by a fence: the third and the fourth
    in_hand = running.broker.poll([place], 2)

    running.engine.assigned([place])
    await running.engine.turn(in_hand)

    assert running.engine.positions() == {place: 2}
    await bench.run()
    assert bench.documents("counts")["t1"]["heard"] == 6
