"""The ways into the desk: gateways and tools on Kafka, the HTTP door for everybody else."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import uuid4

from deskstream.demo.fetching import Answer, post
from deskstream.demo.ledger import Entry, Expect, Ledger, Order
from deskstream.demo.writing import Input, path_of
from shared.contracts.channel import MessageReceived, RawMessage
from shared.contracts.commands import Command
from shared.contracts.envelope import Envelope
from shared.contracts.fields import ActorKind
from shared.contracts.message import Message, encode
from shared.contracts.people import AgentUpdated, CustomerUpdated
from shared.contracts.topics import CHANNEL_MESSAGES
from shared.kit.ports import Publisher
from shared.kit.records import Headers, Publication

GATEWAY, DESKTOP, TOOLS = "/demo/gateway", "/demo/desktop", "/demo/tools"


class Refused(Exception):  # noqa: N818 - the door's answer
    """The HTTP door did not take something that it should have taken."""


@dataclass(slots=True)
class Mouth:
    """Says things to the desk, and writes each into the ledger."""

    publisher: Publisher
    door_port: int
    token: str
    ledger: Ledger

    async def send(
        self,
        sent: Input,
        expects: Expect,
        *,
        by_door: bool = False,
        again: Entry | None = None,
        delivery: str | None = None,
        ticket: str | None = None,
    ) -> Entry:
        """`again`: it was sent before, under this entry; `delivery`: under this very id."""
        entry = again or Entry(sent.name, sent.channel, expects, datetime.now(UTC), ticket=ticket)
        if by_door:
            entry.deliveries.append(await self._by_door(sent))
        else:
            event_id = delivery or str(uuid4())
            await self.publisher.publish([_publication(sent, event_id)])
            entry.deliveries.append(event_id)
        if again is None:
            self.ledger.entries.append(entry)
        return entry

    async def order(self, command: Command, ticket: str, *, by_door: bool) -> None:
        if by_door:
            order_id = await self._order_by_door(command, ticket)
        else:
            order_id = str(uuid4())
            await self.publisher.publish([_said(command, ticket, order_id, DESKTOP)])
        self.ledger.orders.append(Order(order_id, type(command).__name__, ticket))

    async def tell(self, *people: AgentUpdated | CustomerUpdated) -> None:
        """The word of the workforce tool and of the CRM."""
        said = [(p.agent_id if isinstance(p, AgentUpdated) else p.customer_id, p) for p in people]
        await self.publisher.publish([_said(p, key, str(uuid4()), TOOLS) for key, p in said])

    async def _by_door(self, sent: Input) -> str:
        headers = self._headers({"Content-Type": sent.content_type})
        answer = await post(self.door_port, path_of(sent), sent.value, headers)
        return str(_taken(answer, path_of(sent))["message_id"])

    async def _order_by_door(self, command: Command, ticket: str) -> str:
        """A desktop signs on once and says for which agent it speaks."""
        acting = "X-Agent-Id" if command.actor.kind is ActorKind.AGENT else "X-Requester-Id"
        headers = self._headers({"Content-Type": "application/json", acting: command.actor.id})
        fields = command.model_dump_json(
            exclude={"actor"}, exclude_none=True, exclude_defaults=True
        )
        named = f'"command":"{type(command).__name__}"'
        body = f"{{{named}{',' if fields != '{}' else ''}{fields[1:]}"
        path = f"/v1/tickets/{ticket}/commands"
        answer = await post(self.door_port, path, body.encode(), headers)
        return str(_taken(answer, path)["command_id"])

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(uuid4()), **more}


def _taken(answer: Answer, path: str) -> dict[str, object]:
    if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED):
        raise Refused(f"POST {path} was answered {answer.status}: {answer.body[:400]!r}")
    taken: dict[str, object] = answer.json()
    return taken


def _publication(sent: Input, event_id: str) -> Publication:
    kind = MessageReceived if sent.canonical else RawMessage
    texts = {
        "content-type": sent.content_type,
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_type": kind.type_name(),
        "ce_source": GATEWAY,
        "ce_channel": sent.channel,
        "ce_mailbox": sent.mailbox,
    }
    headers: Headers = tuple((n, text.encode()) for n, text in texts.items() if text is not None)
    # Gateways add headers of their own, and not all of them are text.
    headers += (("x-gateway-trace", b"\xff\xfe\x00\x17"),)
    return Publication(CHANNEL_MESSAGES.name, sent.key.encode(), sent.value, headers)


def _said(message: Message, subject: str, event_id: str, source: str) -> Publication:
    envelope = Envelope(
        id=event_id,
        type=message.type_name(),
        source=source,
        time=datetime.now(UTC),
        subject=subject,
    )
    headers = tuple(envelope.to_headers())
    return Publication(message.topic, subject.encode(), encode(message), headers)
