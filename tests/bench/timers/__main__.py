"""`python -m tests.bench.timers`: the goals S1 to S6 and S8, APScheduler beside them.

Deadlines by brute force (S7) are `python -m tests.sla.oracle`.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from deskstream.stack import start
from tests.bench import machine
from tests.bench.timers.parts import PARTS
from tests.bench.timers.results import Results


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.timers", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--clocks", type=int, default=1_000_000, help="in waiting")
    parser.add_argument("--burst", type=int, default=5_000, help="due at one instant")
    parser.add_argument("--overdue", type=int, default=10_000, help="after an outage")
    parser.add_argument("--retarget", type=int, default=100_000, help="open clocks")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--instances", type=int, default=1, help="of sla, sharing its partitions")
    parser.add_argument("--stack", choices=("embedded", "apache", "external"), default="embedded")
    parser.add_argument("--report", type=Path, default=Path("build/timers.json"))
    return parser.parse_args(arguments)


async def measured(options: argparse.Namespace) -> Results:
    results = Results(busy_before=machine.busy_share(), machine=machine.about())
    with (
        tempfile.TemporaryDirectory(prefix="deskstream-timers-") as scratch,
        start(options.stack) as stack,
    ):
        for name in options.only:
            results.lines += await PARTS[name](stack, Path(scratch), options)
    return results


def main() -> int:
    options = parse()
    results = uvloop.run(measured(options))
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(json.dumps(results.as_json(), indent=2, default=str) + "\n")
    print(results.text())
    return 0 if results.hold else 1


if __name__ == "__main__":
    sys.exit(main())
