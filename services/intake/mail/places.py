"""How many may be connected to a mail port at a time; who comes then is told to come again."""

import asyncio
from typing import Any

from aiosmtpd.lmtp import LMTP

from services.intake.mail.receiving import AnyLines

FULL = b"421 4.3.2 too many connections at a time: come again later\r\n"


class Places:
    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: set[object] = set()

    @property
    def free(self) -> bool:
        return len(self._taken) < self._most

    def take(self, who: object) -> None:
        self._taken.add(who)

    def leave(self, who: object) -> None:
        """Also of who left already: with TLS, the end is told twice."""
        self._taken.discard(who)


class Seated(AnyLines):
    """Has its place from its making on, since several may be made before one is connected."""

    def __init__(self, handler: object, *, places: Places, **options: Any) -> None:
        super().__init__(handler, **options)
        self._places = places
        places.take(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._places.leave(self)
        super().connection_lost(error)


class SeatedLMTP(Seated, LMTP):
    """The same for LMTP."""


class Full(asyncio.Protocol):
    """RFC 5321, 3.8: 421 instead of the greeting, and the connection is closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(FULL)
            transport.close()
