"""`python -m tests.router.curve`: assignments a second of one pool, by how many agents it has.

CPU time of one core, not of a stopwatch: other load does not show. Broker and store are in memory,
so it is what the router itself and the kit cost; MongoDB and Kafka come on top.
"""

import argparse
import json
import logging
from dataclasses import asdict
from pathlib import Path

import structlog

from services.router.rules import FILE, load_rules
from shared.kit.settings import SHIPPED_CONFIG
from tests.router.curve.measuring import Point, measure


def main() -> None:
    options = _options()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rules = load_rules(options.rules)
    print("agents   assignments/s   µs each   of it decisions   take-over ms")
    points = []
    for agents in options.agents:
        best = min(
            (measure(rules, agents, options.tickets) for _ in range(options.rounds)),
            key=lambda point: point.stage,
        )
        points.append(best)
        print(_line(best))
    print(_bound(points))
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(json.dumps([asdict(point) for point in points], indent=2) + "\n")


def _line(point: Point) -> str:
    return (
        f"{point.agents:6,}   {point.per_second:13,.0f}   {point.stage:7.0f}   "
        f"{point.core:9.0f} ({point.core / point.stage:3.0%})   {point.load_ms:12.1f}"
    )


def _bound(points: list[Point]) -> str:
    first, last = points[0], points[-1]
    share = last.core / last.stage
    grows = last.stage / first.stage
    what = "the decisions" if share > 0.5 else "the kit: decoding, documents, envelopes"
    return (
        f"From {first.agents:,} to {last.agents:,} agents an assignment costs {grows:.2f} times as "
        f"much.\nWhat bounds it at {last.agents:,} agents is {what} ({share:.0%} decisions)."
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.router.curve", description=__doc__)
    parser.add_argument("--agents", type=int, nargs="+", default=[10, 100, 1_000, 10_000])
    parser.add_argument("--tickets", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3, help="the best counts")
    parser.add_argument("--rules", type=Path, default=SHIPPED_CONFIG / FILE)
    parser.add_argument("--report", type=Path, default=Path("build/router-curve.json"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
