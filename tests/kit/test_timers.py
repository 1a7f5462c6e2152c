"""The look-ahead into the index of timers: complete, in order, and no oftener than needed."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.kit import timers
from shared.kit.memory import MemoryStore
from shared.kit.records import Partition
from shared.kit.timers import Timers
from tests.kit.counting import COUNTING

HERE = Partition("ticket.events", 0)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MOST = 40


class Index(MemoryStore):
    """So many timers; those that fired are gone from it."""

    def __init__(self, dues: Sequence[datetime]) -> None:
        super().__init__()
        self.waiting = {f"t{number}": due for number, due in enumerate(dues)}
        self.looks = 0

    async def due(
        self, collection: str, partitions: Collection[Partition], until: datetime, limit: int
    ) -> list[tuple[datetime, str, Partition]]:
        self.looks += 1
        assert collection == COUNTING.entities
        rows = [(due, key, at) for at in partitions for key, due in self.waiting.items()]
        return sorted(row for row in rows if row[0] <= until)[:limit]

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
