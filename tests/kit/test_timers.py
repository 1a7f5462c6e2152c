"""The look-ahead into the index of timers: complete, in order, and no oftener than needed."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.kit import timers
from shared.kit.memory import MemoryStore
from shared.kit.ports import LONG_AGO
from shared.kit.records import Partition
from shared.kit.timers import Timers
from shared.kit.unit import Entity
from tests.kit.counting import COUNTING

HERE = Partition("ticket.events", 0)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MOST = 40


class Index(MemoryStore):
    """So many timers; those that fired are gone from it."""

    def __init__(self, dues: Sequence[datetime]) -> None:
        super().__init__()
        self.waiting = {f"t{number}": due for number, due in enumerate(dues)}
        self.looks = self.rows = 0

    async def due(
        self,
        collection: str,
        partitions: Collection[Partition],
        until: datetime,
        limit: int,
        since: datetime = LONG_AGO,
    ) -> list[tuple[datetime, str, Partition]]:
        self.looks += 1
        assert collection == COUNTING.entities
        rows = [(due, key, at) for at in partitions for key, due in self.waiting.items()]
        found = sorted(row for row in rows if since < row[0] <= until)[:limit]
        self.rows += len(found)
        return found

    async def fired(self, look: Timers, now: datetime) -> list[datetime]:
        """What one batch takes."""
        await look.prefetch([HERE], now)
        taken = look.ripe(now, {HERE: now}, COUNTING.max_records)
        return [self.waiting.pop(key) for key, _ in taken]


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "MOST", MOST)


async def test_what_is_overdue_is_taken_in_order_with_few_looks() -> None:
    dues = [NOON - timedelta(seconds=number) for number in range(4 * MOST)]
    index = Index(dues)
    look = Timers(COUNTING, index)

    taken: list[datetime] = []
    while index.waiting:
        taken += await index.fired(look, NOON)

    assert taken == sorted(dues)
    batches = len(dues) // COUNTING.max_records
    assert index.looks < batches / 2


async def test_what_lies_beyond_a_full_look_is_there_when_it_comes_due() -> None:
    step = timedelta(milliseconds=10)
    index = Index([NOON + step * number for number in range(3 * MOST)])
    look = Timers(COUNTING, index)

    now = NOON
    while index.waiting:
        fired = await index.fired(look, now)
        assert fired == [now]
        now += step


async def test_what_is_not_safe_yet_does_not_lead_to_look_after_look() -> None:
    index = Index([NOON] * 3 * MOST)
    look = Timers(COUNTING, index)

    for _ in range(10):
        await look.prefetch([HERE], NOON)
        assert look.ripe(NOON, {HERE: None}, COUNTING.max_records) == []

    assert index.looks == 1


async def test_a_look_finds_what_came_into_sight_since_the_one_before() -> None:
    step = timedelta(milliseconds=100)
    index = Index([NOON + step * number for number in range(3 * MOST)])
    look = Timers(COUNTING, index)

    now = NOON
    while index.waiting:
        assert await index.fired(look, now) == [now]
        now += step

    whole_looks = 1 + (now - NOON) // timers.WHOLE_EVERY
    in_sight = timers.LOOKAHEAD // step + 1
    assert index.rows <= 3 * MOST + whole_looks * in_sight


async def test_more_that_come_are_looked_for_in_smaller_lumps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timers, "MOST", 5_000)
    step = timedelta(milliseconds=2)
    index = Index([NOON + timedelta(seconds=3) + step * number for number in range(2_000)])
    look = Timers(COUNTING, index)

    lumps, now = [], NOON
    while now < NOON + timedelta(seconds=5):
        before = index.rows
        await look.prefetch([HERE], now)
        lumps.append(index.rows - before)
        now += timedelta(milliseconds=10)

    assert max(lumps[len(lumps) // 2 :]) <= 2 * timers.LUMP


@pytest.mark.parametrize("microseconds", [0, 1, 499, 999])
async def test_a_timer_at_the_edge_of_a_look_is_not_lost(microseconds: int) -> None:
    """The store forgets what is finer than milliseconds, memory does not."""
    look = Timers(COUNTING, index := Index([]))
    await look.prefetch([HERE], NOON)
    due = NOON + timers.LOOKAHEAD + timedelta(microseconds=microseconds)
    index.waiting["t"] = due.replace(microsecond=due.microsecond // 1_000 * 1_000)
    look.committed([Entity("t", HERE, timers={"ring": due})], NOON)

    now = NOON + timers.REFRESH
    await look.prefetch([HERE], now)
    assert look.ripe(due, {HERE: due}, 1) == [("t", HERE)]


async def test_in_doubt_all_is_looked_for_again() -> None:
    look = Timers(COUNTING, index := Index([NOON, NOON + timedelta(seconds=1)]))
    await look.prefetch([HERE], NOON)
    assert look.ripe(NOON, {HERE: NOON}, 1) == [("t0", HERE)]
    look.doubt()  # that batch did not commit
    await look.prefetch([HERE], NOON)
    assert look.ripe(NOON, {HERE: NOON}, 1) == [("t0", HERE)]
    assert index.looks == 2


async def test_a_partition_that_is_new_is_looked_through_from_its_beginning() -> None:
    look = Timers(COUNTING, index := Index([NOON]))
    await look.prefetch([], NOON)
    await look.prefetch([HERE], NOON + timers.REFRESH)
    assert index.looks == 2
    assert look.ripe(NOON, {HERE: NOON}, 1) == [("t0", HERE)]
