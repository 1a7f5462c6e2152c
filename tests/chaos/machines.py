"""Mail systems that answer by themselves: out of office, and loops of three degrees of rudeness."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path

from shared.kit.clock import SystemClock
from shared.kit.records import Publication
from tests.bench.feeding import Feed
from tests.bench.ledger import Ledger, Origin
from tests.bench.requests import MAILBOX, Request
from tests.chaos.mailserver import Post

DOMAIN = "machines.example"
# Answers in the thread and says that it is a machine; in the thread and does not; neither.
POLITE, RUDE, RUDEST = f"polite@{DOMAIN}", f"rude@{DOMAIN}", f"rudest@{DOMAIN}"
AWAY = 40  # out of office, each from an address of its own, all at once
MOST_ANSWERS = 60  # of the rudest: well beyond where it is to be stopped
LOOK_SECONDS = 0.3


def of_machine(address: str) -> bool:
    return address.endswith(f"@{DOMAIN}")


def is_away(address: str) -> bool:
    return address.startswith("away") and of_machine(address)


@dataclass(slots=True)
class Machines:
    """`origins` are all that they wrote."""

    feed: Feed
    ledger: Ledger
    mails: Path
    origins: set[Origin] = field(default_factory=set)
    _answers: int = 0

    async def work(self) -> None:
        """Until cancelled: a first mail of each, a storm, and an answer to each mail of ours."""
        for address in (POLITE, RUDE, RUDEST):
            await self._send(_mail(f"first-{address}", address, {}))
        for request in _storm():
            await self._send(request)
        post = Post(self.mails)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for each in post.news():
                if each.recipient in (POLITE, RUDE, RUDEST) and self._answers < MOST_ANSWERS:
                    self._answers += 1
                    await self._send(self._answer(each.recipient, each.message_id))

    def _answer(self, address: str, message_id: str) -> Request:
        headers: dict[str, str] = {}
        if address != RUDEST:
            headers |= {"In-Reply-To": message_id, "References": message_id}
        if address == POLITE:
            headers["Auto-Submitted"] = "auto-replied"
        return _mail(f"answer-{self._answers}-{address}", address, headers)

    async def _send(self, request: Request) -> None:
        self.origins.add(request.origin)
        self.ledger.plan(request.origin, SystemClock().now().timestamp() * 1000)
        await self.feed.send(request)


def _storm() -> Iterator[Request]:
    for number in range(AWAY):
        address = f"away{number}@{DOMAIN}"
        yield _mail(f"away-{number}", address, {"Auto-Submitted": "auto-replied"})


def _mail(origin: str, address: str, headers: dict[str, str]) -> Request:
    lines = [
        f"From: {address}",
        f"To: {MAILBOX}",
        "Subject: Your message",
        f"Date: {format_datetime(SystemClock().now())}",
        f"Message-ID: <{origin}>",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        f"This is a machine, {origin}. Nobody has read what you wrote.",
        "",
    ]
    envelope = (
        ("content-type", b"message/rfc822"),
        ("ce_specversion", b"1.0"),
        ("ce_id", origin.encode()),
        ("ce_type", b"deskstream.RawMessage.v1"),
        ("ce_source", b"/chaos/machines"),
        ("ce_channel", b"email"),
        ("ce_mailbox", MAILBOX.encode()),
    )
    value = "\r\n".join(lines).encode()
    publication = Publication("channel.messages", address.encode(), value, envelope)
    return Request(origin, publication, is_mail=True)
