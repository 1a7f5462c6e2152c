"""Many schedules on all cores: `python -m tests.simulation --schedules 20000`."""

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import structlog

from tests.simulation.running import Schedule, run_schedule

CHUNK = 50


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--report", type=Path, default=Path("build/simulation.json"))
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.schedules)
    started = time.monotonic()
    failed, steps = [], 0
    with ProcessPoolExecutor(os.cpu_count(), initializer=_quiet) as pool:
        for done, schedule in enumerate(pool.map(run_schedule, seeds, chunksize=CHUNK), 1):
            steps += schedule.steps
            if schedule.violations:
                failed.append(schedule)
                _show(schedule)
            if done % 500 == 0:
                print(f"{done} schedules, {len(failed)} with violations", flush=True)
    seconds = time.monotonic() - started
    report = {
        "schedules": len(seeds),
        "first_seed": options.seed,
        "steps": steps,
        "violations": len(failed),
        "failing_seeds": [schedule.seed for schedule in failed],
        "seconds": round(seconds, 1),
    }
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report))
    return 1 if failed else 0


def _show(schedule: Schedule) -> None:
    print(f"seed {schedule.seed}: {'; '.join(schedule.violations)}", flush=True)
    for line in schedule.trace[-20:]:
        print(f"    {line}")


def _quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))


if __name__ == "__main__":
    sys.exit(main())
