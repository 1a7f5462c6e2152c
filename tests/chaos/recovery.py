"""How long each fault held tickets up: from the log alone, afterwards."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from tests.bench.percentiles import percentile
from tests.chaos.faults import Fault


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that happened, in milliseconds of the epoch. `over_ms`: thawed, or killed."""

    fault: Fault
    began_ms: float
    over_ms: float


MOODS = {"mail": "mail server ill", "rolling": "rolling restart"}
"""By the first word of the fault's kind."""


class Waits(NamedTuple):
    """In seconds, of so many `waits`."""

    waits: int
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Recovery:
    """In seconds.

    `recovered`: after the fault was over, until all that had arrived by then was assigned and
    armed (None: some never was). `stalled`: the longest silence on the log.
    """

    fault: str
    recovered: float | None
    stalled: float


def recoveries(
    strikes: Sequence[Strike],
    tickets: Iterable[tuple[float, float | None]],
    moments: Sequence[float],
) -> list[Recovery]:
    """`tickets` are pairs of when it was due and when it was ready; `moments` the log's events."""
    known, ordered = sorted(tickets), sorted(moments)
    found = []
    for number, strike in enumerate(strikes):
        until = strikes[number + 1].began_ms if number + 1 < len(strikes) else float("inf")
        found.append(
            Recovery(
                strike.fault.name,
                _recovered(strike, known),
                longest_silence(ordered, strike.began_ms, until) / 1000,
            )
        )
    return found


def _recovered(strike: Strike, tickets: Sequence[tuple[float, float | None]]) -> float | None:
    last = strike.over_ms
    for due, ready in tickets:
        if due > strike.over_ms:
            break
        if ready is None:
            return None
        last = max(last, ready)
    return (last - strike.over_ms) / 1000


def longest_silence(moments: Sequence[float], begin: float, end: float) -> float:
    """The longest time within this span, from its begin on, in which nothing was said.

    After the last event of all there is none: then nobody had anything to say.
    """
    within = moments[bisect_left(moments, begin) : bisect_right(moments, end)]
    points = [begin, *within, *moments[bisect_right(moments, end) :][:1]]
    return max((min(b, end) - a for a, b in pairwise(points)), default=0.0)


def waits_by_mood(
    strikes: Sequence[Strike], waits: Iterable[tuple[float, float | None]]
) -> Mapping[str, Waits]:
    """How long it took until something was ready: pairs of when it was due and when it was.

    Of what came while only the mail server was ill, while services were restarted one by one, and
    while nothing was wrong.
    """
    spans: dict[str, list[tuple[float, float]]] = {mood: [] for mood in MOODS.values()}
    others: list[tuple[float, float]] = []
    for number, each in enumerate(strikes):
        mood = MOODS.get(each.fault.kind.partition("-")[0])
        if mood is not None:
            spans[mood].append((each.began_ms, each.over_ms))
        else:  # until the next fault everything may still be late
            last = number + 1 == len(strikes)
            others.append((each.began_ms, float("inf") if last else strikes[number + 1].began_ms))
    found: dict[str, list[float]] = {}
    for due, ready in waits:
        if ready is None or _within(due, others):
            continue
        moods = (mood for mood, each in spans.items() if _within(due, each))
        found.setdefault(next(moods, "nothing wrong"), []).append((ready - due) / 1000)
    return {
        mood: Waits(len(each), *(percentile(sorted(each), share) for share in (0.95, 0.99)))
        for mood, each in sorted(found.items())
    }


def _within(moment: float, spans: Sequence[tuple[float, float]]) -> bool:
    return any(begin <= moment <= end for begin, end in spans)


def by_kind(found: Sequence[Recovery]) -> Mapping[str, tuple[int, float | None, float]]:
    """How many of each, 95th percentile of the recovery, longest stall."""
    groups: dict[str, list[Recovery]] = {}
    for each in found:
        groups.setdefault(each.fault, []).append(each)
    return {name: _summary(group) for name, group in sorted(groups.items())}


def _summary(group: Sequence[Recovery]) -> tuple[int, float | None, float]:
    known = [each.recovered for each in group if each.recovered is not None]
    p95 = percentile(sorted(known), 0.95) if len(known) == len(group) else None
    return len(group), p95, max(each.stalled for each in group)
