"""The six services as they are composed, on rules whose promises are seconds."""

from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from types import coroutine
from typing import Any
from unittest import mock

from services.intake.app import LIFECYCLE
from services.intake.domain.ticket import FIRST_NUMBER, Policy
from services.intake.handlers.desk import ReceptionOptions
from services.intake.handlers.lifecycle import Lifecycle
from services.intake.handlers.reception import RECEPTION, Reception
from services.notifier.app import STAGE as NOTIFIER
from services.notifier.domain.telling import Correspondence
from services.notifier.handlers import Notifier
from services.notifier.rules import load_notifications
from services.notifier.sender import Sender
from services.notifier.settings import NotifierSettings
from services.notifier.store import DELIVERIES
from services.reporting.app import STAGE as REPORTING
from services.reporting.handlers import Reporter
from services.router.app import DECIDE, FORWARD
from services.router.handlers import Dispatcher, Forwarder
from services.router.rules import load_rules as load_routes
from services.sla.app import STAGE as SLA
from services.sla.handlers import SlaHandler
from services.sla.rules import load_rules as load_policies
from services.triage.app import STAGE as TRIAGE
from services.triage.domain.language import LanguageDetector
from services.triage.handlers import TriageHandler
from services.triage.rules import load_rules as load_words
from shared.kit.blobs import MemoryBlobs
from shared.kit.deliveries import Deliveries
from shared.kit.handover import Handover
from shared.kit.health import Health
from shared.kit.settings import SHIPPED_CONFIG
from shared.kit.unit import Handler, Stage
from tests.intake_reception.mails import SECRET
from tests.simulation.faults import REST
from tests.simulation.groups import Process
from tests.simulation.pipeline.documents import Collection
from tests.simulation.pipeline.post import Line, PostOffice
from tests.simulation.plans import ServicePlan, StagePlan
from tests.simulation.scheduler import SECOND, Pause
from tests.simulation.world import World

RULES = Path(__file__).parent.parent / "rules"
BLOCK = 5
GIVE_UP = timedelta(hours=48)
SENDING = NotifierSettings(
    workers=1,
    claim=3,
    lease_seconds=1,
    poll_seconds=0.5,
    first_retry_seconds=0.3,
    longest_retry_seconds=1,
)
LEASE = timedelta(seconds=SENDING.lease_seconds)


@cache
def rules() -> tuple[Any, Any, Any, Correspondence]:
    told = load_notifications(SHIPPED_CONFIG)
    quick = told.rules.model_copy(update={"acknowledge_within_seconds": 2})
    return (
        load_words(SHIPPED_CONFIG / "triage.yaml", LanguageDetector()),
        load_routes(RULES / "routing.yaml"),
        load_policies(RULES / "sla.yaml"),
        Correspondence(quick, told.wording, SECRET),
    )


class Numbers:
    """Ticket numbers in blocks; what a dead process had left of its block stays a gap."""

    def __init__(self, world: World, process: Process, given: list[int]) -> None:
        self._world = world
        self._process = process
        self._given = given
        self._left: list[int] = []

    async def take(self, count: int) -> list[int]:
        if len(self._left) < count:
            await self._world.pass_by(self._process, "store", "numbers")
            size = max(BLOCK, count)
            start = FIRST_NUMBER + len(self._given)
            self._given.extend(range(start, start + size))
            self._left += range(start, start + size)
        taken, self._left = self._left[:count], self._left[count:]
        return taken


