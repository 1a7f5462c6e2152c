"""What a member has in hand while it claims does not make it skip what lies before it."""

import pytest

from shared.contracts.ticket import FeedbackReceived
from shared.kit.records import Partition
from tests.harness import Bench
from tests.kit.counting import COUNTING, Counting


@pytest.mark.parametrize("turns_between", [0, 1])
async def test_records_fetched_before_a_claim_are_fetched_again_after_it(
    turns_between: int,
) -> None:
    """A fetch arrives beside the loop: the claim may be that of a turn that knew nothing of it."""
    bench = Bench(COUNTING, Counting(), partitions=1)
    [running] = bench.running
    place = Partition(COUNTING.topics[0].name, 0)
    await running.engine.turn({}, {})
    for _ in range(6):
        bench.publish(FeedbackReceived(score=1), "t1")
    await running.engine.turn(running.broker.poll([place], 2), running.engine.epochs())
    running.broker.poll([place], 2)  # dropped by a fence: the third and the fourth
    in_hand, under = running.broker.poll([place], 2), running.engine.epochs()

    running.engine.assigned([place])
    for _ in range(turns_between):
        await running.engine.turn({}, {})
    await running.engine.turn(in_hand, under)

    assert running.engine.positions() == {place: 2}
    await bench.run()
    assert bench.documents("counts")["t1"]["heard"] == 6
