"""`python -m tests.bench [--quick]`: the pipeline beside plain yardsticks, as a report."""

import argparse
import json
import logging
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import uvloop

from deskstream.stack import StackUnavailable, StartFailed, start
from tests.bench import chart, machine, yardstick
from tests.bench.desk import StuckError
from tests.bench.fleet import ServiceDiedError
from tests.bench.options import parse
from tests.bench.parts import long, mails, peer, profiling, security, services, stored, whole
from tests.bench.plans import FULL, MILLION, QUICK, Plan
from tests.bench.processes import cpu_seconds
from tests.bench.report import Report
from tests.bench.run import Run

BROKEN, BUSY, UNFINISHED = 1, 2, 3
Part = Callable[[Run], Awaitable[None]]


def main() -> int:
    options = parse()
    share = machine.busy_share()
    if share > machine.BUSY_SHARE and not options.although_busy:
        print(
            f"Others use {share:.0%} of this machine: figures would mean nothing. "
            "Try again later, or --although-busy marks the report.",
            file=sys.stderr,
        )
        return BUSY
    logging.getLogger("aiokafka").setLevel(logging.ERROR)  # what it tries again is no news here
    options.report.parent.mkdir(parents=True, exist_ok=True)
    report = _report(options, share)
    code = _code_of(report, options)
    drawing = options.report.with_suffix(".svg")
    options.report.write_text(json.dumps(report.as_json(), indent=2, default=str) + "\n")
    drawing.write_text(chart.svg(report))
    print(report.text())
    print(f"All of it: {options.report}, {drawing}")
    return code


def _code_of(report: Report, options: argparse.Namespace) -> int:
    """What was found until a part could not go on is worth telling."""
    try:
        uvloop.run(_run(options, report))
    except StuckError as stuck:
        report.remarks.append(f"ended early, not all came through: {stuck}")
        return BROKEN
    except (StackUnavailable, StartFailed, ServiceDiedError, TimeoutError) as error:
        report.remarks.append(f"ended early: {error}")
        return UNFINISHED
    return 0 if report.holds else BROKEN


def _report(options: argparse.Namespace, busy_share: float) -> Report:
    report = Report(
        command=shlex.join(sys.argv[1:]) or "(full)",
        stack=options.stack,
        seed=options.seed,
        mail_share=options.mail_share,
        partitions=options.partitions,
        machine=machine.about() | {"busy_share_before": round(busy_share, 3)},
    )
    if busy_share > machine.BUSY_SHARE:
        report.remarks.append(f"others used {busy_share:.0%} of the machine before the start")
    return report


async def _run(options: argparse.Namespace, report: Report) -> None:
    began, others = time.monotonic(), machine.Others()
    with tempfile.TemporaryDirectory(prefix="deskstream-bench-") as scratch:
        folder = options.keep_logs or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        servers = await _measure(options, report, folder)
    report.seconds = time.monotonic() - began
    children = os.times().children_user + os.times().children_system
    report.others_share = others.share(time.process_time() + children + servers)
    if report.others_share > machine.BUSY_SHARE:
        report.remarks.append(f"others used {report.others_share:.0%} of the machine meanwhile")


async def _measure(options: argparse.Namespace, report: Report, folder: Path) -> float:
    """Gives the servers' CPU seconds."""
    with start(options.stack) as stack:
        run = Run(
            report,
            stack,
            folder,
            plan=_plan(options),
            seed=options.seed,
            mail_share=options.mail_share,
            partitions=options.partitions,
        )
        for name in options.parts:
            if name != "latency":
                await _parts(options)[name](run)
        return sum(cpu_seconds(pid) for pid in yardstick.server_pids(stack).values())


def _plan(options: argparse.Namespace) -> Plan:
    plan = QUICK if options.quick else FULL
    if not options.million:
        return plan
    return replace(plan, open_tickets=(*plan.open_tickets, MILLION))


def _parts(options: argparse.Namespace) -> dict[str, Part]:
    """The latencies are taken together with the speed, in one deployment."""
    latency = "latency" in options.parts
    return {
        "mails": mails.measure,
        "speed": partial(whole.measure, latency=latency),
        "burst": long.burst,
        "alone": services.each,
        "stored": stored.measure,
        "people": services.people_and_rules,
        "instances": services.instances,
        "sustained": partial(long.sustained, seconds=options.sustained, rate=options.rate),
        "soak": partial(long.soak, minutes=options.soak, rate=options.rate),
        "secure": security.measure,
        "peer": partial(peer.measure, build=options.report.parent.resolve()),
        "profile": partial(profiling.measure, names=options.profile, folder=options.report.parent),
    }


if __name__ == "__main__":
    sys.exit(main())
