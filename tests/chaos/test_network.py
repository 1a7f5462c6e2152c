"""The proxy's troubles, each seen from a client."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.chaos.network import Network, Trouble

SHORT = 0.2
BEAR = b"x" * 4_000
OPEN: list[asyncio.StreamWriter] = []
ECHOES: "set[asyncio.Task[None]]" = set()


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if task := asyncio.current_task():
        ECHOES.add(task)
        task.add_done_callback(ECHOES.discard)
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except ConnectionResetError:
        pass
    writer.close()


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    network = Network(seed=1, target=f"{host}:{port}")
    await network.start()
    yield network
    for writer in OPEN:
        writer.transport.abort()
    OPEN.clear()
    await network.stop()
    server.close()
    await asyncio.gather(*ECHOES)


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def echoed(self, data: bytes = BEAR) -> bytes:
        self.writer.write(data)
        async with asyncio.timeout(5):
            return await self.reader.readexactly(len(data))


async def connect(network: Network) -> Client:
    host, _, port = network.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    OPEN.append(writer)
    return Client(reader, writer)


async def test_without_trouble_it_passes_everything_on(network: Network) -> None:
    client = await connect(network)
    assert await client.echoed() == BEAR
    client.writer.write_eof()
    assert await client.reader.read() == b""


async def test_what_is_dropped_arrives_when_it_is_over(network: Network) -> None:
    client = await connect(network)
    await client.echoed()
    network.strike(Trouble.DROP)
    answer = asyncio.create_task(client.echoed())
    newcomer = asyncio.create_task((await connect(network)).echoed())
    done, _ = await asyncio.wait([answer, newcomer], timeout=SHORT)
    assert not done
    network.mend()
    assert await answer == await newcomer == BEAR


async def test_delayed_is_late_but_whole(network: Network) -> None:
    client = await connect(network)
    network.strike(Trouble.DELAY)
    began = asyncio.get_running_loop().time()
    assert await client.echoed() == BEAR
    assert asyncio.get_running_loop().time() - began >= 0.1


async def test_reset_ends_old_and_new_connections(network: Network) -> None:
    client = await connect(network)
    await client.echoed()
    network.strike(Trouble.RESET)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await client.echoed()
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await (await connect(network)).echoed()
    network.mend()
    assert await (await connect(network)).echoed() == BEAR


async def test_half_closed_says_nothing_until_it_is_over(network: Network) -> None:
    client = await connect(network)
    await client.echoed()
    network.strike(Trouble.HALF_CLOSE)
    answer = asyncio.create_task(client.echoed())
    done, _ = await asyncio.wait([answer], timeout=SHORT)
    assert not done
    network.mend()
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await answer


async def test_torn_ends_in_the_middle_of_a_message(network: Network) -> None:
    network.strike(Trouble.TEAR)
    parts = []
    for _ in range(30):
        client = await connect(network)
        client.writer.write(BEAR)
        client.writer.write_eof()
        try:
            parts.append(await client.reader.read(len(BEAR)))
        except ConnectionResetError:
            parts.append(b"")
    assert any(0 < len(part) < len(BEAR) for part in parts), "none was cut within"
    assert BEAR in parts, "none passed"
