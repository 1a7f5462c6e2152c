"""A service that can be profiled: SIGUSR1 begins it, SIGUSR2 ends it and writes what was found.

`python -m tests.bench.profiled SERVICE FILE`. Counted is the CPU time of the main thread, where the
service's loop runs: a process that waits for a core, as on a busy machine, does not count.
"""

import cProfile
import signal
import sys
import time
from pathlib import Path

from deskstream.cli import main

PARTIAL = ".partial"


def run(service: str, file: Path) -> None:
    profile = cProfile.Profile(time.thread_time)

    def write(*_: object) -> None:
        profile.disable()
        partial = file.with_name(file.name + PARTIAL)
        profile.dump_stats(partial)
        partial.rename(file)

    signal.signal(signal.SIGUSR1, lambda *_: profile.enable())
    signal.signal(signal.SIGUSR2, write)
    sys.argv[1:] = ["run", service]
    main()


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]))
