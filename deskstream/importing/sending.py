"""Sends what was read in: in portions, acknowledged, going on where it was broken off."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from deskstream.importing.exported import ExportedTicket
from services.intake.domain.identity import stranger_id
from shared.contracts.commands import ImportTicket
from shared.contracts.envelope import Envelope, deterministic_id
from shared.contracts.fields import Actor, ActorKind, Requester
from shared.contracts.message import encode
from shared.contracts.topics import TICKET_COMMANDS
from shared.kit.records import Publication

SOURCE = "/deskstream/import"
PORTION = 200
Publish = Callable[[Sequence[Publication]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import came, in a file of its own: it may be lost, for nothing is taken twice."""

    file: Path
    export: str

    @classmethod
    def of(cls, file: Path, tickets: Sequence[ExportedTicket]) -> "Progress":
        """Another export, or one that changed, starts from the beginning."""
        ids = "\n".join(ticket.external_id for ticket in tickets)
        return cls(file, hashlib.sha256(ids.encode()).hexdigest())

    def done(self) -> int:
        try:
            kept = orjson.loads(self.file.read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return 0
        return int(kept["done"]) if kept.get("export") == self.export else 0

    def note(self, done: int) -> None:
        fresh = self.file.with_suffix(".new")
        fresh.write_bytes(orjson.dumps({"export": self.export, "done": done}))
        fresh.replace(self.file)

    def forget(self) -> None:
        self.file.unlink(missing_ok=True)


async def send(
    tickets: Sequence[ExportedTicket],
    origin: str,
    publish: Publish,
    progress: Progress,
    *,
    now: datetime,
    tell: Callable[[int], None],
) -> int:
    """How many were sent this time; `tell` hears of each portion that is acknowledged."""
    start = progress.done()
    tell(start)
    for begin in range(start, len(tickets), PORTION):
        portion = tickets[begin : begin + PORTION]
        await publish([publication(ticket, origin, now) for ticket in portion])
        progress.note(begin + len(portion))
        tell(len(portion))
    progress.forget()
    return len(tickets) - start


def publication(ticket: ExportedTicket, origin: str, now: datetime) -> Publication:
    """A ticket is known by origin and id alone: an import that is repeated opens nothing twice.

    The command is another where the ticket has changed over there; intake has it already.
    """
    ticket_id = deterministic_id("import", origin, ticket.external_id)
    value = encode(_command(ticket, origin))
    about = Envelope(
        id=deterministic_id("import-command", ticket_id, hashlib.sha256(value).hexdigest()),
        type=ImportTicket.type_name(),
        source=f"{SOURCE}/{origin}",
        time=now,
        subject=ticket_id,
    )
    return Publication(TICKET_COMMANDS.name, ticket_id.encode(), value, tuple(about.to_headers()))


def _command(ticket: ExportedTicket, origin: str) -> ImportTicket:
    address = ticket.address
    customer_id = ticket.customer_id or stranger_id(ticket.channel, address or "")
    requester = Requester(
        customer_id=customer_id,
        name=ticket.name,
        address=address,
        organisation=ticket.organisation,
        locale=ticket.locale,
    )
    return ImportTicket(
        actor=Actor(kind=ActorKind.SYSTEM, id=origin),
        external_id=ticket.external_id,
        channel=ticket.channel,
        requester=requester,
        subject=ticket.subject,
        status=ticket.status,
        category=ticket.category,
        priority=ticket.priority,
        type=ticket.type,
        tags=ticket.tags,
        opened_at=ticket.opened_at,
        resolved_at=ticket.resolved_at,
        history=ticket.messages,
    )
