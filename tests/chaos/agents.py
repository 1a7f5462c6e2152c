"""Agents who answer some tickets, and machines that answer our mails: both by what they see."""

import random
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import orjson
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from shared.contracts.commands import Reply
from shared.contracts.fields import Actor, ActorKind, Status
from shared.contracts.message import encode
from shared.contracts.topics import TICKET_COMMANDS
from shared.kit.records import Publication
from shared.kit.settings import KitSettings
from tests.bench.feeding import Feed
from tests.bench.ledger import Origin
from tests.bench.requests import Request
from tests.chaos.waiting import until

SOURCE = "/chaos/agents"
ANSWERED_SHARE = 0.5  # of the tickets with short promises
TWICE_SHARE = 0.3


@dataclass(slots=True)
class Known:
    """A ticket as somebody sees it who reads the log."""

    agent: str | None = None
    acknowledged: bool = False
    armed: bool = False
    replied: bool = False
    created_ms: int = 0


@dataclass(slots=True)
class Agents:
    """Reads the log from now on; `sent` are the commands, by their id."""

    settings: KitSettings
    feed: Feed
    timed: set[Origin]
    seed: int
    left_alone: set[Origin] = field(default_factory=set)  # somebody else answers these
    tickets: dict[str, Known] = field(default_factory=dict)
    by_origin: dict[Origin, str] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - whom they answer, no secret

    async def work(self) -> None:
        """Until cancelled."""
        consumer = AIOKafkaConsumer(
            self.settings.topic("ticket.events"),
            **self.settings.kafka_client(),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        try:
            while True:
                with suppress(KafkaError):
                    for raws in (await consumer.getmany(timeout_ms=200)).values():
                        for raw in raws:
                            await self._see(raw)
        finally:
            await consumer.stop()

    async def _see(self, raw: object) -> None:
        headers = {name: value.decode() for name, value in getattr(raw, "headers", ())}
        kind, ticket_id = headers["ce_type"].split(".")[1], headers.get("ce_subject", "")
        told = getattr(raw, "value", b"")
        if kind == "TicketCreated":
            self._created(ticket_id, told, getattr(raw, "timestamp", 0))
        known = self.tickets.get(ticket_id)
        if known is None:
            return
        match kind:
            case "TicketAssigned":
                known.agent = orjson.loads(told)["agent_id"]
            case "SlaTargetsSet":
                known.armed = True
            case "AgentReplied":
                known.replied = True
            case "NotificationSent" | "NotificationFailed":
                known.acknowledged |= orjson.loads(told)["template"] == "acknowledgement"
            case _:
                return
        if known.agent and known.acknowledged and self._is_theirs(ticket_id):
            await self.reply(ticket_id)

    def _created(self, ticket_id: str, value: bytes, at: int) -> None:
        with suppress(orjson.JSONDecodeError):
            origin = orjson.loads(value).get("upstream_id")
            if origin in self.timed:
                self.by_origin[origin] = ticket_id
                self.tickets.setdefault(ticket_id, Known(created_ms=at))

    def _is_theirs(self, ticket_id: str) -> bool:
        alone = any(self.by_origin.get(each) == ticket_id for each in self.left_alone)
        return not alone and int(ticket_id[:8], 16) % 100 < ANSWERED_SHARE * 100

    async def reply(self, ticket_id: str) -> None:
        """Once for each ticket, though the command may come twice."""
        command_id = f"reply-{ticket_id}"
        if command_id in self.sent:
            return
        self.sent[command_id] = ticket_id
        resolved = int(ticket_id[:8], 16) % 2 == 0
        request = Request(command_id, _reply(command_id, ticket_id, resolved=resolved))
        for _ in range(2 if self._chance.random() < TWICE_SHARE else 1):
            await self.feed.send(request)

    async def until_seen(self, origins: Iterable[Origin], patience: float) -> list[str]:
        """The tickets of these, once all are armed."""
        wanted = list(origins)

        def seen() -> list[str]:
            return [self.by_origin[each] for each in wanted if each in self.by_origin]

        await until(
            lambda: len(seen()) == len(wanted) and all(self.tickets[t].armed for t in seen()),
            patience,
        )
        return seen()

    async def until_replied(self, tickets: Iterable[str], patience: float) -> None:
        wanted = list(tickets)
        await until(lambda: all(self.tickets[each].replied for each in wanted), patience)


def _reply(command_id: str, ticket_id: str, *, resolved: bool) -> Publication:
    reply = Reply(
        text="We are looking into it and will be back today.",
        actor=Actor(kind=ActorKind.AGENT, id="agent-1"),
        status=Status.RESOLVED if resolved else None,
    )
    headers = (
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", command_id.encode()),
        ("ce_type", Reply.type_name().encode()),
        ("ce_source", SOURCE.encode()),
        ("ce_subject", ticket_id.encode()),
    )
    return Publication(TICKET_COMMANDS.name, ticket_id.encode(), encode(reply), headers)
