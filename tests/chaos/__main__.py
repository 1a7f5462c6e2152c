"""`python -m tests.chaos --minutes 1 --seed 7`: kill and freeze under load, then reconcile."""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import uvloop

from deskstream.stack import Stack, start
from tests.bench import machine
from tests.bench.arrivals import at_random
from tests.bench.desk import Desk, StuckError, desk
from tests.bench.ledger import Origin
from tests.bench.requests import Request
from tests.bench.story import Log, ready_at
from tests.chaos.checking import Evidence, Findings, check
from tests.chaos.faults import DUPLICATES, Fault, Kind, draw
from tests.chaos.input import with_duplicates
from tests.chaos.recovery import Recovery, Strike, by_kind, recoveries
from tests.chaos.striking import Striker
from tests.chaos.witness import gather

PATIENCE_SECONDS = 90.0
LEASE_SECONDS = 15  # what a killed sender held is sent by another after this, not two minutes
SESSION_MS = 3_000  # so that a freeze of a few seconds costs a member its partitions
DUPLICATE_SHARE = 0.05
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Options:
    minutes: float
    seed: int
    rate: float
    faults: tuple[str, ...]
    stack: str
    standby: str
    report: Path
    logs: Path | None


@dataclass(frozen=True, slots=True)
class Outcome:
    findings: Findings
    recovered: list[Recovery]
    strikes: list[Strike]
    seconds: float


def main() -> int:
    options = _options()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a cut is no news here
    outcome = uvloop.run(_run(options))
    report = _as_json(options, outcome)
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(json.dumps(report, indent=2, default=str) + "\n")
    _show(options, outcome)
    return 0 if outcome.findings.hold else 1


def _options() -> Options:
    kinds = [*Kind, DUPLICATES]
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="under load and faults")
    parser.add_argument("--seed", type=int, default=7, help="of input and faults; same, same plan")
    parser.add_argument("--rate", type=float, default=15.0, help="messages a second")
    parser.add_argument(
        "--faults", default="all", help=f"some of {','.join(kinds)}, or none, or all"
    )
    parser.add_argument("--stack", choices=("embedded", "apache"), default="embedded")
    parser.add_argument("--standby", default="sla", help="services with a second process, or none")
    parser.add_argument("--report", type=Path, default=Path("build/chaos.json"))
    parser.add_argument("--keep-logs", type=Path, help="folder for the logs of all processes")
    made = parser.parse_args()
    chosen = {"all": tuple(kinds), "none": ()}.get(made.faults) or tuple(
        filter(None, made.faults.replace("none", "").split(","))
    )
    if unknown := set(chosen) - set(kinds):
        parser.error(f"no fault is called {', '.join(sorted(unknown))}; there are {kinds}")
    if made.stack == "embedded":  # it forgets at its stop
        if made.faults != "all" and Kind.KILL_BROKER in chosen:
            parser.error("the embedded broker keeps nothing: kill-broker needs --stack apache")
        chosen = tuple(each for each in chosen if each != Kind.KILL_BROKER)
    standby = "" if made.standby == "none" else made.standby
    return Options(
        made.minutes,
        made.seed,
        made.rate,
        chosen,
        made.stack,
        standby,
        made.report,
        made.keep_logs,
    )


async def _run(options: Options) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="deskstream-chaos-") as scratch:
        folder = options.logs or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with start(options.stack) as stack:
            made = desk(
                stack,
                "chaos.",
                folder,
                partitions=4,
                standbys=tuple(filter(None, options.standby.split(","))),
                unwatched=True,
                variables={"DESKSTREAM_NOTIFIER_LEASE_SECONDS": f"{LEASE_SECONDS}"},
                kafka_session_timeout_ms=SESSION_MS,
            )
            _say("starts")
            async with made as deployment:
                return await _strike_and_check(options, stack, deployment)


async def _strike_and_check(options: Options, stack: Stack, deployment: Desk) -> Outcome:
    seconds = options.minutes * 60
    arrivals = list(at_random(options.rate, seconds, options.seed))
    share = DUPLICATE_SHARE if DUPLICATES in options.faults else 0.0
    load = with_duplicates(arrivals, options.seed, share)
    kinds = [Kind(each) for each in options.faults if each != DUPLICATES]
    plan = draw(seconds, options.seed, kinds, deployment.fleet.services)
    striker = Striker(stack, deployment.fleet, _say)
    supervising = asyncio.create_task(striker.supervise())
    began = time.time()
    try:
        await _under_load(deployment, load.requests, load.arrivals, striker, plan, began)
        _say(f"{time.time() - began:5.1f} s: waits until all is at rest")
        try:
            await deployment.until(load.tickets, PATIENCE_SECONDS, after_kills=True)
            await deployment.quiescent(PATIENCE_SECONDS)
        except StuckError as stuck:
            _say(f"not all came through: {stuck}")
        finished = time.time() - began
        evidence = await gather(deployment, load.copies, striker.died)
    finally:
        supervising.cancel()
        with suppress(asyncio.CancelledError):
            await supervising
    return Outcome(
        check(evidence), _recoveries(striker.strikes, evidence), striker.strikes, finished
    )


async def _under_load(
    deployment: Desk,
    requests: Sequence[Request],
    arrivals: Sequence[float],
    striker: Striker,
    plan: Sequence[Fault],
    began: float,
) -> None:
    async with deployment.feed() as feed:
        await asyncio.gather(feed.as_planned(requests, arrivals, began), striker.run(plan, began))


def _recoveries(strikes: Sequence[Strike], evidence: Evidence) -> list[Recovery]:
    ready = _ready_by_origin(evidence.log)
    due = evidence.ledger.due
    tickets = [(at, ready.get(o)) for o, at in due.items() if o not in evidence.copies]
    return recoveries(strikes, tickets, evidence.log.moments)


def _ready_by_origin(log: Log) -> Mapping[Origin, float | None]:
    return {ticket.origin: ready_at(ticket) for ticket in log.tickets.values() if ticket.origin}


def _as_json(options: Options, outcome: Outcome) -> dict[str, Any]:
    findings = outcome.findings
    return {
        "options": asdict(options),
        "machine": machine.about(),
        "seconds": round(outcome.seconds, 1),
        "held": findings.hold,
        "findings": asdict(findings),
        "faults": [asdict(strike) for strike in outcome.strikes],
        "recoveries": [asdict(each) for each in outcome.recovered],
    }


def _show(options: Options, outcome: Outcome) -> None:
    findings = outcome.findings
    print(f"Seed {options.seed}, {options.rate:g}/s for {options.minutes:g} min, {options.stack}")
    print(
        f"accepted {findings.accepted}, tickets {findings.tickets},"
        f" events published again and dropped by readers {findings.repeated_events},"
        f" mails repeated where nobody could know {findings.undecidable}"
    )
    print(f"{'fault':<28}{'times':>6}{'recovered p95, s':>18}{'longest stall, s':>18}")
    for name, (times, p95, stalled) in by_kind(outcome.recovered).items():
        shown = "never" if p95 is None else f"{p95:.1f}"
        print(f"{name:<28}{times:>6}{shown:>18}{stalled:>18.1f}")
    for guarantee, problems in findings.broken.items():
        print(f"{guarantee:<40}{len(problems):>6}")
        for problem in problems[:SHOWN]:
            print(f"    {problem}")
    print("Every guarantee held." if findings.hold else "BROKEN: see above and the report.")
    print(f"All of it: {options.report}")


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
