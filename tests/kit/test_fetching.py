"""What can wait a moment is handled with what comes next; a claim in between is noticed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from shared.contracts.message import Message
from shared.contracts.ticket import FeedbackReceived, NoteAdded, StatusChanged
from shared.contracts.topics import TICKET_EVENTS
from shared.kit import fetching
from shared.kit.fetching import LONGEST_BREATH_SECONDS, Breath, Fetching
from tests.harness import Bench
from tests.kit.counting import COUNTING, Counting

PATIENT = replace(COUNTING, patient=(NoteAdded,))


@dataclass
class Log:
    """A consumer whose polls give what was put here; an empty one lasts as long as it may."""

    polls: list[list[Any] | Callable[[], list[Any]]]
    waited: list[int] = field(default_factory=list)
    fetched_ahead: bool = True  # else the first records come while it is waited for them

    async def getmany(self, *, timeout_ms: int, max_records: int) -> dict[Any, list[Any]]:
        self.waited.append(timeout_ms)
        assert max_records
        if not self.fetched_ahead and len(self.waited) == 1:
            await asyncio.sleep(0.01)
        if not self.polls:
            await asyncio.sleep(timeout_ms / 1000)
            return {}
        poll = self.polls.pop(0)
        return {"all": poll() if callable(poll) else poll}


def record(offset: int, cls: type[Message], partition: int = 0) -> SimpleNamespace:
    return SimpleNamespace(
        topic=TICKET_EVENTS.name,
        partition=partition,
        offset=offset,
        headers=[("ce_type", cls.type_name().encode())],
    )


async def started() -> tuple[Bench, Fetching]:
    bench = Bench(PATIENT, Counting(), partitions=1)
    await bench.running[0].engine.turn({}, {})
    engine = bench.running[0].engine
    return bench, Fetching(engine, bench.clock, prefix="", wait_ms=100)


def offsets(records: tuple[Any, ...]) -> list[int]:
    return [each.offset for each in records]


async def test_what_somebody_waits_for_is_given_at_once() -> None:
    _, fetches = await started()
    log = Log([[record(0, NoteAdded), record(1, FeedbackReceived)], [record(2, NoteAdded)]])
    log.fetched_ahead = False
    assert offsets(await fetches.fetch(log)) == [0, 1]


async def test_what_was_fetched_ahead_takes_along_what_came_since() -> None:
    _, fetches = await started()
    log = Log(
        [[record(0, FeedbackReceived)], [record(1, FeedbackReceived)], [record(2, NoteAdded)]]
    )
    assert offsets(await fetches.fetch(log)) == [0, 1]
    assert log.waited == [fetching.POLL_MS, fetching.FRESH_MS]


@pytest.mark.parametrize(
    ("took", "idle", "breath"),
    [
        (0.04, 0.0, 0.04),  # always at work: half of the time from now on
        (0.04, 0.04, 0.04),
        (0.04, 0.05, 0.025),  # for 44 % of it
        (0.02, 0.04, 0.0),
        (0.02, 10.0, 0.0),
        (2.0, 0.0, LONGEST_BREATH_SECONDS),
    ],
)
def test_the_busier_a_stage_the_longer_its_breath(took: float, idle: float, breath: float) -> None:
    pauses, at = Breath(), 100.0
    for _ in range(50):
        last = pauses.after(at + idle, at + idle + took)
        at += idle + took
    assert last == pytest.approx(breath, abs=0.001)


def test_one_long_batch_does_not_make_a_stage_busy() -> None:
    pauses, at = Breath(), 100.0
    for _ in range(20):
        pauses.after(at + 0.08, at + 0.1)
        at += 0.1
    assert pauses.after(at, at + 0.5) < 0.02


async def test_what_can_wait_or_is_not_heard_waits_for_what_cannot() -> None:
    _, fetches = await started()
    polls = [[record(0, NoteAdded)], [record(1, StatusChanged)], [record(2, FeedbackReceived)]]
    log = Log([*polls, [record(3, FeedbackReceived)]])
    assert offsets(await fetches.fetch(log)) == [0, 1, 2]


async def test_it_waits_no_longer_than_it_may() -> None:
    _, fetches = await started()
    log = Log([[record(0, NoteAdded)]])
    assert offsets(await fetches.fetch(log)) == [0]
    most = fetching.PATIENCE_SECONDS * 1000
    assert 0.8 * most < sum(log.waited[1:]) <= most + 10  # a sleep may end a millisecond early


async def test_a_full_batch_does_not_wait() -> None:
    _, fetches = await started()
    full = [record(number, NoteAdded) for number in range(PATIENT.max_records)]
    log = Log([full, [record(99, NoteAdded)]])
    assert len(await fetches.fetch(log)) == PATIENT.max_records


async def test_what_was_in_hand_at_a_claim_is_left_to_the_seek() -> None:
    """Else it would be handled under a claim that begins elsewhere."""
    bench, fetches = await started()
    engine = bench.running[0].engine
    [place] = engine.epochs()

    def claimed_meanwhile() -> list[Any]:
        engine.assigned([place])
        return [record(7, FeedbackReceived)]

    log = Log([[record(6, NoteAdded)], claimed_meanwhile])
    assert offsets(await fetches.fetch(log)) == [7]
    assert fetches.under == {}


@pytest.mark.parametrize("headers", [[], [("ce_type", None)], [("ce_type", b"\xff\xfe")]])
async def test_what_tells_no_type_does_not_wait(headers: list[tuple[str, bytes | None]]) -> None:
    _, fetches = await started()
    odd = record(0, NoteAdded)
    odd.headers = headers
    log = Log([[odd], [record(1, NoteAdded)]], fetched_ahead=False)
    assert offsets(await fetches.fetch(log)) == [0]
