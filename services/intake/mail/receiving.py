"""SMTP's DATA as we take it: lines of any length, and no haste while bytes come."""

from asyncio import LimitOverrunError
from typing import Any

from aiosmtpd.smtp import SMTP

LINE_END = b"\r\n"
LONE_DOT = b".\r\n"
SEND = "354 end the mail with a dot alone on a line"
NO_ARGUMENT = "501 5.5.4 DATA takes nothing behind it"
NOBODY = "503 5.5.1 first say for whom (RCPT TO)"
TOO_LARGE = "552 5.3.4 the mail is over {most} bytes, which is the most that is taken here"
# Who brings less than this within the time for a silent connection counts as silent.
A_SIGN_OF_LIFE = 65_536


class AnyLines(SMTP):
    """aiosmtpd refuses a line of more than 1,001 bytes for good: then the whole mail is lost.

    Programs that write such mail are many, and what reads it here does not mind.
    """

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if arg or envelope is None or not envelope.rcpt_tos:
            await self.push(NO_ARGUMENT if arg else NOBODY)
            return
        await self.push(SEND)
        content = await self._content()
        if content is None:
            answer: Any = TOO_LARGE.format(most=self.data_size_limit)
        else:
            envelope.content = envelope.original_content = content
            answer = await self._call_handler_hook("DATA")
        self.envelope = self._create_envelope()
        await self.push(answer)

    async def _content(self) -> bytes | None:
        """Up to the lone dot, which does not count unless a line really ends before and after it.

        None: it was too much, and nothing of it was kept.
        """
        content, most, came, at_start = bytearray(), self.data_size_limit or 0, 0, True
        while (piece := await self._piece()) != LONE_DOT or not at_start:
            if came // A_SIGN_OF_LIFE != (came + len(piece)) // A_SIGN_OF_LIFE:
                self._reset_timeout()
            came += len(piece)
            content += piece[1:] if at_start and piece[:1] == b"." else piece
            if came > most:
                content.clear()
            at_start = piece.endswith(LINE_END)
        return bytes(content) if came <= most else None

    async def _piece(self) -> bytes:
        """A line with its end; of one that is too long for the buffer, what there is of it."""
        try:
            return bytes(await self._reader.readuntil(LINE_END))
        except LimitOverrunError as more:
            return bytes(await self._reader.read(more.consumed))
