"""The network between the services and a server, as a proxy of ours: silent, slow, cut, torn."""

import asyncio
import random
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from deskstream.stack import ports
from deskstream.stack.ports import Port

CHUNK_BYTES = 65_536
SLOW_SECONDS = (0.05, 0.4)  # each piece, each way
TORN_SHARE = 0.3  # of the pieces that pass meanwhile
# With this a close sends RST at once, and drops what is on its way.
LINGER = struct.pack("ii", 1, 0)


class Trouble(StrEnum):
    DROP = "drop"  # nothing passes, nothing ends: packets are lost until it is over
    DELAY = "delay"
    HALF_CLOSE = "halfclose"  # the server hears that we are done, we hear nothing any more
    RESET = "reset"  # every connection ends, new ones at once
    TEAR = "tear"  # connections end in the middle of a message


@dataclass(slots=True, eq=False)
class _Wire:
    """One connection: the client's and the server's side."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    half_closed: bool = False

    def cut(self) -> None:
        for side in (self.client, self.server):
            sock = side.transport.get_extra_info("socket")
            with suppress(OSError, ValueError):  # uvloop's, of one that is closed already
                if sock is not None:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
            side.transport.abort()


@dataclass(slots=True)
class Network:
    """Stands before one server, at `address`; `target` is the server's own."""

    seed: int
    target: str = ""
    connections: int = 0
    _trouble: Trouble | None = None
    _passable: asyncio.Event = field(default_factory=asyncio.Event)
    _port: Port = field(default_factory=ports.reserve)
    _wires: set[_Wire] = field(default_factory=set)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _server: asyncio.Server | None = None
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - where it tears, no secret
        self._passable.set()

    @property
    def address(self) -> str:
        return self._port.address

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port.number)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.mend()
        for wire in list(self._wires):
            wire.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._port.release()

    def strike(self, trouble: Trouble) -> None:
        self._trouble = trouble
        if trouble is Trouble.DROP:
            self._passable.clear()
        for wire in list(self._wires):
            if trouble is Trouble.RESET:
                wire.cut()
            elif trouble is Trouble.HALF_CLOSE:
                wire.half_closed = True
                with suppress(OSError, RuntimeError):
                    wire.server.write_eof()

    def mend(self) -> None:
        """What was half closed ends now, as a keepalive would find out."""
        self._trouble = None
        self._passable.set()
        for wire in [each for each in self._wires if each.half_closed]:
            wire.cut()

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        # RuntimeError: what uvloop says of a write to a connection that was just cut.
        with suppress(OSError, RuntimeError, asyncio.CancelledError):
            await self._connect(reader, client)
        client.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        if self._trouble is Trouble.RESET:
            return
        await self._passable.wait()
        host, _, port = self.target.rpartition(":")
        answers, server = await asyncio.open_connection(host, int(port))
        self.connections += 1
        wire = _Wire(client, server)
        self._wires.add(wire)
        try:
            await asyncio.gather(
                self._pass_on(wire, reader, server), self._pass_on(wire, answers, client)
            )
        finally:
            self._wires.discard(wire)
            server.transport.abort()

    async def _pass_on(
        self, wire: _Wire, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        while data := await source.read(CHUNK_BYTES):
            if self._trouble is Trouble.DELAY:
                await asyncio.sleep(self._chance.uniform(*SLOW_SECONDS))
            await self._passable.wait()
            if wire.half_closed:
                continue
            if self._trouble is Trouble.TEAR and self._chance.random() < TORN_SHARE:
                sink.write(data[: self._chance.randrange(len(data))])
                await asyncio.sleep(0.01)  # the first part leaves
                wire.cut()
                return
            sink.write(data)
            await sink.drain()
        if not wire.half_closed:
            with suppress(OSError, RuntimeError):
                sink.write_eof()


@dataclass(slots=True)
class Networks:
    """One before the broker, one before the database."""

    seed: int
    _before: dict[str, Network] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._before = {name: Network(self.seed) for name in ("broker", "database")}

    def __getitem__(self, server: str) -> Network:
        return self._before[server]

    def detour(self, server: str, address: str) -> str:
        network = self._before[server]
        network.target = address
        return network.address

    async def __aenter__(self) -> Self:
        for network in self._before.values():
            await network.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for network in self._before.values():
            await network.stop()
