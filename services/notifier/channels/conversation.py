"""The words of one mail to its server: several commands in one write, where it allows that."""

import asyncio
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

OK = 250
TAKEN = frozenset({OK, 251, 252})
GO_ON = 354
LONGEST_LINE, LONGEST_ANSWER = 2_000, 100_000
_LINE_END = re.compile(rb"\r\n|\r|\n")
_END = b".\r\n"


class RefusedError(Exception):
    """The server said no at this step; `text` may name addresses."""

    def __init__(self, code: int, text: str, step: str) -> None:
        super().__init__(code)
        self.code, self.text, self.step = code, text, step


class BrokenError(Exception):
    """The connection ended at this step; `handed_over`: the whole content was on its way."""

    def __init__(self, kind: str, step: str, *, handed_over: bool) -> None:
        super().__init__(kind)
        self.kind, self.step, self.handed_over = kind, step, handed_over


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    text: str


class Conversation(asyncio.Protocol):
    """Takes over a connection on which the server was greeted, and has it for its own."""

    def __init__(
        self, transport: asyncio.Transport, answer_seconds: float, *, pipelining: bool
    ) -> None:
        """With `pipelining` (RFC 2920) answers are waited for once for all commands of a mail."""
        self._transport = transport
        self._answer_seconds = answer_seconds
        self._pipelining = pipelining
        self._buffer = bytearray()
        self._text: list[bytes] = []
        self._answers: deque[Answer] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._lost: str | None = None
        self._gone = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        return self._lost is None and not self._transport.is_closing()

    async def send(self, sender: str, to: str, data: bytes) -> None:
        """Until the server has taken it. Raises RefusedError or BrokenError."""
        commands = (
            (f"MAIL FROM:<{sender}>", "MAIL"),
            (f"RCPT TO:<{to}>", "RCPT"),
            ("DATA", "DATA"),
        )
        if self._pipelining:
            self._write("".join(f"{command}\r\n" for command, _ in commands).encode("ascii"))
        refused: RefusedError | None = None
        for command, step in commands:
            if not self._pipelining:
                self._write(f"{command}\r\n".encode("ascii"))
            answer = await self._answer(step)
            good = answer.code == GO_ON if step == "DATA" else answer.code in TAKEN
            if good and step == "DATA" and refused is not None:
                await self._nothing_after_all(refused)
            if not good and refused is None:
                refused = RefusedError(answer.code, answer.text, step)
            if refused is not None and not self._pipelining:
                break
        if refused is not None:
            raise refused
        await self._hand_over(data)

    async def ask(self, command: str) -> Answer:
        self._write(f"{command}\r\n".encode("ascii"))
        return await self._answer(command)

    def close(self) -> None:
        self._transport.close()

    async def end(self) -> None:
        """Politely, but within a second."""
        try:
            with suppress(BrokenError, TimeoutError):
                async with asyncio.timeout(1):
                    await self.ask("QUIT")
        finally:
            self.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._gone.wait()

    async def _nothing_after_all(self, refused: RefusedError) -> None:
        """It waits for the content of a mail that it refused, and gets none."""
        self._write(_END)
        if (await self._answer(refused.step)).code == OK:
            self.close()

    async def _hand_over(self, data: bytes) -> None:
        self._write(content(data), handed_over=True)
        await self._writable.wait()
        answer = await self._answer("DATA", handed_over=True)
        if answer.code != OK:
            raise RefusedError(answer.code, answer.text, "DATA")

    def _write(self, data: bytes, *, handed_over: bool = False) -> None:
        if not self.is_open:
            raise BrokenError(self._lost or "ConnectionClosed", "MAIL", handed_over=handed_over)
        try:
            self._transport.write(data)
        except RuntimeError as error:  # uvloop's word for a connection that was cut just now
            raise BrokenError("ConnectionClosed", "MAIL", handed_over=handed_over) from error

    async def _answer(self, step: str, *, handed_over: bool = False) -> Answer:
        if not self._answers and self._lost is None:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            late = loop.call_later(self._answer_seconds, self._end, "TimeoutError")
            try:
                await self._waiter
            finally:
                late.cancel()
                self._waiter = None
        if not self._answers:
            raise BrokenError(self._lost or "", step, handed_over=handed_over)
        return self._answers.popleft()

    # --- the connection's side ---------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip()
            del self._buffer[: end + 1]
            self._hear(line)
        if len(self._buffer) > LONGEST_LINE or sum(map(len, self._text)) > LONGEST_ANSWER:
            self._end("AnswerTooLong")
        if self._answers:
            self._wake()

    def _hear(self, line: bytes) -> None:
        self._text.append(line[4:])
        if line[3:4] == b"-":
            return
        text = b" ".join(self._text).decode("utf-8", "replace")
        self._text = []
        try:
            self._answers.append(Answer(int(line[:3]), text))
        except ValueError:
            self._end("NoAnswer")

    def connection_lost(self, error: Exception | None) -> None:
        self._end(type(error).__name__ if error else "ConnectionClosed")
        self._gone.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _end(self, why: str) -> None:
        self._lost = self._lost or why
        self._transport.abort()
        self._writable.set()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def content(data: bytes) -> bytes:
    """With CRLF alone as line ends, and no line that would end the mail early (RFC 5321, 4.5.2)."""
    ends = data.count(b"\r\n")
    if data.count(b"\n") != ends or data.count(b"\r") != ends:
        data = _LINE_END.sub(b"\r\n", data)
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    first = b"." if stuffed.startswith(b".") else b""
    last = b"" if stuffed.endswith(b"\r\n") else b"\r\n"
    return b"".join((first, stuffed, last, _END))


def conversation_of(
    transport: asyncio.BaseTransport | None, answer_seconds: float, *, pipelining: bool
) -> Conversation:
    if transport is None:
        raise ConnectionResetError("the connection ended when it had just begun")
    return Conversation(cast("asyncio.Transport", transport), answer_seconds, pipelining=pipelining)
