"""What customers write during the faults, some of it twice."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.bench.ledger import Origin
from tests.bench.requests import Request, requests

LATER_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Load:
    """`copies` have an id of their own, but the same Message-ID as another mail: no ticket."""

    requests: Sequence[Request]
    arrivals: Sequence[float]
    copies: frozenset[Origin]

    @property
    def tickets(self) -> int:
        return len({each.origin for each in self.requests}) - len(self.copies)


def with_duplicates(arrivals: Sequence[float], seed: int, share: float) -> Load:
    """Of the repeated, every second mail comes under another id; all others under the same."""
    draw = random.Random(seed)  # noqa: S311 - a load, not a secret
    timed: list[tuple[float, Request]] = []
    copies: set[Origin] = set()
    for arrival, request in zip(
        arrivals, requests(len(arrivals), seed, mail_share=0.5, name="chaos"), strict=True
    ):
        timed.append((arrival, request))
        if draw.random() >= share:
            continue
        again = request
        if request.is_mail and draw.random() < 0.5:
            again = _under_another_id(request)
            copies.add(again.origin)
        timed.append((arrival + draw.uniform(0, LATER_SECONDS), again))
    timed.sort(key=lambda pair: pair[0])
    return Load(
        requests=[request for _, request in timed],
        arrivals=[arrival for arrival, _ in timed],
        copies=frozenset(copies),
    )


def _under_another_id(request: Request) -> Request:
    origin = f"{request.origin}-copy"
    made = request.publication
    headers = tuple(
        (name, origin.encode() if name == "ce_id" else value) for name, value in made.headers
    )
    return Request(origin, replace(made, headers=headers), is_mail=True)
