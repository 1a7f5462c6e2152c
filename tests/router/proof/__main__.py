"""`python -m tests.router.proof`: four routers are killed in turn; is anybody wronged meanwhile.

On Apache Kafka or on the embedded broker. What happened is read from the log by a checker that
shares no code with the router.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from deskstream.stack import start
from tests.router.proof.running import PROCESSES, Options, Proof, prove

WRONG, SLOW = 1, 3


def text_of(proof: Proof, options: Options) -> str:
    found, quick = proof.findings, proof.quick
    people = f"{options.agents:,} agents, {proof.tickets:,} tickets"
    session = f"session timeout {options.session_timeout:g} s"
    lines = [
        f"{options.pools} pool(s), {len(PROCESSES)} routers, {people}, {session}",
        f"  {proof.seconds:.0f} s",
        "  " + ", ".join(f"{name} {count:,}" for name, count in sorted(found.counts.items())),
    ]
    if quick:
        at = {p: quick[int((len(quick) - 1) * p)] for p in (0.5, 0.99, 1.0)}
        lines.append(
            f"  from a cause to the decision, away from kills: median {at[0.5]:.2f} s, "
            f"99 % {at[0.99]:.2f} s, longest {at[1.0]:.2f} s"
        )
    for kill, seconds in zip(proof.kills, proof.took_over, strict=True):
        lines.append(f"  {kill.name} killed: the longest wait after it {seconds:.1f} s")
    lines.append(f"  equal agents' loads at the end differ by at most {proof.spread}")
    lines += [f"  WRONG {count} times: {what}" for what, count in found.problems.items()]
    lines += [f"    {example}" for example in found.examples]
    lines += [f"  slow: {text}" for text in proof.slow]
    lines.append("  nobody was wronged" if proof.holds else "  IT DOES NOT HOLD")
    return "\n".join(lines)


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> int:
    given = vars(_options())
    target: Path = given.pop("report")
    kind: str = given.pop("stack")
    options = Options(**given)
    with start(kind) as stack, tempfile.TemporaryDirectory() as folder:
        proof = asyncio.run(prove(stack, options, Path(folder), _say))
    print(text_of(proof, options))
    report = {
        "stack": kind,
        "options": asdict(options),
        "problems": dict(proof.findings.problems),
        "counts": dict(proof.findings.counts),
        "took_over_seconds": proof.took_over,
        "seconds": proof.seconds,
        "spread": proof.spread,
        "slow": proof.slow,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=2) + "\n")
    return (SLOW if proof.slow else 0) if proof.holds else WRONG


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.router.proof", description=__doc__)
    parser.add_argument("--pools", type=int, choices=(1, 4), default=4, help="1: three standbys")
    parser.add_argument("--tickets", type=int, default=5_000)
    parser.add_argument("--agents", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=100, help="tickets a second")
    parser.add_argument("--kill-every", type=float, default=10, help="seconds")
    parser.add_argument(
        "--session-timeout", type=float, default=6, help="seconds until a dead member is given up"
    )
    parser.add_argument("--stack", choices=("embedded", "apache"), default="apache")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=Path("build/router-proof.json"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
