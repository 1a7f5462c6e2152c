"""Many schedules on all cores, or one again: see `python -m tests.simulation --help`."""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from tests.simulation.pipeline.planted import PLANTED as PLANTED_IN_WHOLE
from tests.simulation.planted import PLANTED, Planted
from tests.simulation.running import SETTINGS, first_violation, run_schedule
from tests.simulation.shrinking import Shrinking

CHUNK = {"small": 100, "whole": 4}
PROGRESS_SECONDS = 10.0
BUGS = {planted.name: planted for planted in (*PLANTED, *PLANTED_IN_WHOLE)}


class Tried(NamedTuple):
    seed: int
    steps: int
    faults: Counter[str]
    violations: tuple[str, ...]
    repeated_mails: int
    seconds: float


def main() -> int:
    options = _options()
    _quiet()
    if options.planted:
        found = _planted(options.workers)
        return _report(
            options.report, {"planted": found}, failed=not all(b["found"] for b in found)
        )
    if options.replay is not None:
        return _replay(options.world or "small", options.replay, options.bug)
    wanted = {"small": options.schedules, "whole": options.whole}
    if options.world is not None:
        wanted = {options.world: options.schedules}
    told = [
        _many(name, range(options.seed, options.seed + count), options.workers)
        for name, count in wanted.items()
        if count
    ]
    return _report(options.report, {"worlds": told}, failed=any(w["violations"] for w in told))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=2_000, help="of the small world")
    parser.add_argument("--whole", type=int, default=100, help="of the whole pipeline")
    parser.add_argument("--world", choices=SETTINGS, help="only this one, so many --schedules")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--replay", type=int, metavar="SEED", help="one schedule again, shrunk")
    parser.add_argument(
        "--with", dest="bug", choices=BUGS, metavar="BUG", help="replay with this bug planted"
    )
    parser.add_argument("--planted", action="store_true", help="find every planted bug")
    parser.add_argument("--report", type=Path, default=Path("build/simulation.json"))
    return parser.parse_args()


# --- many ------------------------------------------------------------------------------------


def _many(world: str, seeds: range, workers: int) -> dict[str, Any]:
    started = shown = time.monotonic()
    faults: Counter[str] = Counter()
    failed: list[Tried] = []
    steps = mails = 0
    cpu = 0.0
    for done, tried in enumerate(_tried(world, seeds, workers), 1):
        steps, mails, cpu = steps + tried.steps, mails + tried.repeated_mails, cpu + tried.seconds
        faults.update(tried.faults)
        if tried.violations:
            failed.append(tried)
            print(f"{world} {tried.seed}: {'; '.join(tried.violations[:3])}", flush=True)
        now = time.monotonic()
        if now - shown > PROGRESS_SECONDS or done == len(seeds):
            shown = now
            rate = 60 * done / (now - started)
            print(
                f"{world}: {done} of {len(seeds)} schedules, {len(failed)} with violations, "
                f"{rate:.0f} a minute",
                flush=True,
            )
    for tried in failed[:3]:
        _replay(world, tried.seed, None)
    return {
        "world": world,
        "schedules": len(seeds),
        "first_seed": seeds.start,
        "steps": steps,
        "faults": dict(sorted(faults.items())),
        "mails_sent_again": mails,
        "violations": len(failed),
        "failing_seeds": [tried.seed for tried in failed],
        "seconds": round(time.monotonic() - started, 1),
        "cpu_ms_a_schedule": round(1000 * cpu / max(len(seeds), 1), 1),
        "workers": workers,
    }


def _tried(world: str, seeds: range, workers: int) -> Iterator[Tried]:
    with ProcessPoolExecutor(workers, initializer=_quiet) as pool:
        yield from pool.map(partial(_try, world), seeds, chunksize=CHUNK[world])


def _try(world: str, seed: int) -> Tried:
    started = time.process_time()
    schedule = run_schedule(SETTINGS[world], seed)
    kinds = Counter(str(fault.kind) for fault in schedule.faults)
    seconds = time.process_time() - started
    return Tried(seed, schedule.steps, kinds, schedule.violations, schedule.repeated_mails, seconds)


# --- one -------------------------------------------------------------------------------------


def _replay(world: str, seed: int, bug: str | None) -> int:
    planted = BUGS.get(bug or "")
    setting = SETTINGS[planted.setting if planted else world]
    shrunk = Shrinking(setting, seed, planted.parts if planted else None).shrink()
    if shrunk is None:
        print(f"seed {seed} in the {setting.name} world violates nothing")
        return 0
    print("\n".join(shrunk.lines(bug)))
    return 1


# --- planted bugs ----------------------------------------------------------------------------


def _planted(workers: int) -> list[dict[str, Any]]:
    found = []
    with ProcessPoolExecutor(workers, initializer=_quiet) as pool:
        for bug, row in zip(BUGS.values(), pool.map(_find, BUGS), strict=True):
            found.append(row)
            after = f"found in schedule {row['schedules']}" if row["found"] else "NOT FOUND"
            print(
                f"{bug.setting:5} {bug.name:45} {after} (of {bug.within}): {row['as']}", flush=True
            )
    return found


def _find(name: str) -> dict[str, Any]:
    bug: Planted = BUGS[name]
    schedule = first_violation(SETTINGS[bug.setting], range(bug.within), bug.parts)
    return {
        "bug": name,
        "world": bug.setting,
        "found": schedule is not None,
        "schedules": schedule.seed + 1 if schedule else bug.within,
        "within": bug.within,
        "as": schedule.violations[0] if schedule else "",
    }


def _report(path: Path, report: dict[str, Any], *, failed: bool) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
    print(f"report: {path}")
    return 1 if failed else 0


def _quiet() -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(50), cache_logger_on_first_use=True
    )


def _repeatable(arguments: Sequence[str]) -> None:
    """Sets of texts are in the same order in every process only under a fixed hash seed."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        command = [sys.executable, "-m", "tests.simulation", *arguments]
        os.execve(sys.executable, command, os.environ | {"PYTHONHASHSEED": "0"})  # noqa: S606


if __name__ == "__main__":
    _repeatable(sys.argv[1:])
    sys.exit(main())
