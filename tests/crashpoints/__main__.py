"""Kill every stage at every point of a batch: `python -m tests.crashpoints --seeds 20`."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import structlog

from tests.crashpoints.matrix import PUBLISHING, SAYS_NOTHING, Outcome, Point, cases, stages, tried

PROGRESS_SECONDS = 10.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.crashpoints", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--report", type=Path, default=Path("build/crashpoints.json"))
    options = parser.parse_args()
    started = time.monotonic()
    outcomes = _all(options.seeds, options.workers)
    bad = [each for each in outcomes if each.violations]
    missed = [each for each in outcomes if each.batch is None]
    _show(outcomes)
    report = {
        "cases": len(outcomes),
        "seeds": options.seeds,
        "died": len(outcomes) - len(missed),
        "violations": len(bad),
        "seconds": round(time.monotonic() - started, 1),
        "failing": [
            {"stage": o.case.stage, "point": o.case.point, "seed": o.case.seed, "of": o.violations}
            for o in bad
        ],
        "never_came_by": [[o.case.stage, o.case.point, o.case.seed] for o in missed],
    }
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(json.dumps(report, indent=2) + "\n")
    print(f"{report['died']} deaths, {len(bad)} with violations; report: {options.report}")
    return 1 if bad else 0


def _all(seeds: int, workers: int) -> list[Outcome]:
    wanted, found = list(cases(seeds)), []
    shown = time.monotonic()
    with ProcessPoolExecutor(workers, initializer=_quiet) as pool:
        for outcome in pool.map(tried, wanted, chunksize=2):
            found.append(outcome)
            if outcome.violations:
                print(f"{outcome.case}: {'; '.join(outcome.violations[:3])}", flush=True)
            if time.monotonic() - shown > PROGRESS_SECONDS:
                shown = time.monotonic()
                print(f"{len(found)} of {len(wanted)} cases", flush=True)
    return found


def _show(outcomes: Sequence[Outcome]) -> None:
    """A line for each stage, a column for each point: deaths, and of these with violations."""
    print(f"{'':18}" + "".join(f"{point:>26}" for point in Point))
    for stage in stages():
        cells = "".join(f"{_cell(outcomes, stage, point):>26}" for point in Point)
        print(f"{stage:18}{cells}")


def _cell(outcomes: Sequence[Outcome], stage: str, point: Point) -> str:
    if stage in SAYS_NOTHING and point in PUBLISHING:
        return "says nothing"
    mine = [o for o in outcomes if (o.case.stage, o.case.point) == (stage, point)]
    died = sum(o.batch is not None for o in mine)
    return f"{died} died, {sum(bool(o.violations) for o in mine)} bad"


def _quiet() -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(50), cache_logger_on_first_use=True
    )


if __name__ == "__main__":
    sys.exit(main())
