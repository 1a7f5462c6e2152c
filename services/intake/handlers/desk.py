"""A batch's messages one after the other: each to its ticket, to a new one, or to neither."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import Counter

from services.intake.adapters.canonical import CHATS
from services.intake.adapters.channels import ADAPTERS
from services.intake.domain.admission import (
    appended,
    bounced,
    opening,
    participants_of,
)
from services.intake.domain.conversation import (
    KnownTicket,
    find_ticket,
)
from services.intake.domain.message import IncomingMessage, NoMessage
from services.intake.domain.rating import rated
from services.intake.handlers.arrivals import (
    Arrival,
    channel_named,
    conversation_of,
    released_id,
    signed_tickets,
    subject_of,
    upstream_of,
    want,
)
from services.intake.handlers.bodies import Bodies
from services.intake.handlers.clues import Clues
from services.intake.store.customers import CustomerChanges
from services.intake.store.door import answer
from services.intake.store.held import hold, let_in
from services.intake.store.reception import ReceptionStore, Wanted
from shared.contracts.commands import RecordMessage
from shared.contracts.fields import Automatic, MessageBody, Status
from shared.contracts.message import Message
from shared.contracts.ticket import MessageDropped, MessageHeld, MessageRejected
from shared.kit.unit import Heard, Outgoing, Said, Transaction


@dataclass(frozen=True, slots=True)
class ReceptionOptions:
    mail_secret: str  # signs our Message-IDs and reply addresses
    burst_limit: int = 20  # messages of one sender in ten minutes; more are held
    conversation_window: timedelta = timedelta(hours=24)  # after a chat's last word, once resolved
    keep_originals: bool = True  # raw mail goes to the blob store, whole
    mail_servers: Sequence[str] = ()  # whose Authentication-Results are believed


MESSAGES = Counter(
    "deskstream_intake_messages_total",
    "Messages by what became of them; accepted = created + appended + held + rejected + dropped"
    " + bounced + rated.",
    ["channel", "outcome"],
)
LABELS = frozenset(ADAPTERS) | CHATS


class Desk:
    """One batch of arrivals: what is known, and what becomes of each."""

    def __init__(self, tx: Transaction, options: ReceptionOptions) -> None:
        self._tx = tx
        self._options = options
        self._bodies = Bodies(keep_originals=options.keep_originals)
        self.store = ReceptionStore(tx)
        self._clues = Clues(self.store, options.mail_secret)
        self.said: list[Outgoing] = []

    def bytes_of(self, arrivals: Sequence[Arrival]) -> list[bytes]:
        """All that bodies will refer to. Of the few that are dropped later, some for nothing."""
        return self._bodies.bytes_of(arrivals)

    async def load(self, arrivals: Sequence[Arrival], changes: CustomerChanges) -> None:
        """All that the batch has to know, in few queries."""
        wanted = Wanted()
        messages = [(a, a.parsed) for a in arrivals if isinstance(a.parsed, IncomingMessage)]
        tokens: set[str] = set()
        for arrival, message in messages:
            want(wanted, arrival, message)
            tokens |= signed_tickets(message, self._options.mail_secret)
        await self.store.load_index(wanted)
        self.store.overlay(changes)
        await self._clues.load_people([message for _, message in messages], changes)
        await self.store.load_tickets(tokens)

    def receive(self, arrival: Arrival) -> None:
        message = arrival.parsed
        if isinstance(message, NoMessage):
            self._drop(arrival, channel_named(arrival.heard), message.reason)
        elif self._is_known(arrival, message):
            pass
        elif message.automatic is Automatic.OWN:
            self._drop(arrival, message.channel, "own mail coming back")
        elif message.automatic is Automatic.BOUNCE:
            self._bounce(arrival, message)
        else:
            self._admit(arrival, message)

    def reject(self, heard: Heard, reason: str, index: int = 0) -> None:
        """To the dead letters, and said to the publisher, who learns it from the log."""
        self._tx.reject(heard, reason)
        answer(self._tx, heard, ticket_id=None, reason=reason)
        source, event_id = upstream_of(heard) or (None, None)
        channel = channel_named(heard)
        rejected = MessageRejected(
            channel=channel, upstream_source=source, upstream_id=event_id, reason=reason
        )
        self.said.append(Said(rejected, heard, subject=subject_of(heard, index)))
        self._count(channel, "rejected")

    def _is_known(self, arrival: Arrival, message: IncomingMessage) -> bool:
        seen = self.store.seen(arrival.identity) if message.external_id else None
        if seen is None or (seen.ticket_id is None and released_id(arrival.heard)):
            return False
        if seen.fingerprint and message.fingerprint and seen.fingerprint != message.fingerprint:
            reason = "another message came before under the same id of its channel"
            self.reject(arrival.heard, reason, arrival.index)
        else:
            self._drop(arrival, message.channel, "delivered before")
            if seen.ticket_id is not None:
                answer(self._tx, arrival.heard, ticket_id=seen.ticket_id)
        return True

    def _drop(self, arrival: Arrival, channel: str, reason: str) -> None:
        self._say(arrival, MessageDropped(channel=channel, reason=reason))
        answer(self._tx, arrival.heard, ticket_id=None, reason=reason)
        self._count(channel, "dropped")

    def _hold(self, arrival: Arrival, message: IncomingMessage, reason: str) -> None:
        held = MessageHeld(
            channel=message.channel,
            sender=message.sender.address,
            reason=reason,
            message=self._bodies.of(arrival, message),
        )
        self._say(arrival, held)
        hold(
            self._tx,
            arrival.heard,
            subject_of(arrival.heard, arrival.index),
            channel=message.channel,
            sender=message.sender.address,
            reason=reason,
        )
        answer(self._tx, arrival.heard, ticket_id=None, reason=f"held: {reason}")
        self._remember(arrival, message, None)
        self._count(message.channel, "held")

    def _bounce(self, arrival: Arrival, message: IncomingMessage) -> None:
        ticket_id = self._clues.ticket_that_came_back(message)
        if ticket_id is None and released_id(arrival.heard):
            self._admit(arrival, message)
            return
        if ticket_id is None:
            self._hold(arrival, message, "a bounce of mail that no ticket is known to have sent")
            return
        command = bounced(message, self._bodies.of(arrival, message))
        self.said.append(Said(command, arrival.heard, subject=self.store.final(ticket_id)))
        self._remember(arrival, message, ticket_id)
        self._count(message.channel, "bounced")

    def _admit(self, arrival: Arrival, message: IncomingMessage) -> None:
        customer_id = self._clues.customer_id(message)
        self._clues.learn(message, customer_id)
        at = arrival.heard.time
        let_in_by = released_id(arrival.heard)
        found = find_ticket(
            message,
            self._clues.traces(message),
            customer_id=customer_id,
            at=at,
            window=self._options.conversation_window,
            secret=self._options.mail_secret,
        )
        ticket_id = self.store.final(found.ticket_id) if found else None
        if ticket_id is None and not message.opens:
            self._drop(arrival, message.channel, "it ends what no open ticket is about")
            return
        if message.origin is None:
            self.store.senders.count(customer_id, arrival.heard.at.number, at)
            if not let_in_by and self._is_burst(message, customer_id, at, new=ticket_id is None):
                reason = f"over {self._options.burst_limit} messages of one sender in 10 minutes"
                self._hold(arrival, message, reason)
                return
        if let_in_by:
            let_in(self._tx, let_in_by)
        if ticket_id is None:
            ticket_id = self._open(arrival, message, customer_id)
        elif not self._rate(arrival, message, customer_id, ticket_id):
            self._append(arrival, message, customer_id, ticket_id)
        self._remember(arrival, message, ticket_id)
        answer(self._tx, arrival.heard, ticket_id=ticket_id)
        if message.conversation is not None:
            self.store.go_on(conversation_of(message), ticket_id, at)
        if message.origin is None:
            self._clues.notice(message, customer_id, arrival.heard.at.number, at)

    def _is_burst(
        self, message: IncomingMessage, customer_id: str, at: datetime, *, new: bool
    ) -> bool:
        """In a chat many short messages are normal: there only new tickets count as a burst."""
        if message.conversation is not None and not new:
            return False
        return self.store.senders.written_lately(customer_id, at) > self._options.burst_limit

    def _open(self, arrival: Arrival, message: IncomingMessage, customer_id: str) -> str:
        ticket_id = arrival.identity.ticket_id
        body = self._bodies.of(arrival, message)
        command = self._opening(arrival, message, body, customer_id)
        self.said.append(Said(command, arrival.heard, subject=ticket_id))
        ticket = KnownTicket(
            ticket_id, Status.NEW, customer_id, frozenset(participants_of(message))
        )
        self.store.opened(ticket, arrival.heard.at.number, arrival.heard.time)
        self._count(message.channel, "created")
        return ticket_id

    def _opening(
        self, arrival: Arrival, message: IncomingMessage, body: MessageBody, customer_id: str
    ) -> RecordMessage:
        return opening(
            message,
            body,
            self._clues.requester(message, customer_id),
            self._clues.earlier(message, customer_id),
            upstream_of(arrival.heard),
        )

    def _rate(
        self, arrival: Arrival, message: IncomingMessage, customer_id: str, ticket_id: str
    ) -> bool:
        """Whether it is a verdict on the help, which is no word on the matter itself."""
        ticket = self.store.tickets.get(ticket_id)
        command = rated(message, ticket, customer_id, secret=self._options.mail_secret)
        if command is None:
            return False
        self.said.append(Said(command, arrival.heard, subject=ticket_id))
        self._count(message.channel, "rated")
        return True

    def _append(
        self, arrival: Arrival, message: IncomingMessage, customer_id: str, ticket_id: str
    ) -> None:
        ticket = self.store.tickets.get(ticket_id)
        body = self._bodies.of(arrival, message)
        if ticket is None:
            # Its writer has not heard of it. Should this get there before the message that opens
            # it, which comes from another partition, it can open it as well.
            command = self._opening(arrival, message, body, customer_id)
        else:
            participant = ticket.knows(customer_id, message.sender.address)
            command = appended(message, body, customer_id, participant=participant)
        self.said.append(Said(command, arrival.heard, subject=ticket_id))
        self._count(message.channel, "appended")

    def _remember(self, arrival: Arrival, message: IncomingMessage, ticket_id: str | None) -> None:
        """Without an id of its channel the kit alone knows it, by source and event id."""
        if message.external_id is None:
            return
        self.store.remember(
            arrival.identity,
            channel=message.channel,
            mailbox=message.mailbox,
            external_id=message.external_id,
            ticket_id=ticket_id,
            fingerprint=message.fingerprint,
            at=arrival.heard.time,
        )

    def _say(self, arrival: Arrival, event: Message) -> None:
        subject = subject_of(arrival.heard, arrival.index)
        self.said.append(Said(event, arrival.heard, subject=subject))

    def _count(self, channel: str, outcome: str) -> None:
        label = channel if channel in LABELS else "other"
        self._tx.after_commit(MESSAGES.labels(label, outcome).inc)
