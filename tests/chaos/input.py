"""What comes in during the faults: requests, some of them twice, some with short promises."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import orjson

from shared.kit.records import Publication
from tests.bench.ledger import Origin
from tests.bench.requests import Request, requests
from tests.chaos.config import TAG
from tests.chaos.pills import KINDS, pills

LATER_SECONDS = 8.0
TIMED_SHARE = 0.25  # of the requests by form
POISON_SHARE = 0.005
STUMBLING_BLOCK = "stumbling block"  # in the subject: a bug of triage's that is mended later


@dataclass(frozen=True, slots=True)
class Load:
    """In order of `arrivals` (seconds).

    `copies` have an id of their own, but the same Message-ID as another mail: no ticket. `timed`
    have short promises. `pills` is when each is to be sent. On `stumbling` triage fails.
    """

    requests: Sequence[Request]
    arrivals: Sequence[float]
    copies: frozenset[Origin]
    timed: frozenset[Origin] = frozenset()
    stumbling: frozenset[Origin] = frozenset()
    pills: Sequence[tuple[float, Publication]] = field(default=())

    @property
    def tickets(self) -> int:
        return len({each.origin for each in self.requests}) - len(self.copies)


def load_of(
    arrivals: Sequence[float], seed: int, *, duplicates: float = 0.0, poison: bool = False
) -> Load:
    made = list(requests(len(arrivals), seed, mail_share=0.5, name="chaos"))
    chance = random.Random(seed)  # noqa: S311 - a load, not a secret
    timed = {each.origin for each in made if not each.is_mail and chance.random() < TIMED_SHARE}
    made = [_tagged(each) if each.origin in timed else each for each in made]
    stumbling = _stumbling(made, chance) if poison else set()
    made = [_stumbles(each) if each.origin in stumbling else each for each in made]
    load = _with_duplicates(list(zip(arrivals, made, strict=True)), chance, duplicates)
    sent = list(_pills(arrivals, chance, seed)) if poison else []
    return replace(load, timed=frozenset(timed), stumbling=frozenset(stumbling), pills=sent)


def _pills(
    arrivals: Sequence[float], chance: random.Random, seed: int
) -> Iterator[tuple[float, Publication]]:
    """So many, and at least one of each kind, at moments of their own."""
    count = max(round(len(arrivals) * POISON_SHARE), len(KINDS))
    moments = sorted(chance.uniform(0, max(arrivals, default=0.0)) for _ in range(count))
    yield from zip(moments, pills(count, seed), strict=True)


def _stumbling(made: Sequence[Request], chance: random.Random) -> set[Origin]:
    forms = [each.origin for each in made if not each.is_mail]
    return set(chance.sample(forms, min(max(len(made) // 200, 2), len(forms))))


def tagged(request: Request) -> Request:
    return _tagged(request)


def _tagged(request: Request) -> Request:
    return _changed(request, tags=[TAG])


def _stumbles(request: Request) -> Request:
    return _changed(request, subject=f"A {STUMBLING_BLOCK}")


def _changed(request: Request, **changes: object) -> Request:
    """Of a form's entry, whose value is JSON."""
    made = request.publication
    value = orjson.dumps(orjson.loads(made.value or b"{}") | changes)
    return replace(request, publication=replace(made, value=value))


def _with_duplicates(
    planned: Sequence[tuple[float, Request]], chance: random.Random, share: float
) -> Load:
    """Of the repeated, every second mail comes under another id; all others under the same."""
    timed: list[tuple[float, Request]] = []
    copies: set[Origin] = set()
    for arrival, request in planned:
        timed.append((arrival, request))
        if chance.random() >= share:
            continue
        again = request
        if request.is_mail and chance.random() < 0.5:
            again = _under_another_id(request)
            copies.add(again.origin)
        timed.append((arrival + chance.uniform(0, LATER_SECONDS), again))
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
