"""Whether anybody was ever wronged: by the log alone, with no code of the router.

The order is that of a pool's requests; each event of the router belongs to the request that caused
it. After each request the ledger here must be as a fair desk's would.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.envelope import header_text
from shared.kit.records import Record

SKILL, SKILLED = "x", "x"  # the skill that tickets of this category need
MOST_TOLD = 20
OVER = {"TicketResolved": True, "TicketReopened": False}


@dataclass(slots=True)
class Person:
    capacity: int
    online: bool
    skilled: bool
    load: int = 0

    @property
    def free(self) -> bool:
        return self.online and self.load < self.capacity


@dataclass(slots=True)
class Case:
    skilled: bool = False
    routable: bool = False
    over: bool = False
    owner: str | None = None

    @property
    def waits(self) -> bool:
        return self.routable and not self.over and self.owner is None


@dataclass(frozen=True, slots=True)
class Event:
    kind: str
    subject: str
    id: str
    cause: str | None
    data: dict[str, Any]


@dataclass(slots=True)
class Findings:
    problems: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    loads: dict[str, dict[str, int]] = field(default_factory=dict)

    def wrong(self, what: str, event: str) -> None:
        self.problems[what] += 1
        if len(self.examples) < MOST_TOLD:
            self.examples.append(f"{what}: {event}")


@dataclass(slots=True)
class Ledger:
    """One pool. `waiting` and `free` are counted by whether the skill is asked, or there."""

    pool: str
    findings: Findings
    people: dict[str, Person] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    waiting: Counter[bool] = field(default_factory=Counter)
    free: Counter[bool] = field(default_factory=Counter)

    def request(self, event: Event, led_to: Sequence[Event]) -> None:
        self._apply(event)
        for said in sorted(led_to, key=lambda each: each.kind != "TicketUnassigned"):
            self._say(said, event)
        for said in led_to:
            if said.kind == "TicketAssigned" and not said.data.get("by_hand"):
                self._check_taker(said, event)
        self._check_idle(event)

    # --- what happens --------------------------------------------------------------------------

    def _apply(self, event: Event) -> None:
        if event.kind == "AgentUpdated":
            self._agent(event.subject, event.data)
        elif event.kind == "AgentRemoved":
            self._person(event.subject, None)
        elif event.kind == "TicketCreated":
            self.cases.setdefault(event.subject, Case())
        elif event.kind in ("TicketTriaged", *OVER):
            self._ticket(event)

    def _agent(self, agent_id: str, data: dict[str, Any]) -> None:
        known = self.people.get(agent_id)
        self._person(
            agent_id,
            Person(
                capacity=data["capacity"],
                online=data["availability"] == "online",
                skilled=SKILL in data.get("skills", {}),
                load=known.load if known is not None else 0,
            ),
        )

    def _person(self, agent_id: str, person: Person | None) -> None:
        before = self.people.pop(agent_id, None)
        self.free[before.skilled if before else False] -= bool(before and before.free)
        if person is not None:
            self.people[agent_id] = person
            self.free[person.skilled] += person.free

    def _ticket(self, event: Event) -> None:
        case = self.cases.setdefault(event.subject, Case())
        self.waiting[case.skilled] -= case.waits
        if event.kind == "TicketTriaged":
            case.routable, case.skilled = True, event.data["category"] == SKILLED
        else:
            case.over = OVER[event.kind]
        self.waiting[case.skilled] += case.waits

    # --- what was said -------------------------------------------------------------------------

    def _say(self, said: Event, cause: Event) -> None:
        self.findings.counts[said.kind] += 1
        case = self.cases.get(said.subject)
        if case is None:
            self.findings.wrong("said of a ticket that the pool never heard of", said.id)
        elif said.kind == "TicketAssigned":
            if case.owner is not None and not _stays(said, cause, case):
                self.findings.wrong("assigned twice", f"{said.subject} {said.id}")
            if case.over:
                self.findings.wrong("assigned when it was over", said.id)
            self._own(case, said.data["agent_id"])
        elif said.kind == "TicketUnassigned":
            if case.owner != said.data["agent_id"]:
                self.findings.wrong("taken from somebody who did not have it", said.id)
            self._own(case, None)
        elif said.kind == "TicketQueued" and case.owner is not None:
            self.findings.wrong("queued though somebody has it", said.id)

    def _own(self, case: Case, agent_id: str | None) -> None:
        self.waiting[case.skilled] -= case.waits
        self._bear(case.owner, -1)
        case.owner = agent_id
        self._bear(agent_id, +1)
        self.waiting[case.skilled] += case.waits

    def _bear(self, agent_id: str | None, change: int) -> None:
        person = self.people.get(agent_id or "")
        if person is not None:
            self.free[person.skilled] -= person.free
            person.load += change
            self.free[person.skilled] += person.free

    # --- what must hold ------------------------------------------------------------------------

    def _check_taker(self, said: Event, cause: Event) -> None:
        if _stays(said, cause, self.cases[said.subject]):
            return
        taker = self.people.get(said.data["agent_id"])
        if taker is None:
            self.findings.wrong("given to somebody who is not of the pool", said.id)
            return
        if not taker.online:
            self.findings.wrong("given to somebody who is not online", said.id)
        if taker.load > taker.capacity:
            self.findings.wrong("given above capacity", f"{said.data['agent_id']} {said.id}")
        if self.cases[said.subject].skilled and not taker.skilled:
            self.findings.wrong("given to somebody without the skill", said.id)

    def _check_idle(self, event: Event) -> None:
        """No ticket waits while somebody able is free."""
        skilled, others = self.free[True], self.free[False]
        if (self.waiting[True] and skilled) or (self.waiting[False] and skilled + others):
            self.findings.wrong("waits while somebody able is free", f"after {event.id}")


def _stays(said: Event, cause: Event, case: Case) -> bool:
    """A hand-over that cannot be is answered by saying again whose it is."""
    same = case.owner == said.data["agent_id"]
    return (
        same and cause.kind == "AssignmentRequested" and "stays" in said.data["decision"]["reason"]
    )


def check(requests: Iterable[Record], log: Iterable[Record]) -> Findings:
    """`requests` are those of the pools' topic, `log` the ticket events; each in order."""
    findings = Findings()
    led_to = _by_cause(log, findings)
    ledgers: dict[str, Ledger] = {}
    met: set[tuple[str, str]] = set()
    for record in requests:
        pool, event = (record.key or b"").decode(), _event(record)
        if (pool, event.id) in met:
            findings.counts["repeated requests"] += 1
            continue
        met.add((pool, event.id))
        findings.counts["requests"] += 1
        ledger = ledgers.setdefault(pool, Ledger(pool, findings))
        ledger.request(event, led_to.pop(event.id, ()))
    for cause in led_to:
        findings.wrong("caused by nothing that a pool heard", cause)
    for pool, ledger in ledgers.items():
        findings.loads[pool] = {a: p.load for a, p in ledger.people.items() if p.online}
    return findings


def _by_cause(log: Iterable[Record], findings: Findings) -> dict[str, list[Event]]:
    """The router's events, each once; its numbers for each ticket must have no gaps."""
    found: dict[str, list[Event]] = defaultdict(list)
    numbers: dict[str, dict[int, bytes]] = defaultdict(dict)
    for record in log:
        headers = header_text(record.headers)
        if headers.get("ce_writer") != "router":
            continue
        subject, number = headers["ce_subject"], int(headers["ce_number"])
        known = numbers[subject].get(number)
        if known is not None:
            findings.counts["repeated events"] += 1
            if known != record.value:
                findings.wrong("one number, two meanings", f"{subject} {number}")
            continue
        if number != len(numbers[subject]) + 1:
            findings.wrong("out of order", f"{subject} {number}")
        numbers[subject][number] = record.value or b""
        event = _event(record)
        found[event.cause or ""].append(event)
    return found


def _event(record: Record) -> Event:
    headers = header_text(record.headers)
    return Event(
        kind=headers["ce_type"].split(".")[1],
        subject=headers["ce_subject"],
        id=headers["ce_id"],
        cause=headers.get("ce_causationid"),
        data=json.loads(record.value or b"{}"),
    )
