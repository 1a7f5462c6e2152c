"""What all parts of a run share: the stack, the sizes, and what was found so far."""

import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from deskstream.stack import Stack
from tests.bench.desk import Desk, desk
from tests.bench.pipeline import Pipeline
from tests.bench.plans import Plan
from tests.bench.report import Report
from tests.bench.tape import Tape


@dataclass(slots=True)
class Run:
    """`maximum` is the rate found at full speed, tickets a second; `tape` once it is recorded."""

    report: Report
    stack: Stack
    folder: Path
    plan: Plan
    seed: int
    mail_share: float
    partitions: int
    maximum: float = 0.0
    tape: Tape | None = None
    _numbers: "count[int]" = field(default_factory=count)

    def desk(self, **changes: Any) -> AbstractAsyncContextManager[Desk]:
        """A deployment of its own on the stack."""
        prefix = f"bench{next(self._numbers)}."
        return desk(self.stack, prefix, self.folder, partitions=self.partitions, **changes)

    def pipeline(self, deployment: Desk, turn: int = 0) -> Pipeline:
        return Pipeline(deployment, self.stack, seed=self.seed + turn, mail_share=self.mail_share)


def say(what: str) -> None:
    """Progress, for whoever waits."""
    print(f"… {what}", file=sys.stderr, flush=True)  # noqa: T201 - a program
