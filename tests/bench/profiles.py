"""A profile as a page: which areas of the code the CPU time goes to, and which functions."""

import pstats
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Function = tuple[str, int, str]  # file, line, name; `~` is C code
BUILT_IN = "~"
MOST = 45
SMALL = 0.005
# What a path holds, how many parts after it tell areas apart, and what stands before those.
AREAS: Sequence[tuple[str, int, str]] = (
    ("/services/", 2, "services/"),
    ("/shared/", 1, "shared/"),
    ("/site-packages/", 1, ""),
    ("/lib/python3", 2, "python3"),
)
# Their time holds that of all that they run.
PLUMBING = frozenset({"run", "_run", "run_forever", "run_until_complete", "_run_once", "main"})


def page(file: Path, title: str, tickets: int) -> str:
    stats: Any = pstats.Stats(str(file))
    return "\n".join([title, *_lines(stats.stats, tickets), ""])


def _lines(stats: Mapping[Function, Any], tickets: int) -> Iterator[str]:
    total = sum(own for _, _, own, _, _ in stats.values())
    if not total:
        yield "Nothing was profiled."
        return
    yield f"{total:.2f} s of CPU for {tickets} tickets: {total / tickets * 1000:.2f} ms each,"
    yield "about twice what it is without the profiler. Shares of it:"
    yield ""
    yield "by area, C code counted where it is called"
    for area, own in areas(stats).most_common():
        if own >= SMALL * total:
            yield f"  {own / total:6.1%}  {own / tickets * 1e6:7.0f} µs a ticket  {area}"
    yield ""
    yield "by function with all that it calls: share, own share, calls a ticket"
    yield from _table(stats, total, tickets, by_own=False)
    yield ""
    yield "by function alone: share, with what it calls, calls a ticket"
    yield from _table(stats, total, tickets, by_own=True)


def _table(
    stats: Mapping[Function, Any], total: float, tickets: int, *, by_own: bool
) -> Iterator[str]:
    rows = [
        (own, whole, calls, function)
        for function, (_, calls, own, whole, _) in stats.items()
        if function[2] not in PLUMBING
    ]
    rows.sort(key=lambda row: row[0 if by_own else 1], reverse=True)
    for own, whole, calls, function in rows[:MOST]:
        first, second = (own, whole) if by_own else (whole, own)
        shares = f"{first / total:6.1%} {second / total:6.1%} {calls / tickets:9.1f}"
        yield f"  {shares}  {_name(function)}"


def areas(stats: Mapping[Function, Any]) -> Counter[str]:
    """Own time by area."""
    found: Counter[str] = Counter()
    for function, (_, _, own, _, callers) in stats.items():
        if function[0] != BUILT_IN or not callers:
            found[area(function[0])] += own
            continue
        for caller, (_, _, share, _) in callers.items():
            found[area(caller[0])] += share
    return found


def area(file: str) -> str:
    """The layer of a service, a package, or a module of the standard library."""
    for mark, parts, name in AREAS:
        if mark in file:
            rest = file.rsplit(mark, maxsplit=1)[-1].split("/")
            return name + "/".join(rest[:parts]).removesuffix(".py")
    return "C code" if file == BUILT_IN else file


def _name(function: Function) -> str:
    file, line, name = function
    short = "/".join(file.split("/")[-3:])
    return name if file == BUILT_IN else f"{name}  {short}:{line}"
