"""One run: a deployment under load and faults, brought to rest, reconciled, replayed."""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from deskstream.services import SERVICES
from deskstream.stack import Stack, StartFailed, start
from tests.bench.arrivals import at_random
from tests.bench.ledger import Origin
from tests.bench.story import Log, ready_at
from tests.chaos import mending
from tests.chaos.agents import Agents
from tests.chaos.checking import Evidence, Findings, check
from tests.chaos.deployment import Deployment, RestlessError, deployment
from tests.chaos.doors import SHARE as DOOR_SHARE
from tests.chaos.doors import Visitors
from tests.chaos.faults import Fault, Kind, Share, draw, kills
from tests.chaos.input import STUMBLING_BLOCK, Load, load_of
from tests.chaos.machines import Machines
from tests.chaos.network import Networks
from tests.chaos.options import Options
from tests.chaos.recovery import Recovery, Strike, Waits, recoveries, waits_by_mood
from tests.chaos.replaying import send
from tests.chaos.striking import Say, Striker
from tests.chaos.witness import look

PATIENCE_SECONDS = 240.0
START_TRIES = 3
DUPLICATE_SHARE = 0.05
SKEW_SECONDS = 300
# After these a sender may not know what became of a mail.
DOUBTFUL = ("mail-", "kill-database", "freeze-database", "rolling")


@dataclass(slots=True)
class Outcome:
    findings: Findings
    strikes: list[Strike] = field(default_factory=list)
    recovered: list[Recovery] = field(default_factory=list)
    seconds: float = 0.0
    mended: dict[str, int] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    waits: Mapping[str, Waits] = field(default_factory=dict)  # for tickets to be ready
    answers: Mapping[str, Waits] = field(default_factory=dict)  # of doors


async def run(options: Options, say: Say, plan: Sequence[Fault] | None = None) -> Outcome:
    """`plan` instead of the one that the seed draws."""
    with tempfile.TemporaryDirectory(prefix="deskstream-chaos-") as scratch:
        folder = options.logs or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        async with Networks(options.seed) as networks:
            say("starts")
            async with _deployed(options, networks, folder) as desk:
                return await Run(options, desk, networks, say).through(plan)


@asynccontextmanager
async def _deployed(
    options: Options, networks: Networks, folder: Path
) -> AsyncIterator[Deployment]:
    stack = await _started(options.stack, networks)
    variables = {"CHAOS_WITHOUT": options.control} if options.control else {}
    own = {name: _skew(options.seed, name) for name in SERVICES if options.has(Share.SKEW)}
    if options.has(Share.POISON):
        own["triage"] = own.get("triage", {}) | {"CHAOS_STUMBLES_OVER": STUMBLING_BLOCK}
    try:
        async with deployment(
            stack, folder, standbys=options.standbys, variables=variables, own=own
        ) as desk:
            yield desk
    finally:
        await asyncio.to_thread(stack.stop)


async def _started(kind: str, networks: Networks) -> Stack:
    """In a thread: the database finds itself through the network that this loop plays.

    On a machine that is busy enough, a new replica set may trip over its own first election.
    """
    for _ in range(START_TRIES - 1):
        with suppress(StartFailed):
            return await asyncio.to_thread(start, kind, detour=networks.detour)
    return await asyncio.to_thread(start, kind, detour=networks.detour)


def _skew(seed: int, name: str) -> dict[str, str]:
    """To the seed's liking, but never near the right time."""
    chance = random.Random(f"{seed}{name}")  # noqa: S311 - how far off, no secret
    off = chance.choice((-1, 1)) * chance.uniform(SKEW_SECONDS / 3, SKEW_SECONDS)
    return {"CHAOS_SKEW_SECONDS": f"{off:.1f}"}


