"""`python -m tests.intake.hostile`: more than a thousand attacks, each read as intake reads.

A line for each class: what ran, what crashed, what would be stored unsafe, how long and how large.
"""

import sys
import time
import tracemalloc
from dataclasses import dataclass, field

from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.payload import Payload
from services.intake.domain.message import IncomingMessage, UnreadableError
from shared.contracts.fields import Automatic
from shared.contracts.mail import ticket_of_message_id
from tests.intake.attacks import CLASSES, Attack
from tests.intake.safety import problems_of
from tests.intake_reception.mails import SECRET

LONGEST_SECONDS = 0.25
LARGEST_GROWTH = 50_000_000
# What reading a message must never lead to.
WATCHED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pickle.")


@dataclass(slots=True)
class Finding:
    cases: int = 0
    executed: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    unsafe: list[str] = field(default_factory=list)
    slowest: float = 0.0
    largest: int = 0

    @property
    def fine(self) -> bool:
        quick = self.slowest <= LONGEST_SECONDS and self.largest <= LARGEST_GROWTH
        return quick and not (self.executed or self.crashed or self.unsafe)


_events: list[str] = []
_watching = False


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if not _watching:
        return
    opens_secret = event == "open" and str(arguments[0]).startswith("/etc/")
    if opens_secret or event.startswith(WATCHED):
        _events.append(event)


sys.addaudithook(_watch)


def read(attack: Attack, finding: Finding, *, traced: bool = False) -> None:
    global _watching
    payload = Payload(
        attack.data,
        attack.channel,
        is_ours=lambda each: ticket_of_message_id(each, secret=SECRET) is not None,
    )
    if traced:
        tracemalloc.start()
    _events.clear()
    _watching, began = True, time.thread_time()
    found = []
    try:
        found = [m for m in ADAPTERS[attack.channel](payload) if isinstance(m, IncomingMessage)]
    except UnreadableError:
        pass
    except Exception as error:  # noqa: BLE001 - crashes are what is looked for
        finding.crashed.append(f"{attack.channel}: {type(error).__name__}: {error}"[:200])
    finally:
        seconds, _watching = time.thread_time() - began, False
    if traced:
        finding.largest = max(finding.largest, tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        return
    finding.cases += 1
    finding.slowest = max(finding.slowest, seconds)
    finding.executed += _events
    for message in found:
        finding.unsafe += problems_of(message)
        if attack.own and message.automatic is Automatic.OWN:
            finding.unsafe.append("a forged id was believed")


def judge(name: str) -> Finding:
    finding = Finding()
    for attack in CLASSES[name]():
        read(attack, finding)
        if len(attack.data) > LARGEST_GROWTH // 500:
            read(attack, finding, traced=True)
    return finding


def _line(name: str, found: Finding) -> str:
    counts = (len(found.executed), len(found.crashed), len(found.unsafe))
    columns = f"{found.cases:5}  {counts[0]:3}  {counts[1]:5}  {counts[2]:6}"
    return f"{name:38} {columns}  {found.slowest * 1000:4.0f} ms  {found.largest / 1e6:3.0f} MB"


def main() -> int:
    print(f"{'class':38} cases  run  crash  unsafe  slowest  memory")  # noqa: T201
    fine = True
    for name in CLASSES:
        found = judge(name)
        fine = fine and found.fine
        print(_line(name, found))  # noqa: T201
        for problem in [*found.executed, *found.crashed, *found.unsafe][:10]:
            print(f"    {problem}")  # noqa: T201
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
