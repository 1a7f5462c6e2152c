"""A thousand messages, each delivered five times at once, intake killed twice: 1,000 tickets."""

import asyncio
import hashlib
import os
import random
import socket
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from shared.contracts.channel import RawMessage
from shared.contracts.envelope import Envelope, header_text
from shared.contracts.ticket import MessageDropped, TicketCreated
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.kit.clock import SystemClock
from shared.kit.ports import BrokerAwayError
from shared.kit.records import Publication, Record
from shared.kit.settings import KitSettings
from tests.integration.conftest import Deployment, deployment, until
from tests.integration.processes import ROOT, environment

__all__ = ["deployment"]  # the fixture

MESSAGES, BY_HTTP, BY_KAFKA = 1_000, 3, 2
TOKEN = "ds_thousand"
DEADLINE = 900.0
KILLS = 2
Condition = Callable[[], Awaitable[bool]]


def mail(nth: int) -> bytes:
    head = (
        f"From: cara{nth}@example.org\r\nTo: help@desk.example\r\nMessage-ID: <{nth}@example.org>"
    )
    return f"{head}\r\nSubject: Lamp {nth}\r\n\r\nThe lamp {nth} is dark.\r\n".encode()


class Intake:
    """The service as a process, which can be killed and started again on the same port."""

    def __init__(self, settings: KitSettings, folder: Path) -> None:
        tokens, digest = folder / "tokens.yaml", hashlib.sha256(TOKEN.encode()).hexdigest()
        scope = "scopes: ['channels:write'], rate_per_second: 100000"
        tokens.write_text(f"tokens: [{{name: all, sha256: '{digest}', {scope}}}]")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.address = f"http://127.0.0.1:{port}"
        own = {"DESKSTREAM_HTTP_PORT": str(port), "DESKSTREAM_TOKENS_FILE": str(tokens)}
        self._environment = {**os.environ, **environment(settings), **own}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = [sys.executable, "-m", "deskstream", "run", "intake"]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            arguments, env=self._environment, cwd=ROOT
        )

    def kill(self) -> None:
        """Without any cleaning up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running(settings: KitSettings, folder: Path) -> Iterator[Intake]:
    intake = Intake(settings, folder)
    intake.start()
    try:
        yield intake
    finally:
        intake.kill()


class Deliveries:
    """Whoever delivers does so until it is acknowledged, as mail servers and vendors do."""

    def __init__(self, deployment: Deployment, address: str, client: httpx.AsyncClient) -> None:
        self._deployment = deployment
        self._address = address
        self._client = client
        self.acknowledged = 0

    async def by_http(self, nth: int) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "message/rfc822"}
        path = f"{self._address}/v1/channels/email?mailbox=help@desk.example"

        async def taken() -> bool:
            try:
                answer = await self._client.post(path, content=mail(nth), headers=headers)
            except httpx.HTTPError:
                return False
            assert answer.status_code in (202, 503), answer.text
            return answer.status_code == 202

        await until(taken, DEADLINE)
        self.acknowledged += 1

    async def by_kafka(self, nth: int) -> None:
        event_id = str(uuid.uuid4())
        about = Envelope(
            id=event_id,
            type=RawMessage.type_name(),
            source="/upstream",
            time=SystemClock().now(),
            subject=event_id,
        )
        own = {
            **dict(about.to_headers()),
            "ce_channel": b"email",
            "ce_mailbox": b"help@desk.example",
            "content-type": b"message/rfc822",
        }
        # Some gateway's own idea of a key, so that the same mail comes by several partitions.
        key = f"gateway-{nth % 7}".encode()
        publication = Publication(CHANNEL_MESSAGES.name, key, mail(nth), tuple(own.items()))

        async def taken() -> bool:
            try:
                await self._deployment.publisher.publish([publication])
            except BrokerAwayError:
                return False
            return True

        await until(taken, DEADLINE)
        self.acknowledged += 1


@pytest.mark.chaos
@pytest.mark.slow
async def test_each_becomes_one_ticket(deployment: Deployment, tmp_path: Path) -> None:
    ways = ["http"] * BY_HTTP + ["kafka"] * BY_KAFKA
    planned = [(way, nth) for nth in range(MESSAGES) for way in ways]
    random.Random(5).shuffle(planned)  # noqa: S311 - the same order each time
    limits = httpx.Limits(max_connections=40)
    with running(deployment.settings, tmp_path) as intake:
        async with httpx.AsyncClient(timeout=30, limits=limits) as client:
            deliveries = Deliveries(deployment, intake.address, client)
            work = asyncio.create_task(_deliver(deliveries, planned))
            for kill in range(1, KILLS + 1):
                await until(_reached(work, deliveries, len(planned) * kill // 3), DEADLINE)
                intake.kill()
                intake.start()
            await asyncio.wait_for(work, DEADLINE)
        await until(_all_received(deployment), DEADLINE)

    created = await deployment.of_type("ticket.events", TicketCreated)
    tickets = await deployment.database("intake")["tickets"].find().to_list()
    told = _ids(created)
    about = Counter(header_text(record.headers)["ce_subject"] for record in created)
    assert (len(told), len(about)) == (MESSAGES, MESSAGES)
    assert len({ticket["number"] for ticket in tickets}) == len(tickets) == MESSAGES


def _ids(records: list[Record]) -> set[str]:
    return {header_text(record.headers)["ce_id"] for record in records}


async def _deliver(deliveries: Deliveries, planned: list[tuple[str, int]]) -> None:
    together = asyncio.Semaphore(40)

    async def one(way: str, nth: int) -> None:
        async with together:
            await (deliveries.by_http(nth) if way == "http" else deliveries.by_kafka(nth))

    async with asyncio.TaskGroup() as group:
        for way, nth in planned:
            group.create_task(one(way, nth))


def _reached(work: asyncio.Task[None], deliveries: Deliveries, count: int) -> Condition:
    async def reached() -> bool:
        if work.done():
            work.result()  # raises what ended it early
        return deliveries.acknowledged >= count

    return reached


def _all_received(deployment: Deployment) -> Condition:
    """Each id on the topic has become a ticket, or was dropped as known.

    An id may lie there twice, where a broker's answer was lost: the kit skips that without a word.
    """

    async def received() -> bool:
        came = await deployment.read(CHANNEL_MESSAGES.name)
        told = [
            record
            for kind in (TicketCreated, MessageDropped)
            for record in await deployment.of_type("ticket.events", kind)
        ]
        return len(_ids(told)) >= len(_ids(came))

    return received
