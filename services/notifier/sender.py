"""Sends what is due: leases, attempts, and what a mail server's answers lead to.

A mail goes out twice only where nobody can know whether it went out once: the connection broke
after the content, or a process died before it wrote down the answer. Then it is sent again under
the same Message-ID, by which mail systems drop the second, and counted.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import structlog
from prometheus_client import Counter, Gauge, Histogram
from pymongo.errors import PyMongoError

from services.notifier.channels import Judged, MailLine, MailServerAwayError, Outage, Verdict
from services.notifier.domain.letter import Mail, wire
from services.notifier.domain.retry import pause_after
from services.notifier.settings import NotifierSettings
from services.notifier.store import MAIL, mail_of
from shared.kit.blobs import BlobMissingError, Blobs
from shared.kit.deliveries import Claim, Deliveries, Settlement, failed, later, released, sent
from shared.kit.gathering import Gathering
from shared.kit.handover import Handover
from shared.kit.health import Health
from shared.kit.ports import Clock

DELIVERIES = Counter(
    "deskstream_notifier_deliveries_total",
    "What became of attempts to deliver: sent, failed, later.",
    ("template", "state"),
)
UNCLEAR = Counter(
    "deskstream_notifier_unclear_total",
    "Mails that may have gone out before and are sent again, by what was lost.",
    ("lost",),
)
SECONDS = Histogram(
    "deskstream_notifier_send_seconds",
    "From MAIL to the server's last answer.",
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
DUE = Gauge("deskstream_notifier_deliveries_due", "Deliveries that wait for a sender.")
OLDEST = Gauge("deskstream_notifier_oldest_due_seconds", "How long the oldest has been due.")

HOUSEKEEPING_SECONDS = 5.0
SETTLING_SECONDS = 0.005  # answers are gathered so long before they are written down
REPEAT_SECONDS = 0.5
NEVER_TAKEN = "no mail server took it in time"
T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Noted:
    """What became of an attempt, on its way to the store; `written` says whether it counts."""

    claim: Claim
    state: str
    detail: str
    written: Awaitable[bool]


class Sender:
    def __init__(
        self,
        deliveries: Deliveries,
        handover: Handover,
        blobs: Blobs,
        settings: NotifierSettings,
        *,
        our_name: str,
        clock: Clock,
        health: Health,
        wake: Callable[[], None],
    ) -> None:
        """`wake` tells the stage in this process that an outcome waits."""
        self._deliveries = deliveries
        self._handover = handover
        self._blobs = blobs
        self._settings = settings
        self._our_name = our_name
        self._clock = clock
        self._wake = wake
        self._stopping = False
        self._turn = asyncio.Lock()
        self._next_look = clock.now()
        self._more = False  # than one look brought
        self._settling = Gathering(self._write_settlements, SETTLING_SECONDS)
        self._server = f"mail server {settings.smtp_host}:{settings.smtp_port}"
        self._server_outage = Outage("smtp", health, clock)
        self._store_outage = Outage("deliveries", health, clock)

    async def run(self) -> None:
        """Until cancelled. A mail that is on its way then gets a little time to arrive."""
        settling = asyncio.ensure_future(self._settling.run())
        works = [self._keep_house(), *(self._work() for _ in range(self._settings.workers))]
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            done, _ = await asyncio.wait([settling, *tasks], return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            self._stopping = True
            self._handover.open = False
            await _end(tasks)
            left = asyncio.ensure_future(self._give_back(self._handover.take_all()))
            await _finish(left, self._settings.stop_seconds)
            await _end([settling])

    async def _work(self) -> None:
        line = MailLine(self._settings, self._our_name)
        idle_seconds = 0.0
        try:
            while not self._stopping:
                if await self._send_some(line):
                    idle_seconds = 0.0
                    continue
                await self._rest(self._settings.poll_seconds)
                idle_seconds += self._settings.poll_seconds
                if idle_seconds > self._settings.smtp_idle_seconds:
                    await line.close()
        finally:
            await line.close()

    async def _rest(self, seconds: float) -> None:
        await self._handover.arrival(seconds)

    async def _send_some(self, line: MailLine) -> bool:
        """Whether there was anything to do.

        What waits in the store gets its share, and all that what was handed over leaves.
        """
        if self._is_time_to_look():
            return await self._send_stored(line) or await self._send_handed_over(line)
        return await self._send_handed_over(line) or (self._more and await self._send_stored(line))

    def _is_time_to_look(self) -> bool:
        """For one worker of all, once a while."""
        now = self._clock.now()
        if now < self._next_look:
            return False
        self._next_look = now + timedelta(seconds=self._settings.poll_seconds)
        return True

    async def _send_handed_over(self, line: MailLine) -> bool:
        claims = self._handover.take(self._settings.claim)
        if claims:
            await self._see_through(self._open_and_send(line, claims))
        return bool(claims)

    async def _open_and_send(self, line: MailLine, claims: Sequence[Claim]) -> None:
        if line.is_open or await self._open(line):
            await self._send_all(line, claims)
        else:
            await self._give_back(claims)

    async def _send_stored(self, line: MailLine) -> bool:
        """Nothing is claimed without a connection.

        One worker at a time looks and claims: all at once would reach for the same mails.
        """
        await self._turn.acquire()
        ids: Sequence[str] = ()
        able = False
        try:
            ids = await self._look()
            able = bool(ids) and (line.is_open or await self._open(line))
        finally:
            if not able:
                self._turn.release()
        if able:
            await self._see_through(self._claim_and_send(line, ids))
        return bool(ids)

    async def _look(self) -> Sequence[str]:
        """For all workers at once: looks and claims cost more than the mails between them."""
        most = self._settings.claim * self._settings.workers
        ids = await self._stored(lambda: self._deliveries.due(most))
        self._more = len(ids) == most
        return ids

    async def _open(self, line: MailLine) -> bool:
        try:
            await line.open()
        except MailServerAwayError as away:
            self._handover.open = False
            await self._server_outage.wait(f"{self._server} cannot be used: {away}")
            return False
        return True

    async def _see_through(self, sending: Coroutine[Any, Any, None]) -> None:
        """Cancelled in between, what was begun is finished, for a while."""
        task = asyncio.create_task(sending)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            self._stopping = True
            await _finish(task, self._settings.stop_seconds)
            raise

    async def _claim_and_send(self, line: MailLine, ids: Sequence[str]) -> None:
        """Gives the turn back as soon as these are ours; what is too much for one, others take."""
        try:
            claims = await self._stored(lambda: self._deliveries.claim(ids))
            self._handover.put(claims[self._settings.claim :])
        finally:
            self._turn.release()
        await self._send_all(line, claims[: self._settings.claim])

    async def _send_all(self, line: MailLine, claims: Sequence[Claim]) -> None:
        """What would reach into the lease's second half, or comes after an outage, is let go.

        An answer is written down while the next mail goes out, and before the one after that: a
        death leaves no more than two for each worker in doubt.
        """
        half = timedelta(seconds=self._settings.lease_seconds / 2)
        last: _Noted | None = None
        let_go: Sequence[Claim] = ()
        away: str | None = None
        for number, claim in enumerate(claims):
            late = self._clock.now() - claim.claimed_at > half
            judged = None if late or self._stopping else await self._send(line, claim)
            if judged is None or judged.verdict is Verdict.AWAY:
                let_go, away = claims[number:], judged.detail if judged else None
                break
            noted = self._note(claim, judged)
            await self._tell(last)
            last = noted
        await self._give_back(let_go)
        await self._tell(last)
        if away is not None:
            self._handover.open = False
            await self._server_outage.wait(f"{self._server} takes no mail: {away}")

    async def _send(self, line: MailLine, claim: Claim) -> Judged:
        if claim.taken_over:
            UNCLEAR.labels("holder").inc()
        mail = claim.content if isinstance(claim.content, Mail) else mail_of(claim.document)
        data = await self._composed(claim.delivery_id, mail)
        if isinstance(data, Judged):
            return data
        with SECONDS.time():
            judged = await line.send(mail.reply_to, mail.to, data, self._settings.lease_seconds / 2)
        if judged.verdict is not Verdict.AWAY:
            self._server_outage.over()
            self._handover.open = not self._stopping
        return judged

    async def _composed(self, delivery_id: str, mail: Mail) -> bytes | Judged:
        """Judged at once where it can never be sent."""
        try:
            contents = [
                await self._stored(partial(self._blobs.get, attached.blob_id))
                for attached in mail.attachments
            ]
            return wire(mail, delivery_id, contents)
        except BlobMissingError:
            error = "an attachment is not in the blob store"
        except ValueError as broken:
            error = f"it cannot be written as a mail: {type(broken).__name__}"
        return Judged(Verdict.REFUSED, error)

    def _note(self, claim: Claim, judged: Judged) -> "_Noted":
        state, settlement = self._settlement(claim, judged)
        return _Noted(claim, state, judged.detail, self._settling.begin(settlement))

    async def _tell(self, noted: "_Noted | None") -> None:
        """Once it is written down."""
        if noted is None:
            return
        ours = await noted.written
        self._wake()
        claim, state = noted.claim, noted.state
        template = claim.document["template"]
        DELIVERIES.labels(template, state).inc()
        log.info(
            "delivery",
            delivery=claim.delivery_id,
            ticket=claim.document["subject"],
            template=template,
            state=state,
            attempts=claim.attempts,
            detail=noted.detail,
        )
        if not ours:
            UNCLEAR.labels("lease").inc()
            log.warning("lease lost", delivery=claim.delivery_id, state=state)

    def _settlement(self, claim: Claim, judged: Judged) -> tuple[str, Settlement]:
        if judged.verdict is Verdict.SENT:
            return "sent", sent(claim, MAIL)
        if judged.verdict is Verdict.REFUSED:
            return "failed", failed(claim, judged.detail, MAIL)
        if judged.verdict is Verdict.UNCLEAR:
            UNCLEAR.labels("connection").inc()
        pause = pause_after(
            claim.attempts,
            claim.delivery_id,
            first=timedelta(seconds=self._settings.first_retry_seconds),
            longest=timedelta(seconds=self._settings.longest_retry_seconds),
        )
        if claim.claimed_at + pause > claim.give_up_at:
            return "failed", failed(claim, judged.detail, MAIL)
        return "later", later(claim, pause, judged.detail)

    async def _give_back(self, claims: Sequence[Claim]) -> None:
        if claims:
            await self._stored(lambda: self._deliveries.settle([released(each) for each in claims]))

    async def _write_settlements(self, settlements: Sequence[Settlement]) -> Sequence[bool]:
        return await self._stored(lambda: self._deliveries.settle(settlements))

    async def _stored(self, ask: Callable[[], Awaitable[T]]) -> T:
        """A sent mail is written down before anything else: also when the database is away."""
        while True:
            try:
                answer = await ask()
            except PyMongoError as error:
                await self._store_outage.wait(f"the database is away: {type(error).__name__}")
            else:
                self._store_outage.over()
                return answer

    async def _keep_house(self) -> None:
        while not self._stopping:
            backlog = await self._stored(self._deliveries.backlog)
            DUE.set(backlog.due)
            OLDEST.set(backlog.oldest_seconds)
            ended = await self._stored(lambda: self._deliveries.give_up(NEVER_TAKEN))
            if ended:
                self._wake()
                log.warning("given up", deliveries=ended, reason=NEVER_TAKEN)
            await self._clock.sleep(HOUSEKEEPING_SECONDS)


async def _finish(task: "asyncio.Task[None]", seconds: float) -> None:
    """However often we are cancelled meanwhile; after these seconds the task is."""
    now = asyncio.get_running_loop().time
    end = now() + seconds
    while not task.done():
        left = end - now()
        if left <= 0:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task], timeout=max(left, REPEAT_SECONDS))


async def _end(tasks: Sequence["asyncio.Future[None]"]) -> None:
    """Before Python 3.12 `wait_for` may swallow a cancellation: it is repeated until heard."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=REPEAT_SECONDS)
