"""`python -m tests.intake.fuzz --mails 200000 --payloads 50000`: reads mutated inputs of all kinds.

Each case is made of the seed and its number alone, so that `--only mail:4711` repeats it. With
`--into FILE` a run goes on where the last one with that file ended, and its figures are of all.
"""

import argparse
import json
import math
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random

from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.payload import Payload
from services.intake.domain.message import IncomingMessage, UnreadableError
from tests.intake.mutating import Seeds, mutated, mutated_payload
from tests.intake.safety import problems_of
from tests.intake.seeds import mail_seeds, payload_seeds

LONGEST_SECONDS = 1.0  # of CPU
LARGEST_GROWTH = 300 * 1024  # kilobytes
SAID_EVERY, ASKED_EVERY = 10_000, 1_000


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    channel: str
    data: bytes


@dataclass(slots=True)
class Tally:
    seed: int = 0
    mails: int = 0  # how many of each were read
    payloads: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_case: str = ""
    grown: int = 0  # kilobytes, in the process in which it was most
    failures: list[str] = field(default_factory=list)

    def note(self, case: Case, seconds: float, problems: list[str]) -> None:
        if seconds > self.slowest:
            self.slowest, self.slowest_case = seconds, case.name
        if seconds > LONGEST_SECONDS:
            problems = [*problems, f"took {seconds:.2f} s"]
        self.failures += [f"{case.name}: {problem}" for problem in problems]


def cases(tally: Tally, mails: int, payloads: int) -> Iterator[Case]:
    """Those that the tally has not got yet."""
    originals = mail_seeds()
    while tally.mails < mails:
        tally.mails += 1
        yield mail_case(tally.seed, tally.mails - 1, originals)
    seeds = payload_seeds()
    while tally.payloads < payloads:
        tally.payloads += 1
        yield payload_case(tally.seed, tally.payloads - 1, seeds)


def mail_case(seed: int, number: int, originals: list[bytes]) -> Case:
    random = Random(f"{seed}:mail:{number}")  # noqa: S311 - a test's chance
    return Case(f"mail:{number}", "email", mutated(originals, random))


def payload_case(seed: int, number: int, seeds: Seeds) -> Case:
    random = Random(f"{seed}:payload:{number}")  # noqa: S311 - a test's chance
    channel = random.choice(sorted(seeds))
    return Case(f"payload:{number}", channel, mutated_payload(seeds[channel], random))


def read(case: Case, tally: Tally) -> None:
    """Whatever is raised but UnreadableError is a failure, and the next case goes on."""
    began = time.thread_time()
    problems: list[str] = []
    try:
        parsed = ADAPTERS[case.channel](Payload(case.data, case.channel))
        seconds = time.thread_time() - began
        messages = [each for each in parsed if isinstance(each, IncomingMessage)]
        problems = [problem for each in messages for problem in problems_of(each)]
        tally.outcomes["message" if messages else "no message"] += 1
    except UnreadableError:
        seconds = time.thread_time() - began
        tally.outcomes["refused"] += 1
    except Exception as error:  # noqa: BLE001 - the fuzzer looks for just these
        seconds = time.thread_time() - began
        tally.outcomes["crash"] += 1
        problems = [f"{type(error).__name__}: {error}"[:300]]
    tally.note(case, seconds, problems)


def peak() -> int:
    """The process's largest resident set so far, in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def run(tally: Tally, mails: int, payloads: int, seconds: float) -> None:
    """Until all are read, or the time is over."""
    before, until = peak(), time.monotonic() + seconds
    for i, case in enumerate(cases(tally, mails, payloads), 1):
        read(case, tally)
        if (grown := peak() - before) > LARGEST_GROWTH:
            tally.failures.append(f"{case.name}: memory grew by {grown // 1024} MB")
            before += grown
        tally.grown = max(tally.grown, grown)
        if i % SAID_EVERY == 0:
            print(_line(tally), flush=True)  # noqa: T201 - a program prints
        if i % ASKED_EVERY == 0 and time.monotonic() > until:
            return


def _line(tally: Tally) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in sorted(tally.outcomes.items()))
    return (
        f"{tally.mails} mails and {tally.payloads} payloads: {counts};"
        f" failures {len(tally.failures)};"
        f" slowest {tally.slowest:.3f} s ({tally.slowest_case});"
        f" memory +{tally.grown // 1024} MB"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--payloads", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=None, help="drawn and printed if not given")
    parser.add_argument("--only", help="one case again, e.g. mail:4711; its input goes to --keep")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-case.bin"))
    parser.add_argument("--into", type=Path, help="go on from this file, and write it")
    parser.add_argument("--seconds", type=float, default=math.inf, help="then stop, to go on later")
    chosen = parser.parse_args()
    tally = _begun(chosen.into, chosen.seed)
    print(f"seed {tally.seed}")  # noqa: T201
    if chosen.only:
        return _again(tally.seed, chosen.only, chosen.keep)
    run(tally, chosen.mails, chosen.payloads, chosen.seconds)
    print(_line(tally))  # noqa: T201
    if chosen.into:
        chosen.into.write_text(
            json.dumps({each.name: getattr(tally, each.name) for each in fields(tally)})
        )
    for failure in tally.failures[:50]:
        print(failure)  # noqa: T201
    return 1 if tally.failures else 0


def _begun(into: Path | None, seed: int | None) -> Tally:
    if into is None or not into.is_file():
        return Tally(seed if seed is not None else time.time_ns() % 1_000_000)
    kept = json.loads(into.read_text())
    return Tally(**(kept | {"outcomes": Counter(kept["outcomes"])}))


def _again(seed: int, name: str, keep: Path) -> int:
    kind, _, number = name.partition(":")
    if kind == "mail":
        case = mail_case(seed, int(number), mail_seeds())
    else:
        case = payload_case(seed, int(number), payload_seeds())
    keep.write_bytes(case.data)
    tally = Tally()
    read(case, tally)
    print(f"{case.channel}, {len(case.data)} bytes in {keep}: {tally}")  # noqa: T201
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
