"""The mail server at the pipeline's end in all its moods, as a process that is told by a file.

`python -m tests.chaos.mailserver PORT RECORD MOOD`. The file MOOD holds one word. A line of RECORD
is: what became of it, milliseconds of the epoch, Message-ID, recipient.
"""

import asyncio
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import uvloop
from aiosmtpd.smtp import Envelope, Session

from deskstream.demo.smtp_sink import HANG_UP, SmtpSink

MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]*>)", re.IGNORECASE | re.MULTILINE)
LOOK_SECONDS = 0.05
SLOW_SECONDS = 10.0
LATER = "451 4.3.0 not now"
REFUSED = "554 5.7.1 not wanted"
SHARE = 2  # every second mail is answered by the mood, so that both ways are gone


class Mood(StrEnum):
    WELL = "well"
    SLOW = "slow"
    LATER = "later"
    REFUSED = "refused"
    TARPIT = "tarpit"
    AWAY = "away"
    HANGUP = "hangup"


class Posted(NamedTuple):
    taken: bool  # False: refused for good
    at_ms: int
    message_id: str
    recipient: str


@dataclass(slots=True)
class MoodySink(SmtpSink):
    """Its answers to mails follow the mood; `refused` hears of what it refuses for good."""

    mood: Mood = Mood.WELL
    refused: Callable[[str, str], None] | None = None
    _asked: int = 0

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        self._asked += 1
        if self.mood is Mood.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        elif self._asked % SHARE == 0 and self.mood is Mood.LATER:
            return LATER
        elif self._asked % SHARE == 0 and self.mood is Mood.REFUSED:
            if self.refused is not None:
                self.refused(_message_id(envelope.content), str(envelope.rcpt_tos[0]))
            return REFUSED
        elif self._asked % SHARE == 0 and self.mood is Mood.HANGUP:
            self.answer("DATA", HANG_UP)
        return await super(MoodySink, self).handle_DATA(server, session, envelope)


def _message_id(content: str | bytes | None) -> str:
    data = content if isinstance(content, bytes) else (content or "").encode()
    found = MESSAGE_ID.search(data)
    return found[1].decode() if found else "-"


class MailServer:
    def __init__(self, port: int, record: Path, mood: Path) -> None:
        self._port = port
        self._record = record
        self._mood = mood

    async def serve(self) -> None:
        """Until cancelled."""
        with self._record.open("a", buffering=1, encoding="utf-8") as lines:

            def note(word: str, message_id: str, recipient: str) -> None:
                lines.write(f"{word} {time.time() * 1000:.0f} {message_id} {recipient}\n")

            sink = MoodySink(
                self._port,
                keep=0,
                caught=lambda mail: note("taken", _message_id(mail.content), mail.recipients[0]),
                refused=lambda message_id, recipient: note("refused", message_id, recipient),
            )
            async with sink:
                await self._follow(sink)

    async def _follow(self, sink: MoodySink) -> None:
        """What the file says; a tarpit and nobody listening take the sink's place."""
        pit: asyncio.Server | None = None
        while True:
            mood = self._wanted()
            if mood is not sink.mood:
                if pit is not None:
                    pit.close()
                    pit = None
                elif sink.mood is not Mood.AWAY and mood in (Mood.TARPIT, Mood.AWAY):
                    await sink.stop()
                if mood is Mood.TARPIT:
                    pit = await asyncio.start_server(_say_nothing, "127.0.0.1", self._port)
                elif mood is not Mood.AWAY and sink.mood in (Mood.TARPIT, Mood.AWAY):
                    await sink.start()
                sink.mood = mood
            await asyncio.sleep(LOOK_SECONDS)

    def _wanted(self) -> Mood:
        with suppress(OSError, ValueError):
            return Mood(self._mood.read_text(encoding="utf-8").strip())
        return Mood.WELL


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while await reader.read(1_000):
            pass
    writer.close()


@dataclass(slots=True)
class Post:
    """The record as it grows: each line is read once."""

    record: Path
    _read: int = 0

    def news(self) -> list[Posted]:
        """Whole lines only: the last may be on its way."""
        if not self.record.exists():
            return []
        with self.record.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        rows = (line.split(" ", 3) for line in whole.decode().splitlines())
        return [Posted(w == "taken", int(at), mid, to) for w, at, mid, to in rows]


def posted(record: Path) -> list[Posted]:
    """All of it until now."""
    return Post(record).news()


if __name__ == "__main__":
    port_, record_, mood_ = sys.argv[1:]
    uvloop.run(MailServer(int(port_), Path(record_), Path(mood_)).serve())
