"""How long each fault held tickets up: from the log alone, afterwards."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.bench.percentiles import percentile
from tests.chaos.faults import Fault


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that happened, in milliseconds of the epoch. `over_ms`: thawed, or killed."""

    fault: Fault
    began_ms: float
    over_ms: float


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
    strikes: Sequence[Strike], tickets: Iterable[tuple[float, float | None]], share: float
) -> Mapping[str, float]:
    """How long this share of tickets took at most until they were ready, in seconds.

    Of those that came while only the mail server was ill, and of those that came when nothing was.
    """
    ill = [each for each in strikes if each.fault.kind.startswith("mail-")]
    spans = [(each.began_ms, each.over_ms) for each in ill]
    # Until the next fault everything may still be late.
    others = [
        (each.began_ms, strikes[number + 1].began_ms if number + 1 < len(strikes) else float("inf"))
        for number, each in enumerate(strikes)
        if each not in ill
    ]
    meanwhile: list[float] = []
    otherwise: list[float] = []
    for due, ready in tickets:
        if ready is None or _within(due, others):
            continue
        (meanwhile if _within(due, spans) else otherwise).append((ready - due) / 1000)
    found = {"mail server ill": meanwhile, "nothing wrong": otherwise}
    return {name: percentile(sorted(waits), share) for name, waits in found.items() if waits}


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
