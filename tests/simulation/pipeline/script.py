"""What people do in one schedule: mails, chats, commands, agents' comings and goings, rubbish."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from services.intake.domain.identity import identity_of
from shared.contracts.channel import MessageReceived, Sender
from shared.contracts.commands import (
    AddNote,
    ChangeFields,
    Command,
    Escalate,
    Link,
    MarkSpam,
    Merge,
    Rate,
    Reassign,
    Reply,
    SetStatus,
)
from shared.contracts.envelope import deterministic_id
from shared.contracts.fields import Actor, ActorKind, Priority, Status, Tier
from shared.contracts.message import Message, encode
from shared.contracts.people import AgentUpdated, Availability, CustomerUpdated
from shared.contracts.topics import (
    AGENT_UPDATES,
    CHANNEL_MESSAGES,
    CUSTOMER_UPDATES,
    TICKET_COMMANDS,
)
from shared.kit.records import Publication
from tests.intake_reception.mails import MAILBOX, mail, read
from tests.simulation.scheduler import SECOND
from tests.simulation.world import PARTITIONS

TALKING = 5 * SECOND
AGENTS = ("ana", "ben", "cleo")
CUSTOMERS = ("c1", "c2", "c3")
TEXTS = ("Printer broken", "All is down", "Invoice wrong", "A question", "Login fails")
GATEWAY, DESKTOP = "/gateway", "/desktop"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record that somebody puts on a topic.

    `copies`: so often it is put there. `astray`: a copy lies first on that partition. `repeats`:
    it says again what the input of that number has said, under an id of its own.
    """

    at: int
    what: str
    publication: Publication
    input_id: str = ""
    ticket_id: str = ""
    copies: int = 1
    astray: int | None = None
    repeats: str | None = None
    rubbish: bool = False

    def __str__(self) -> str:
        extra = f", {self.copies} times" if self.copies > 1 else ""
        extra += f", first on partition {self.astray}" if self.astray is not None else ""
        return f"{self.at / SECOND:.3f} s: {self.what}{extra}"


def entries(seed: int) -> tuple[Entry, ...]:
    return tuple(sorted(_Drawn(seed).all(), key=lambda entry: entry.at))


