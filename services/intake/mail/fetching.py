"""Fetches mail by IMAP: what Kafka has is moved away, what is moved away Kafka has."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from services.intake.mail.imap import Connection, Waiting
from services.intake.mail.mailboxes import Mailbox
from services.intake.mail.taking import Delivered, MailDoor, NotTakenError
from services.intake.mail.troubled import Troubled
from shared.contracts.envelope import deterministic_id
from shared.kit.health import Health
from shared.kit.ports import Clock

log = structlog.get_logger("deskstream.intake")
SOURCE = "/deskstream/intake/imap"
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 300.0
AWAY = (IMAPClientError, OSError, NotTakenError, ValueError)
LOST = (IMAPClientAbortError, OSError)  # the connection, and not only this mail
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetcher:
    """One mailbox, watched until cancelled."""

    box: Mailbox
    door: MailDoor
    health: Health
    clock: Clock
    connect: Callable[[Mailbox], Connection] = Connection
    troubled: Troubled = field(default_factory=Troubled)

    async def watch(self) -> None:
        """Whatever goes wrong is shown and tried again, after pauses that grow."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                async with contextlib.aclosing(_Session(self)) as session:
                    await session.open()
                    while True:
                        await session.take_all()
                        self.show(self.troubled.told)
                        pause = FIRST_PAUSE_SECONDS
                        await session.pause()
            except AWAY as error:
                reason = f"cannot fetch from {self.box.host}: {type(error).__name__}"
                self.show(f"{reason}; tried again in {pause:g} s")
                log.warning("mailbox away", mailbox=self.box.address, reason=type(error).__name__)
                await self.clock.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def show(self, trouble: str | None) -> None:
        self.health.degraded(f"imap {self.box.address}", trouble)


class _Session:
    """One connection, in a thread of its own, since its waits would hold up everybody else's."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._box = fetcher.box
        self._troubled = fetcher.troubled
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")
        self._connection: Connection | None = None

    async def open(self) -> None:
        self._connection = await self._do(lambda: self._fetcher.connect(self._box))
        await self._do(self._connected.open)

    async def take_all(self) -> None:
        """One that cannot be taken holds up nobody else's. Raises where the mailbox is away."""
        waiting = await self._do(self._connected.waiting)
        for mail in self._troubled.in_turn(waiting, self._fetcher.clock.now()):
            try:
                await self._take(mail)
            except NotTakenError:
                raise
            except Exception as error:  # whatever it is about this one
                self._note(mail, error)
                if isinstance(error, LOST):
                    raise

    def _note(self, mail: Waiting, error: Exception) -> None:
        reason = type(error).__name__
        unforeseen = None if isinstance(error, AWAY) else error
        log.warning(
            "mail not taken",
            mailbox=self._box.address,
            uid=mail.uid,
            reason=reason,
            exc_info=unforeseen,
        )
        self._troubled.failed(mail, self._fetcher.clock.now(), reason)

    async def _take(self, mail: Waiting) -> None:
        """First to Kafka, then away: what is interrupted between comes again under the same id."""
        folder = self._box.taken
        if mail.size > self._fetcher.door.settings.largest_raw_bytes:
            log.warning("mail too large", mailbox=self._box.address, size=mail.size)
            folder = self._box.too_large
        elif self._troubled.is_taken(mail):
            await self._do(self._connected.make_folders)
        else:
            body = await self._do(lambda: self._connected.read(mail))
            delivered = Delivered(event_id_of(self._box, mail), self._box.address, body)
            await self._fetcher.door.take(SOURCE, [delivered])
            self._troubled.taken(mail)
        await self._do(lambda: self._connected.put_away(mail, folder))
        self._troubled.gone(mail)

    async def pause(self) -> None:
        if self._connected.can("IDLE"):
            await self._do(lambda: self._connected.wait(self._box.look_seconds))
        else:
            await self._fetcher.clock.sleep(self._box.look_seconds)

    @property
    def _connected(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("this session is not open")
        return self._connection

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def aclose(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError, IMAPClientError):
                self._connection.close()
        self._thread.shutdown(wait=False, cancel_futures=True)


def event_id_of(box: Mailbox, mail: Waiting) -> str:
    return deterministic_id("imap", box.host, box.user, box.folder, mail.validity, mail.uid)


def fetchers(
    boxes: tuple[Mailbox, ...], door: MailDoor, health: Health, clock: Clock
) -> list[Callable[[], Awaitable[None]]]:
    return [Fetcher(box, door, health, clock).watch for box in boxes]