class Run:
    def __init__(self, options: Options, desk: Deployment, networks: Networks, say: Say) -> None:
        self._options = options
        self._desk = desk
        self._networks = networks
        self._say = say
        self._mended: dict[str, int] = {}

    async def through(self, plan: Sequence[Fault] | None) -> Outcome:
        options, desk = self._options, self._desk
        seconds = options.minutes * 60
        load = self._load(seconds)
        plan = self._plan(seconds) if plan is None else plan
        began = time.time()
        async with desk.feed() as feed:
            agents = Agents(desk.settings, feed, set(load.timed), options.seed)
            machines = Machines(feed, desk.ledger, desk.crew.mails)
            striker = Striker(desk, self._networks, agents, self._say, options.seed)
            visitors = self._visitors()
            people = [agents.work()]
            if options.has(Share.MACHINES):
                people.append(machines.work())
            tasks = [asyncio.create_task(work) for work in (striker.supervise(), *people)]
            try:
                await asyncio.gather(
                    feed.as_planned(load.requests, load.arrivals, began),
                    self._poison(load, began),
                    striker.run(plan, began),
                    visitors.work(seconds if options.has(Share.DOORS) else 0.0),
                )
                self._say(f"{time.time() - began:5.1f} s: waits until all is at rest")
                restless = await self._left(self._desk.at_rest(PATIENCE_SECONDS))
                finished = time.time() - began
                if not restless and options.has(Share.POISON):
                    restless = await self._left(self._mend(striker))
                await feed.settle()
            finally:
                await _end(tasks)
            striker.complaints += _turned_away(visitors, striker.strikes)
            evidence = await self._evidence(load, agents, striker)
            findings = check(evidence)
            if not restless and options.replay:
                restless = await self._left(self._replay(findings))
            findings.note("comes to rest", [restless] if restless else [])
        tickets = _until_ready(evidence, load.stumbling)
        return Outcome(
            findings,
            striker.strikes,
            recoveries(striker.strikes, tickets, evidence.log.moments),
            finished,
            self._mended,
            striker.missed,
            waits_by_mood(striker.strikes, tickets),
            waits_by_mood(striker.strikes, visitors.waits_ms),
        )

    def _visitors(self) -> Visitors:
        options, desk = self._options, self._desk
        doors = desk.crew.addresses("intake")
        return Visitors(doors, desk.ledger, options.rate * DOOR_SHARE, options.seed)

    def _load(self, seconds: float) -> Load:
        options = self._options
        return load_of(
            list(at_random(options.rate, seconds, options.seed)),
            options.seed,
            duplicates=DUPLICATE_SHARE if options.has(Share.DUPLICATES) else 0.0,
            poison=options.has(Share.POISON),
        )

    def _plan(self, seconds: float) -> list[Fault]:
        options, services = self._options, self._desk.crew.services
        if options.kills:
            return kills(options.kills, seconds, options.seed, services)
        return draw(seconds, options.seed, options.kinds, services, options.mail_seconds)

    async def _poison(self, load: Load, began: float) -> None:
        for at, pill in load.pills:
            await asyncio.sleep(max(began + at - time.time(), 0))
            await send(self._desk, pill.topic, [pill])

    async def _left(self, doing: Awaitable[None]) -> str:
        """What was left, if it did not come to rest in this."""
        try:
            await doing
        except (RestlessError, TimeoutError) as left:
            self._say(f"does not come to rest: {left}")
            return str(left) or "it took too long"
        return ""

    async def _replay(self, findings: Findings) -> None:
        findings.note("full replay", await mending.replayed(self._desk, self._say))

    async def _mend(self, striker: Striker) -> None:
        """Triage's bug is mended, and everything sent once more, twice."""
        self._say("mends triage and sends the dead letters once more")
        self._mended = await mending.redriven(self._desk, striker)

    async def _evidence(self, load: Load, agents: Agents, striker: Striker) -> Evidence:
        found = await look(self._desk)
        stumbled = {
            ticket_id
            for ticket_id, ticket in found.story.log.tickets.items()
            if ticket.origin in load.stumbling
        }
        wrong = [text for key, text in found.other_letters if key not in stumbled]
        return Evidence(
            ledger=self._desk.ledger,
            copies=load.copies,
            story=found.story,
            stored=found.stored,
            owners=found.owners,
            lines=found.lines,
            counted=found.counted,
            mails=found.mails,
            replies=agents.sent,
            timed=frozenset(agents.timed),
            pills=[(pill.key or b"").decode() for _, pill in load.pills],
            letters=found.letters,
            false_letters=wrong,
            died=tuple(striker.died),
            complaints=tuple(striker.complaints),
            in_doubt=_in_doubt(striker.strikes),
        )


def _turned_away(visitors: Visitors, strikes: Sequence[Strike]) -> list[str]:
    """While services are restarted one after the other, nobody outside may notice."""
    return [
        f"a visitor saw: {what}"
        for strike in strikes
        if strike.fault.kind is Kind.ROLLING_RESTART and len(visitors.doors) > 1
        for what in visitors.errors_between(strike.began_ms / 1000, strike.over_ms / 1000)
    ]


def _in_doubt(strikes: Sequence[Strike]) -> bool:
    return any(
        strike.fault.kind.startswith(DOUBTFUL)
        or strike.fault.kind.endswith("-database")
        or strike.fault.victim.startswith("notifier")
        for strike in strikes
    )


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    with suppress(asyncio.CancelledError):
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


def _until_ready(
    evidence: Evidence, stumbling: frozenset[Origin]
) -> list[tuple[float, float | None]]:
    """When each was due and ready: but for what was held, dropped, or waits for a mended bug."""
    ready = _ready_by_origin(evidence.log)
    due = evidence.ledger.due
    left_out = evidence.copies | stumbling | {o for o in due if o not in ready}
    return [(at, ready.get(o)) for o, at in due.items() if o not in left_out]


def _ready_by_origin(log: Log) -> dict[Origin, float | None]:
    return {ticket.origin: ready_at(ticket) for ticket in log.tickets.values() if ticket.origin}