class _Drawn:
    """The words of one seed, one kind after the other."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(f"people {seed}")  # noqa: S311 - chance by seed
        self._opened: list[tuple[int, str]] = []
        self._ids = 0

    def all(self) -> Sequence[Entry]:
        rng = self._rng
        found = [self._customer(n) for n in range(len(CUSTOMERS))]
        found += [self._agent(n, 0) for n in range(len(AGENTS))]
        for number in range(rng.randrange(4, 8)):
            found += self._message(number)
        found += [self._command() for _ in range(rng.randrange(5, 10))]
        found += [
            self._agent(rng.randrange(len(AGENTS)), self._moment()) for _ in range(rng.randrange(4))
        ]
        return [*found, *self._rubbish()]

    def _moment(self, after: int = 0) -> int:
        return after + int(self._rng.random() * (TALKING - after))

    def _id(self) -> str:
        self._ids += 1
        return deterministic_id("simulated input", self._ids)

    # --- people we know ----------------------------------------------------------------------

    def _customer(self, number: int) -> Entry:
        name = CUSTOMERS[number]
        customer = CustomerUpdated(
            customer_id=name,
            name=name.title(),
            addresses=(f"{name}@customer.example",),
            tier=Tier.ENTERPRISE if number == 0 else Tier.STANDARD,
            vip=number == 2,
            locale="en",
        )
        what = f"the CRM tells of customer {name}"
        return Entry(0, what, self._table(CUSTOMER_UPDATES.name, name, customer))

    def _agent(self, number: int, at: int) -> Entry:
        rng, name = self._rng, AGENTS[number]
        gone = at > 0 and rng.random() < 0.2
        online = at == 0 or rng.random() < 0.5
        agent = AgentUpdated(
            agent_id=name,
            name=name.title(),
            address=f"{name}@desk.example",
            capacity=number + 1,
            seniority=number + 1,
            skills={"technical": 3} if number else {},
            teams=("vip",) if number == 2 else (),
            availability=Availability.ONLINE if online else Availability.OFFLINE,
        )
        what = f"agent {name} " + ("leaves" if gone else "is there" if online else "goes offline")
        return Entry(at, what, self._table(AGENT_UPDATES.name, name, None if gone else agent))

    def _table(self, topic: str, key: str, message: Message | None) -> Publication:
        if message is None:
            return Publication(topic, key.encode(), None)
        headers = self._headers(message.type_name(), key)
        pairs = tuple((name, text.encode()) for name, text in headers.items())
        return Publication(topic, key.encode(), encode(message), pairs)

    # --- messages ----------------------------------------------------------------------------

    def _message(self, number: int) -> Sequence[Entry]:
        rng = self._rng
        sender = rng.choice(CUSTOMERS) if rng.random() < 0.8 else "stranger"
        at = self._moment()
        text = rng.choice(TEXTS)
        told = [self._told(number, sender, text, at)]
        if rng.random() < 0.4:
            told.append(
                self._told(
                    number,
                    sender,
                    text,
                    at + rng.randrange(rng.choice((2_000, 300_000))),
                    again=True,
                )
            )
        return told

    def _told(self, number: int, sender: str, text: str, at: int, *, again: bool = False) -> Entry:
        """`again`: the same message under another id of the gateway's, and another key."""
        rng = Random(f"{number} {sender} {text}")  # noqa: S311 - the same both times
        kind = rng.choice(("mail", "chat", "form"))
        if kind == "mail":
            return self._mail(number, sender, text, at, again=again)
        external = f"m{number}"
        conversation = f"talk {number % 2}" if kind == "chat" else None
        message = MessageReceived(
            channel=kind,
            sender=Sender(address=f"{sender}@customer.example"),
            text=text,
            subject=None if kind == "chat" else text,
            external_id=external,
            conversation=conversation,
        )
        ticket_id = self._opens(kind, None, external, at)
        what = f"{sender} says {text!r} by {kind}" + (f" in {conversation}" if conversation else "")
        key = f"other {external}" if again else conversation or sender
        return self._input(at, what, message, key, ticket_id, external if again else None)

    def _mail(self, number: int, sender: str, text: str, at: int, *, again: bool) -> Entry:
        external = f"<m{number}@customer.example>"
        address = f"{sender}@customer.example"
        headers = {}
        what = f"{sender} mails {text!r}"
        if number and number % 3 == 0:
            headers["In-Reply-To"] = f"<m{number - 1}@customer.example>"
            what += f", in reply to mail {number - 1}"
        value = mail(text, sender=address, subject=text, message_id=external, headers=headers)
        read_back = read(value)
        ticket_id = self._opens("email", read_back.mailbox, read_back.external_id or "", at)
        key = f"other {number}" if again else address
        own = {"ce_channel": "email", "ce_mailbox": MAILBOX}
        named = self._headers("deskstream.RawMessage.v1", "")
        named.update(own)
        return self._put(
            at,
            what,
            CHANNEL_MESSAGES.name,
            key,
            value,
            named,
            ticket_id,
            external if again else None,
        )

    def _opens(self, channel: str, mailbox: str | None, external: str, at: int) -> str:
        identity = identity_of(
            channel=channel,
            mailbox=mailbox,
            external_id=external,
            source=GATEWAY,
            event_id="",
        )
        self._opened.append((at, identity.ticket_id))
        return identity.ticket_id

    # --- commands ----------------------------------------------------------------------------

    def _command(self) -> Entry:
        rng = self._rng
        opened_at, ticket_id = rng.choice(self._opened)
        agent = Actor(kind=ActorKind.AGENT, id=rng.choice(AGENTS))
        command = self._drawn_command(agent, rng.choice(self._opened)[1])
        at = self._moment(min(opened_at + 100_000, TALKING - SECOND))
        what = f"{agent.id} wants {type(command).__name__} of {ticket_id[:8]}"
        return self._input(at, what, command, ticket_id, ticket_id, None)

    def _drawn_command(self, agent: Actor, other: str) -> Command:
        rng = self._rng
        status = rng.choice((None, None, Status.PENDING, Status.RESOLVED))
        makes = (
            lambda: Reply(actor=agent, text="We look into it.", status=status),
            lambda: Reply(actor=agent, text="Is it better now?", status=status),
            lambda: SetStatus(actor=agent, status=rng.choice((Status.OPEN, Status.RESOLVED))),
            lambda: AddNote(actor=agent, text="Seen before."),
            lambda: Reassign(actor=agent, agent_id=rng.choice(AGENTS)),
            lambda: Escalate(actor=agent, reason="It is urgent."),
            lambda: ChangeFields(actor=agent, priority=rng.choice(list(Priority))),
            lambda: Merge(actor=agent, into=other),
            lambda: Link(actor=agent, other=other),
            lambda: Rate(actor=agent, score=4),
            lambda: MarkSpam(actor=agent),
        )
        made: Command = rng.choice(makes)()
        return made

    def _rubbish(self) -> Sequence[Entry]:
        found = []
        kinds = (
            (CHANNEL_MESSAGES.name, "deskstream.MessageReceived.v1", "a gateway's rubbish"),
            (TICKET_COMMANDS.name, "deskstream.Reply.v1", "a desktop's rubbish"),
        )
        for topic, type_name, what in kinds:
            if self._rng.random() < 0.3:
                at = self._moment()
                subject = f"rubbish of {topic}"
                headers = self._headers(type_name, subject)
                entry = self._put(at, what, topic, subject, b'{"text": 7}', headers, "", None)
                found.append(Entry(at, what, entry.publication, entry.input_id, rubbish=True))
        return found

    # --- records -----------------------------------------------------------------------------

    def _headers(self, type_name: str, subject: str) -> dict[str, str]:
        source = DESKTOP if subject else GATEWAY
        return {
            "ce_id": self._id(),
            "ce_source": source,
            "ce_type": type_name,
            "ce_subject": subject,
            "ce_specversion": "1.0",
        }

    def _input(
        self,
        at: int,
        what: str,
        message: Message,
        key: str,
        ticket_id: str,
        repeats: str | None,
    ) -> Entry:
        subject = key if isinstance(message, Command) else ""
        headers = self._headers(message.type_name(), subject)
        return self._put(at, what, message.topic, key, encode(message), headers, ticket_id, repeats)

    def _put(
        self,
        at: int,
        what: str,
        topic: str,
        key: str,
        value: bytes,
        headers: dict[str, Any],
        ticket_id: str,
        repeats: str | None,
    ) -> Entry:
        rng = self._rng
        pairs = tuple((name, text.encode()) for name, text in headers.items() if text)
        return Entry(
            at,
            what,
            Publication(topic, key.encode(), value, pairs),
            input_id=headers["ce_id"],
            ticket_id=ticket_id,
            copies=2 if rng.random() < 0.15 else 1,
            astray=rng.randrange(PARTITIONS) if rng.random() < 0.1 else None,
            repeats=repeats,
        )


__all__ = ["AGENTS", "CUSTOMERS", "Entry", "entries"]
