"""The mail server's moods, as a mail client meets them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiosmtplib
import pytest

from deskstream.stack import ports
from tests.chaos.mailserver import MailServer, Mood, MoodySink, posted

PATIENCE_SECONDS = 10.0


async def send(port: int, number: int) -> int:
    """What the server said: 250 if it took the mail, 0 if it said nothing."""
    mail = f"From: us@desk.example\r\nMessage-ID: <{number}>\r\n\r\nHello\r\n"
    try:
        await aiosmtplib.send(
            mail.encode(),
            sender="us@desk.example",
            recipients=["ann@customers.example"],
            hostname="127.0.0.1",
            port=port,
            timeout=0.5,
            start_tls=False,
        )
    except aiosmtplib.SMTPResponseException as refused:
        return refused.code
    except aiosmtplib.SMTPException:
        return 0
    return 250


@dataclass
class Kept:
    taken: int = 0
    refused: list[str] = field(default_factory=list)


@pytest.mark.parametrize(
    ("mood", "answers", "taken", "refused"),
    [
        (Mood.WELL, [250, 250, 250, 250], 4, []),
        (Mood.LATER, [250, 451, 250, 451], 2, []),
        (Mood.REFUSED, [250, 554, 250, 554], 2, ["<1>", "<3>"]),
        (Mood.HANGUP, [250, 0, 250, 0], 4, []),
    ],
)
async def test_every_second_mail_meets_the_mood(
    mood: Mood, answers: list[int], taken: int, refused: list[str]
) -> None:
    kept = Kept()
    sink = MoodySink(mood=mood, refused=lambda message_id, _: kept.refused.append(message_id))
    async with sink:
        assert [await send(sink.port, number) for number in range(4)] == answers
    assert (sink.count, kept.refused) == (taken, refused)


@dataclass
class Server:
    port: int
    record: Path
    mood: Path

    async def greets(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            async with asyncio.timeout(0.2):
                return bool(await reader.read(3))
        except TimeoutError:
            return False
        finally:
            writer.close()
            await writer.wait_closed()

    async def is_silent(self) -> bool:
        return not await self.greets()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await holds():
            pass


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    port = ports.reserve()
    server = Server(port.number, tmp_path / "mails.txt", tmp_path / "mood.txt")
    serving = asyncio.create_task(MailServer(port.number, server.record, server.mood).serve())
    await until(server.greets)
    yield server
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving
    port.release()


@pytest.mark.parametrize("mood", [Mood.AWAY, Mood.TARPIT])
async def test_nobody_greets_until_it_is_well_again(server: Server, mood: Mood) -> None:
    server.mood.write_text(mood, encoding="utf-8")
    await until(server.is_silent)
    assert await send(server.port, 0) == 0
    server.mood.write_text(Mood.WELL, encoding="utf-8")
    await until(server.greets)
    assert await send(server.port, 1) == 250
    found = [(each.taken, each.message_id, each.recipient) for each in posted(server.record)]
    assert found == [(True, "<1>", "ann@customers.example")]
