"""What stands on the wire, against a server that is told what to do byte by byte."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from services.notifier.channels.conversation import (
    BrokenError,
    Conversation,
    RefusedError,
    content,
)


@asynccontextmanager
async def talking(
    *answers: tuple[int, str], pipelining: bool = True, seconds: float = 5
) -> AsyncIterator[tuple[Conversation, bytearray]]:
    """The server says each answer once it has heard so many lines; "" ends the connection."""
    heard = bytearray()
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await _answered(answers, heard, reader, writer)
        writer.close()
        over.set()

    server = await asyncio.start_server(serve, "127.0.0.1")
    address = server.sockets[0].getsockname()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, *address)
    talk = Conversation(transport, seconds, pipelining=pipelining)
    try:
        yield talk, heard
    finally:
        await talk.end()
        async with asyncio.timeout(5):
            await over.wait()
        server.close()
        await server.wait_closed()


async def _answered(
    answers: Sequence[tuple[int, str]],
    heard: bytearray,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    for lines, text in answers:
        while heard.count(b"\n") < lines:
            received = await reader.read(1000)
            heard.extend(received)
            if not received:
                return
        if not text:
            return
        writer.write(text.encode())
    await reader.read()


COMMANDS = b"MAIL FROM:<us@desk>\r\nRCPT TO:<ana@x>\r\nDATA\r\n"


async def test_commands_go_together_where_they_may() -> None:
    answers = [(3, "250 ok\r\n25"), (3, "0-fine\r\n250 ok\r\n354 go on\r\n"), (5, "250 taken\r\n")]
    async with talking(*answers) as (talk, heard):
        await talk.send("us@desk", "ana@x", b"Hi\r\n")
        assert bytes(heard) == COMMANDS + b"Hi\r\n.\r\n"


async def test_and_one_by_one_where_they_may_not() -> None:
    answers = [(1, "250 ok\r\n"), (2, "250 ok\r\n"), (3, "354 go on\r\n"), (5, "250 taken\r\n")]
    async with talking(*answers, pipelining=False) as (talk, heard):
        await talk.send("us@desk", "ana@x", b"Hi\r\n")
        assert bytes(heard) == COMMANDS + b"Hi\r\n.\r\n"


async def test_a_server_that_waits_for_a_refused_mail_gets_none() -> None:
    refusal = "250 ok\r\n550 nobody here\r\n354 go on\r\n"
    async with talking((3, refusal), (4, "554 no recipients\r\n")) as (talk, heard):
        with pytest.raises(RefusedError) as refused:
            await talk.send("us@desk", "ana@x", b"Hi\r\n")
        assert (refused.value.code, refused.value.step) == (550, "RCPT")
        assert bytes(heard) == COMMANDS + b".\r\n"
        assert talk.is_open


@pytest.mark.parametrize(
    ("answers", "step", "handed_over"),
    [
        ([(3, "")], "MAIL", False),
        ([(3, "250 ok\r\n"), (3, "")], "RCPT", False),
        ([(3, "250 ok\r\n250 ok\r\n"), (3, "")], "DATA", False),
        ([(3, "250 ok\r\n250 ok\r\n354 go on\r\n"), (5, "")], "DATA", True),
    ],
)
async def test_where_it_breaks_is_known(
    answers: list[tuple[int, str]], step: str, *, handed_over: bool
) -> None:
    async with talking(*answers) as (talk, _):
        with pytest.raises(BrokenError) as broken:
            await talk.send("us@desk", "ana@x", b"Hi\r\n")
        assert (broken.value.step, broken.value.handed_over) == (step, handed_over)
        assert not talk.is_open


@pytest.mark.parametrize("text", ["hello\r\n", "x" * 3_000, "250-a\r\n" * 20_000])
async def test_what_is_no_answer_ends_it(text: str) -> None:
    async with talking((3, text)) as (talk, _):
        with pytest.raises(BrokenError):
            await talk.send("us@desk", "ana@x", b"Hi\r\n")


async def test_nobody_waits_for_ever() -> None:
    async with talking((9, ""), seconds=0.05) as (talk, _):
        with pytest.raises(BrokenError, match="TimeoutError"):
            await talk.send("us@desk", "ana@x", b"Hi\r\n")


@pytest.mark.parametrize(
    ("data", "sent"),
    [
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b"a\n.\nb\r.\rc", b"a\r\n..\r\nb\r\n..\r\nc\r\n.\r\n"),
    ],
)
def test_no_line_of_a_mail_ends_it(data: bytes, sent: bytes) -> None:
    assert content(data) == sent
