"""Fetches mail by IMAP: what Kafka has is moved away, what is moved away Kafka has."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import structlog
from imapclient.exceptions import IMAPClientError

from services.intake.mail.imap import Connection, Waiting
from services.intake.mail.mailboxes import Mailbox
from services.intake.mail.taking import Delivered, MailDoor, NotTakenError
from shared.contracts.envelope import deterministic_id
from shared.kit.health import Health
from shared.kit.ports import Clock

log = structlog.get_logger("deskstream.intake")
SOURCE = "/deskstream/intake/imap"
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 300.0
AWAY = (IMAPClientError, OSError, NotTakenError, ValueError)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetcher:
    """One mailbox, watched until cancelled."""

    box: Mailbox
    door: MailDoor
    health: Health
    clock: Clock
    connect: Callable[[Mailbox], Connection] = Connection

    async def watch(self) -> None:
        """Whatever goes wrong is shown and tried again, after pauses that grow."""
        pause = FIRST_PAUSE_SECONDS
        name = f"imap {self.box.address}"
        while True:
            try:
                async with contextlib.aclosing(_Session(self)) as session:
                    await session.open()
                    self.health.degraded(name, None)
                    pause = FIRST_PAUSE_SECONDS
                    await session.run()
            except AWAY as error:
                reason = f"cannot fetch from {self.box.host}: {type(error).__name__}"
                self.health.degraded(name, f"{reason}; tried again in {pause:g} s")
                log.warning("mailbox away", mailbox=self.box.address, reason=type(error).__name__)
                await self.clock.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


class _Session:
    """One connection, in a thread of its own, since its waits would hold up everybody else's."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._box = fetcher.box
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="imap")
        self._connection: Connection | None = None

    async def open(self) -> None:
        self._connection = await self._do(lambda: self._fetcher.connect(self._box))
        await self._do(self._connected.open)

    async def run(self) -> None:
        while True:
            for mail in await self._do(self._connected.waiting):
                await self._take(mail)
            await self._pause()

    async def _take(self, mail: Waiting) -> None:
        """First to Kafka, then away: what is interrupted between comes again under the same id."""
        if mail.size > self._fetcher.door.settings.largest_raw_bytes:
            log.warning("mail too large", mailbox=self._box.address, size=mail.size)
            await self._do(lambda: self._connected.put_away(mail, self._box.too_large))
            return
        body = await self._do(lambda: self._connected.read(mail))
        if body is None:
            return
        delivered = Delivered(event_id_of(self._box, mail), self._box.address, body)
        await self._fetcher.door.take(SOURCE, [delivered])
        await self._do(lambda: self._connected.put_away(mail, self._box.taken))

    async def _pause(self) -> None:
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
