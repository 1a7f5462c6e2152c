"""`python -m tests.bench [--quick]`: the pipeline beside plain yardsticks, as a report."""

import argparse
import json
import os
import shlex
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import uvloop

from deskstream.stack import Stack, start
from tests.bench import machine, parsing, yardstick
from tests.bench.desk import desk
from tests.bench.pipeline import Pipeline
from tests.bench.processes import cpu_seconds
from tests.bench.report import Report

BUSY, BROKEN = 2, 1


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything. `rates` are offered beside half of the maximum."""

    rounds: int
    chain: int
    warm_up: int
    burst_seconds: float
    first_burst: int
    rates: tuple[float, ...]
    rate_seconds: float
    idle_seconds: float
    mails: int


FULL = Plan(
    rounds=3,
    chain=15_000,
    warm_up=300,
    burst_seconds=20,
    first_burst=2_000,
    rates=(20, 500),
    rate_seconds=20,
    idle_seconds=5,
    mails=1_000,
)
QUICK = Plan(
    rounds=1,
    chain=5_000,
    warm_up=100,
    burst_seconds=6,
    first_burst=400,
    rates=(20,),
    rate_seconds=8,
    idle_seconds=3,
    mails=300,
)


def main() -> int:
    options = _options()
    share = machine.busy_share()
    if share > machine.BUSY_SHARE and not options.although_busy:
        print(
            f"Others use {share:.0%} of this machine: figures would mean nothing. "
            "Try again later, or --although-busy marks the report.",
            file=sys.stderr,
        )
        return BUSY
    report = uvloop.run(_run(options, share))
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(json.dumps(report.as_json(), indent=2, default=str) + "\n")
    print(report.text())
    print(f"All of it: {options.report}")
    return 0 if report.holds else BROKEN


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the main ratios in about a minute")
    parser.add_argument("--stack", choices=("embedded", "apache", "external"), default="embedded")
    parser.add_argument("--report", type=Path, default=Path("build/bench.json"))
    parser.add_argument("--seed", type=int, default=7, help="of what customers write, and when")
    parser.add_argument("--mail-share", type=float, default=0.5, help="rest: canonical JSON")
    parser.add_argument("--partitions", type=int, default=yardstick.PARTITIONS)
    parser.add_argument("--although-busy", action="store_true", help="run, and mark the report")
    parser.add_argument("--keep-logs", type=Path, help="folder for the logs of all processes")
    return parser.parse_args()


async def _run(options: argparse.Namespace, busy_share: float) -> Report:
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
    began, others = time.monotonic(), machine.Others()
    with tempfile.TemporaryDirectory(prefix="deskstream-bench-") as scratch:
        folder = options.keep_logs or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with start(options.stack) as stack:
            await _measure(report, stack, folder, QUICK if options.quick else FULL)
            servers = sum(cpu_seconds(pid) for pid in yardstick.server_pids(stack).values())
    report.seconds = time.monotonic() - began
    children = os.times().children_user + os.times().children_system
    report.others_share = others.share(time.process_time() + children + servers)
    if report.others_share > machine.BUSY_SHARE:
        report.remarks.append(f"others used {report.others_share:.0%} of the machine meanwhile")
    return report


async def _measure(report: Report, stack: Stack, folder: Path, plan: Plan) -> None:
    _say("mails")
    report.parsing = parsing.compare(plan.mails, report.seed)
    for number in range(plan.rounds):
        _say(f"round {number + 1} of {plan.rounds}: plain chain")
        report.chains.append(await yardstick.at_full_speed(stack, folder, plan.chain, store=True))
        report.bare.append(await yardstick.at_full_speed(stack, folder, plan.chain, store=False))
        await _pipeline(report, stack, folder, plan, number)
    report.chains.append(await yardstick.at_full_speed(stack, folder, plan.chain, store=True))
    if plan.rounds > 1:
        for rate in plan.rates:
            _say(f"plain chain at {rate:g}/s")
            report.chain_at[f"{rate:g}"] = await yardstick.at_rate(
                stack, folder, rate, plan.rate_seconds, report.seed
            )


async def _pipeline(report: Report, stack: Stack, folder: Path, plan: Plan, number: int) -> None:
    _say("pipeline: starts")
    made = desk(stack, f"bench{number}.", folder, partitions=report.partitions)
    async with made as deployment:
        pipeline = Pipeline(
            deployment, stack, seed=report.seed + number, mail_share=report.mail_share
        )
        await pipeline.warm_up(plan.warm_up)
        report.idle = await pipeline.idle(plan.idle_seconds)
        rate = await _full_speed(pipeline, plan)
        if number == plan.rounds - 1:
            rates = [each for each in plan.rates if each < rate] + [rate / 2]
            for each in rates:
                _say(f"pipeline: {each:.0f}/s")
                await pipeline.at_rate(each, plan.rate_seconds)
        report.memory_mb = pipeline.memory_mb()
        _say("pipeline: reconciles")
        measured, reconciled = await pipeline.results()
    report.full_speed.append([each for each in measured if each.planned_rate is None][-1])
    report.at_rate |= {
        _name(each.planned_rate, rate): each for each in measured if each.planned_rate is not None
    }
    report.reconciled.append(reconciled)


async def _full_speed(pipeline: Pipeline, plan: Plan) -> float:
    """A short burst says how large the one that counts must be."""
    _say("pipeline: full speed")
    rate = await pipeline.at_full_speed(plan.first_burst)
    count = int(rate * plan.burst_seconds)
    if count <= plan.first_burst:
        return rate
    return await pipeline.at_full_speed(count)


def _name(planned: float, maximum: float) -> str:
    return f"half of the maximum, {planned:.0f}" if planned == maximum / 2 else f"{planned:g}"


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
