"""SMTP's DATA as we take it: lines of any length, and no haste while bytes come."""

from asyncio import LimitOverrunError
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

LINE_END = b"\r\n"
LONE_DOT = b".\r\n"
SEND = "354 end the mail with a dot alone on a line"
NO_ARGUMENT = "501 5.5.4 DATA takes nothing behind it"
NOBODY = "503 5.5.1 first say for whom (RCPT TO)"
TOO_LARGE = "552 5.3.4 the mail is over {most} bytes, which is the most that is taken here"
NO_ROOM = "452 4.3.1 too much mail at a time: send it again later"
# Who brings less than this within the time for a silent connection counts as silent.
A_SIGN_OF_LIFE = 65_536


class Room:
    """How many bytes of mails a port may hold at a time, over all its connections."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0

    def take(self, count: int) -> bool:
        """False: there is no room for that."""
        if self._held + count > self._most:
            return False
        self._held += count
        return True

    def give(self, count: int) -> None:
        self._held -= count


class AnyLines(SMTP):
    """aiosmtpd refuses a line of more than 1,001 bytes for good: then the whole mail is lost.

    Programs that write such mail are many, and what reads it here does not mind.
    """

    def __init__(self, handler: object, *, room: Room, **options: Any) -> None:
        super().__init__(handler, **options)
        self._room = room
        self._held = 0

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if arg or envelope is None or not envelope.rcpt_tos:
            await self.push(NO_ARGUMENT if arg else NOBODY)
            return
        await self.push(SEND)
        try:
            await self.push(await self._taken(envelope))
        finally:
            self._let_go()
            self.envelope = self._create_envelope()

    async def _taken(self, envelope: Envelope) -> Any:
        try:
            content = await self._content()
        except _RefusedError as refused:
            return str(refused)
        envelope.content = envelope.original_content = content
        return await self._call_handler_hook("DATA")

    async def _content(self) -> bytes:
        """Up to the lone dot, which does not count unless a line really ends before and after it.

        Raises _RefusedError at the end of what is too much; nothing of that is kept.
        """
        content, came, at_start, why_not = bytearray(), 0, True, ""
        while (piece := await self._piece()) != LONE_DOT or not at_start:
            if came // A_SIGN_OF_LIFE != (came + len(piece)) // A_SIGN_OF_LIFE:
                self._reset_timeout()
            came += len(piece)
            why_not = why_not or self._no_room_for(came, len(piece))
            if why_not:
                content.clear()
                self._let_go()
            else:
                content += piece[1:] if at_start and piece[:1] == b"." else piece
            at_start = piece.endswith(LINE_END)
        if why_not:
            raise _RefusedError(why_not)
        return bytes(content)

    def _no_room_for(self, came: int, count: int) -> str:
        """The answer, or nothing: then it is held."""
        if came > (self.data_size_limit or 0):
            return TOO_LARGE.format(most=self.data_size_limit)
        if not self._room.take(count):
            return NO_ROOM
        self._held += count
        return ""

    def _let_go(self) -> None:
        self._room.give(self._held)
        self._held = 0

    async def _piece(self) -> bytes:
        """A line with its end; of one that is too long for the buffer, what there is of it."""
        try:
            return bytes(await self._reader.readuntil(LINE_END))
        except LimitOverrunError as more:
            return bytes(await self._reader.read(more.consumed))


class _RefusedError(Exception):
    """The text is the answer."""