class SimulatedSender(Sender):
    """Without tasks of its own: a step that is begun is never cancelled here, only killed."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        one_by_one: Any = OneByOne(self._write_settlements)
        self._settling = one_by_one

    async def _rest(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    async def _see_through(self, sending: Coroutine[Any, Any, None]) -> None:
        await sending

    async def live(self, line: type[Line]) -> None:
        """The worker makes its line in its first step."""
        work = self._work()
        with mock.patch("services.notifier.sender.MailLine", line):
            first = work.send(None)
        await _continued(first, work)

    def end(self) -> None:
        self._stopping = True


class OneByOne:
    """Answers are written down when they are waited for, so as late as may be."""

    def __init__(self, write: Callable[[Sequence[Any]], Awaitable[Sequence[bool]]]) -> None:
        self._write = write

    def begin(self, item: Any) -> "Unwritten":
        return Unwritten(self._write, item)


@dataclass(frozen=True, slots=True)
class Unwritten:
    write: Callable[[Sequence[Any]], Awaitable[Sequence[bool]]]
    item: Any

    def __await__(self) -> Generator[Any, None, bool]:
        [answer] = yield from self.write([self.item]).__await__()
        return answer


@coroutine
def _continued(first: Any, work: Coroutine[Any, Any, None]) -> Generator[Any, None, None]:
    yield first
    yield from work


class SenderClock:
    """The scheduler's, and a place to die at while there is nothing to send."""

    def __init__(self, world: World, process: Process) -> None:
        self._world = world
        self._process = process
        self.sender: SimulatedSender | None = None

    def now(self) -> Any:
        return self._world.scheduler.now()

    async def sleep(self, seconds: float) -> None:
        if self._world.over and self.sender is not None:
            self.sender.end()
            return
        await self._world.pass_by(self._process, "rest", REST)
        await Pause(self._world.scheduler.time + int(seconds * SECOND))


class Composition:
    """What all processes of one world share outside broker and databases."""

    def __init__(self) -> None:
        self.office = PostOffice()
        self._blobs = MemoryBlobs()
        self._numbers: list[int] = []
        words, routes, policies, _ = rules()
        self.services = (
            ServicePlan(
                "intake",
                (
                    _stage(RECEPTION, lambda: Reception(self._blobs, ReceptionOptions(SECRET))),
                    StagePlan(LIFECYCLE, self._lifecycle, "intake"),
                ),
            ),
            ServicePlan("triage", (_stage(TRIAGE, lambda: TriageHandler(words)),)),
            ServicePlan(
                "router",
                (
                    _stage(FORWARD, lambda: Forwarder(routes)),
                    _stage(DECIDE, lambda: Dispatcher(routes)),
                ),
            ),
            ServicePlan("sla", (_stage(SLA, lambda: SlaHandler(policies)),)),
            ServicePlan(
                "notifier",
                (StagePlan(NOTIFIER, self._notifier, "notifier"),),
                self._send,
            ),
            ServicePlan("reporting", (_stage(REPORTING, Reporter),)),
        )

    def _lifecycle(self, world: World, process: Process) -> Handler[Any]:
        return Lifecycle(Numbers(world, process, self._numbers), Policy())

    def _notifier(self, _world: World, process: Process) -> Handler[Any]:
        _, _, _, correspondence = rules()
        return Notifier(correspondence, GIVE_UP, _handover(process))

    async def _send(self, world: World, process: Process) -> None:
        """The notifier's sender, beside its stage in the same process."""
        collection: Any = Collection(
            world.databases["notifier"],
            DELIVERIES,
            partial(world.pass_by, process, "deliveries"),
            world.scheduler.now,
            partial(self.office.watch, world),
        )
        clock = SenderClock(world, process)
        sender = clock.sender = SimulatedSender(
            Deliveries(collection, LEASE),
            _handover(process),
            self._blobs,
            SENDING,
            our_name=process.name,
            clock=clock,
            health=Health(),
            wake=process.wake,
        )
        line = type("WorldsLine", (Line,), {"office": self.office, "world": world})
        await sender.live(line)


def _handover(process: Process) -> Handover:
    """The same for a process's stage and its sender; it dies with them."""
    handover: Handover = process.memory.setdefault("handover", Handover(LEASE, room=2))
    return handover


def _stage(stage: Stage[Any], handler: Any) -> StagePlan:
    database = stage.name.split("-")[0]
    return StagePlan(stage, lambda _world, _process: handler(), database)
