"""`python -m tests.intake.fuzz --mails 200000 --payloads 50000`: reads mutated inputs of all kinds.

Each case is made of the seed and its number alone, so that `--only mail:4711` repeats it.
"""

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
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
SAID_EVERY = 10_000


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    channel: str
    data: bytes


@dataclass(slots=True)
class Tally:
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_case: str = ""
    failures: list[str] = field(default_factory=list)

    def note(self, case: Case, seconds: float, problems: list[str]) -> None:
        if seconds > self.slowest:
            self.slowest, self.slowest_case = seconds, case.name
        if seconds > LONGEST_SECONDS:
            problems = [*problems, f"took {seconds:.2f} s"]
        self.failures += [f"{case.name}: {problem}" for problem in problems]


def cases(seed: int, mails: int, payloads: int) -> Iterator[Case]:
    originals = mail_seeds()
    for i in range(mails):
        yield mail_case(seed, i, originals)
    seeds = payload_seeds()
    for i in range(payloads):
        yield payload_case(seed, i, seeds)


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


def run(seed: int, mails: int, payloads: int) -> Tally:
    tally = Tally()
    before = peak()
    for i, case in enumerate(cases(seed, mails, payloads), 1):
        read(case, tally)
        if (grown := peak() - before) > LARGEST_GROWTH:
            tally.failures.append(f"{case.name}: memory grew by {grown // 1024} MB")
            before += grown
        if i % SAID_EVERY == 0:
            print(_line(tally, before), flush=True)  # noqa: T201 - a program prints
    print(_line(tally, before))  # noqa: T201
    return tally


def _line(tally: Tally, before: int) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in sorted(tally.outcomes.items()))
    return (
        f"{tally.outcomes.total()} cases: {counts}; failures {len(tally.failures)};"
        f" slowest {tally.slowest:.3f} s ({tally.slowest_case});"
        f" peak {peak() // 1024} MB, +{(peak() - before) // 1024} MB"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--payloads", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=None, help="drawn and printed if not given")
    parser.add_argument("--only", help="one case again, e.g. mail:4711; its input goes to --keep")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-case.bin"))
    chosen = parser.parse_args()
    seed = chosen.seed if chosen.seed is not None else time.time_ns() % 1_000_000
    print(f"seed {seed}")  # noqa: T201
    if chosen.only:
        return _again(seed, chosen.only, chosen.keep)
    tally = run(seed, chosen.mails, chosen.payloads)
    for failure in tally.failures[:50]:
        print(failure)  # noqa: T201
    return 1 if tally.failures else 0


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
