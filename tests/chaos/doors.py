"""Visitors of intake's HTTP doors, through a balancer that knows which of them are ready."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import httpx
import yaml

from shared.kit.tokens import hash_of
from tests.bench.ledger import Ledger
from tests.bench.requests import MAILBOX, mail

SECRET = "ds_chaos_visitor"
SHARE = 0.3  # of the rate at which messages come in
PATIENCE_SECONDS = 30.0
AGAIN_SECONDS, LONGEST_AGAIN_SECONDS = 0.3, 5.0
# A client's pool looks at all who wait whenever one comes or goes: a crowd would stop this loop,
# and with it the network that the services speak through.
AT_ONCE = 40
LOOK_SECONDS = 0.1


def write_tokens(folder: Path) -> Path:
    token = {
        "name": "visitor",
        "sha256": hash_of(SECRET),
        "scopes": ["channels:write"],
        "rate_per_second": 1_000,
    }
    path = folder / "tokens.yaml"
    path.write_text(yaml.safe_dump({"tokens": [token]}), encoding="utf-8")
    return path


@dataclass(slots=True)
class Visitors:
    """`errors` are moments (of the epoch) and what a visitor saw; all of them try again."""

    doors: Sequence[str]  # addresses
    ledger: Ledger
    rate: float
    seed: int
    errors: list[tuple[float, str]] = field(default_factory=list)
    waits: list[tuple[float, float]] = field(default_factory=list)  # moment, seconds
    _ready: list[str] = field(default_factory=list)
    _visits: set["asyncio.Task[None]"] = field(default_factory=set)
    _turn: int = 0
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def work(self, seconds: float) -> None:
        """For so long; returns when the last of them was let in."""
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client:
            watching = asyncio.create_task(self._watch(client))
            try:
                began = time.monotonic()
                for number in range(int(seconds * self.rate)):
                    await asyncio.sleep(max(began + number / self.rate - time.monotonic(), 0))
                    visit = asyncio.create_task(self._visit(client, number))
                    self._visits.add(visit)
                await asyncio.gather(*self._visits)
            finally:
                watching.cancel()
                for visit in self._visits:
                    visit.cancel()

    def errors_between(self, began: float, over: float) -> list[str]:
        return [what for at, what in self.errors if began <= at <= over]

    @property
    def waits_ms(self) -> list[tuple[float, float]]:
        """When each came, and when it was let in, in milliseconds of the epoch."""
        return [(began * 1000, (began + seconds) * 1000) for began, seconds in self.waits]

    async def _watch(self, client: httpx.AsyncClient) -> None:
        while True:
            answers = [await _is_ready(client, door) for door in self.doors]
            pairs = zip(self.doors, answers, strict=True)
            self._ready = [door for door, ready in pairs if ready]
            await asyncio.sleep(LOOK_SECONDS)

    async def _visit(self, client: httpx.AsyncClient, number: int) -> None:
        """The same key and the same bytes until somebody says that it is accepted."""
        key, began = f"door-{self.seed}-{number}", time.time()
        content = mail(f"<{key}@customers.example>", number, "At the door", f"Visit {number}")
        pause = AGAIN_SECONDS
        while True:
            async with self._room:
                message_id = await self._knock(client, key, content)
            if message_id is not None:
                self.ledger.plan(message_id, began * 1000)
                self.ledger.acknowledged(message_id)
                self.waits.append((began, time.time() - began))
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_AGAIN_SECONDS)

    async def _knock(self, client: httpx.AsyncClient, key: str, content: bytes) -> str | None:
        """None: not this time. A door that takes no connection is no error while another does."""
        self._turn += 1
        ready = self._ready or list(self.doors)
        for turn in range(len(ready)):
            door = ready[(self._turn + turn) % len(ready)]
            with suppress(httpx.ConnectError):
                return await self._post(client, door, key, content)
        self._note("no door takes a connection")
        return None

    async def _post(
        self, client: httpx.AsyncClient, door: str, key: str, content: bytes
    ) -> str | None:
        headers = {
            "Authorization": f"Bearer {SECRET}",
            "Content-Type": "message/rfc822",
            "Idempotency-Key": key,
        }
        address = f"http://{door}/v1/channels/email"
        try:
            answer = await client.post(
                address, content=content, headers=headers, params={"mailbox": MAILBOX}
            )
        except httpx.ConnectError:
            raise
        except httpx.HTTPError as error:
            self._note(type(error).__name__)
            return None
        if answer.status_code == HTTPStatus.ACCEPTED:
            return str(answer.json()["message_id"])
        self._note(f"{answer.status_code} {answer.text[:120]}")
        return None

    def _note(self, what: str) -> None:
        self.errors.append((time.time(), what))


async def _is_ready(client: httpx.AsyncClient, door: str) -> bool:
    try:
        answer = await client.get(f"http://{door}/readyz", timeout=1.0)
    except httpx.HTTPError:
        return False
    return answer.status_code == HTTPStatus.OK
