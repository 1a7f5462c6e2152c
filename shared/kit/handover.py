"""Deliveries that are this process's own from birth: nobody has to look for them and claim them."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from shared.kit.deliveries import Claim
from shared.kit.unit import Document


class Handover:
    """From a stage to the senders in its process.

    A delivery is inserted with a lease on it, and is handed over once that is committed. If this
    process dies, or never learns of the commit, the lease runs out like any other. While it is
    closed, or so many wait, deliveries are born due, for whoever looks.
    """

    def __init__(self, lease: timedelta, room: int) -> None:
        self._lease = lease
        self._most = room
        self._token = uuid4().hex
        self._waiting: deque[Claim] = deque()
        self._arrived = asyncio.Event()
        self.open = True

    @property
    def room(self) -> int:
        return max(self._most - len(self._waiting), 0) if self.open else 0

    def births(self, now: datetime) -> "Births":
        """For one batch; `now` is the database server's time as far as it is known here."""
        return Births(self, now, self._lease, self._token, self.room)

    def put(self, claims: Sequence[Claim]) -> None:
        self._waiting.extend(claims)
        if claims:
            self._arrived.set()

    def take(self, most: int) -> list[Claim]:
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def take_all(self) -> list[Claim]:
        return self.take(len(self._waiting))

    async def arrival(self, seconds: float) -> None:
        """Until something was put here, for so long at most."""
        self._arrived.clear()
        if not self._waiting:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._arrived.wait()


@dataclass(slots=True)
class Births:
    """What one batch asks for. Nothing of it counts unless the batch is committed."""

    handover: Handover
    now: datetime
    lease: timedelta
    token: str
    left: int
    claims: list[Claim] = field(default_factory=list)

    def claimed(self, delivery: Document, content: object) -> Document:
        """The same with a lease of ours, if there is room. `content` is what a sender needs."""
        if self.left <= len(self.claims):
            return delivery
        lease = {"lease": self.token, "claimed_at": self.now, "due_at": self.now + self.lease}
        born = delivery | lease | {"attempts": 1}
        self.claims.append(
            Claim(born["_id"], self.token, born, 1, self.now, taken_over=False, content=content)
        )
        return born

    def committed(self) -> None:
        self.handover.put(self.claims)
