"""What reception keeps: which message is in which ticket, and whose each address is."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.intake.domain.conversation import OVER, KnownTicket, Thread
from services.intake.domain.identity import MessageIdentity, index_key, normal_address
from services.intake.store.customers import ADDRESSES, CUSTOMERS, CustomerChanges, documents
from services.intake.store.senders import SENDERS, SenderStore
from shared.contracts.fields import Status
from shared.contracts.people import CustomerUpdated
from shared.contracts.ticket import TicketHistory
from shared.kit.unit import Document, Transaction

RECEIVED = "received"  # one for each message with an id of its channel
CONVERSATIONS = "conversations"
TICKETS, NUMBERS = "tickets", "numbers"  # lifecycle's: read only
MOST_HOPS = 5  # from a merged ticket to the one that takes its messages

INDEXES: Mapping[str, tuple[tuple[tuple[str, int], ...], ...]] = {
    RECEIVED: ((("reference", 1),),),
    SENDERS: ((("customer_id", 1),),),
    ADDRESSES: ((("customer_id", 1),),),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A message that came before. `ticket_id` is None where it was held."""

    ticket_id: str | None
    fingerprint: str | None


@dataclass(slots=True)
class Wanted:
    """The ids that one batch has to know about."""

    messages: set[str] = field(default_factory=set)
    references: set[str] = field(default_factory=set)
    conversations: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)
    tickets: set[str] = field(default_factory=set)


@dataclass(slots=True)
class ReceptionStore:
    """One batch's view: what is stored, and over it what this batch has added."""

    tx: Transaction
    senders: SenderStore = field(init=False)
    _seen: dict[str, Document] = field(default_factory=dict)
    _references: dict[str, dict[str, str]] = field(default_factory=dict)
    _conversations: dict[str, Document] = field(default_factory=dict)
    _numbers: dict[str, str] = field(default_factory=dict)
    _addresses: dict[str, str] = field(default_factory=dict)
    _customers: dict[str, Document] = field(default_factory=dict)
    _owned: dict[str, set[str]] = field(default_factory=dict)
    _tickets: dict[str, KnownTicket] = field(default_factory=dict)
    _stored_seen: set[str] = field(default_factory=set)
    _stored_conversations: set[str] = field(default_factory=set)
    _new_seen: list[Document] = field(default_factory=list)
    _learned: dict[str, str] = field(default_factory=dict)
    _touched_conversations: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.senders = SenderStore(self.tx)

    async def load_index(self, wanted: Wanted) -> None:
        """Messages, conversations, numbers and customers, then the tickets they lead to."""
        self._seen = await documents(self.tx, RECEIVED, wanted.messages)
        self._stored_seen = set(self._seen)
        if wanted.references:
            where = {"reference": {"$in": sorted(wanted.references)}}
            for document in await self.tx.find(RECEIVED, where):
                self._remember_reference(document)
        self._conversations = await documents(self.tx, CONVERSATIONS, wanted.conversations)
        self._stored_conversations = set(self._conversations)
        numbers = await documents(self.tx, NUMBERS, {f"number:{n}" for n in wanted.numbers})
        self._numbers = {
            key.removeprefix("number:"): found["ticket_id"] for key, found in numbers.items()
        }
        addresses = await documents(self.tx, ADDRESSES, wanted.addresses)
        self._addresses = {key: found["customer_id"] for key, found in addresses.items()}
        self._customers = await documents(
            self.tx, CUSTOMERS, wanted.customers | set(self._addresses.values())
        )

    def overlay(self, changes: CustomerChanges) -> None:
        """What this batch says of customers holds for its messages; reads don't see it yet."""
        for address, owner in changes.owners.items():
            if owner is None:
                self._addresses.pop(address, None)
            else:
                self._addresses[address] = owner
        for customer_id, document in changes.customers.items():
            if document is None:
                self._customers.pop(customer_id, None)
            else:
                self._customers[customer_id] = document

    async def load_owned(self, customer_ids: Collection[str], changes: CustomerChanges) -> None:
        """All addresses that are theirs, by the CRM's word or an upstream's."""
        if not customer_ids:
            return
        where = {"customer_id": {"$in": sorted(customer_ids)}}
        found = {d["_id"]: d["customer_id"] for d in await self.tx.find(ADDRESSES, where)}
        for address, owner in {**found, **changes.owners}.items():
            if owner in customer_ids:
                self._owned.setdefault(owner, set()).add(address)

    async def load_tickets(self, ticket_ids: Iterable[str]) -> None:
        """With those that they were merged into or continued in."""
        missing = {*ticket_ids, *self._linked_tickets()}
        for _ in range(MOST_HOPS):
            found = await documents(self.tx, TICKETS, missing)
            for key, document in found.items():
                if "number" in document:
                    self._tickets[key] = _known_ticket(key, document)
            onward = {t.onward for t in self._tickets.values() if t.onward}
            missing = onward - set(self._tickets)
            if not missing:
                return

    def _linked_tickets(self) -> Iterable[str]:
        for found in self._references.values():
            yield from found.values()
        yield from (document["ticket_id"] for document in self._conversations.values())
        yield from self._numbers.values()
        yield from self.senders.tickets()

    def _remember_reference(self, document: Document) -> None:
        if document["ticket_id"] is not None:
            by_mailbox = self._references.setdefault(document["reference"], {})
            by_mailbox.setdefault(document["mailbox"], document["ticket_id"])

    def seen(self, identity: MessageIdentity) -> Seen | None:
        found = self._seen.get(identity.key)
        return None if found is None else Seen(found["ticket_id"], found.get("fingerprint"))

    def ticket_of_reference(self, channel: str, mailbox: str | None, reference: str) -> str | None:
        """By the channel's id of a message; of several mailboxes' tickets, this mailbox's."""
        found = self._references.get(reference_key(channel, reference), {})
        here = normal_address(mailbox or "", channel)
        return found.get(here) or next((found[each] for each in sorted(found)), None)

    def ticket_of_number(self, number: str) -> str | None:
        return self._numbers.get(number)

    def thread(self, key: str) -> Thread | None:
        found = self._conversations.get(key)
        return None if found is None else Thread(found["ticket_id"], found["last_at"])

    @property
    def tickets(self) -> Mapping[str, KnownTicket]:
        return self._tickets

    def final(self, ticket_id: str) -> str:
        """Where the ticket's messages go, after merges and follow-ups."""
        for _ in range(MOST_HOPS):
            ticket = self._tickets.get(ticket_id)
            if ticket is None or ticket.onward is None:
                break
            ticket_id = ticket.onward
        return ticket_id

    def customer_of(self, address: str) -> str | None:
        return self._addresses.get(address)

    def learn(self, address: str, customer_id: str, *, before: str | None = None) -> None:
        """Whose an address is, for as long as nobody has said so; the CRM's word replaces it.

        `before` is who the owner was while nobody knew him.
        """
        owner = self._addresses.get(address)
        if owner is None or (owner == before and owner != customer_id):
            self._addresses[address] = self._learned[address] = customer_id
            self._owned.setdefault(customer_id, set()).add(address)

    def addresses_of(self, customer_id: str) -> Collection[str]:
        return self._owned.get(customer_id, ())

    def customer(self, customer_id: str) -> CustomerUpdated | None:
        found = self._customers.get(customer_id)
        return None if found is None else CustomerUpdated.model_validate(found)

    def history(self, customer_ids: Collection[str]) -> TicketHistory:
        """Of one person, over all ids that are his."""
        tickets, recent = self.senders.opened_by(customer_ids)
        known = [self._tickets.get(ticket_id) for ticket_id in recent]
        return TicketHistory(
            tickets=tickets,
            open=sum(ticket is None or ticket.status not in OVER for ticket in known),
            last_ticket_number=next((t.number for t in known if t and t.number), None),
        )

    def remember(
        self,
        identity: MessageIdentity,
        *,
        channel: str,
        mailbox: str | None,
        external_id: str,
        ticket_id: str | None,
        fingerprint: str | None,
        at: datetime,
    ) -> None:
        document: Document = {
            "_id": identity.key,
            "reference": reference_key(channel, external_id),
            "mailbox": normal_address(mailbox or "", channel),
            "ticket_id": ticket_id,
            "fingerprint": fingerprint,
            "at": at,
        }
        self._seen[identity.key] = document
        self._new_seen.append(document)
        self._remember_reference(document)

    def go_on(self, key: str, ticket_id: str, at: datetime) -> None:
        """The conversation's latest word belongs to this ticket."""
        self._conversations[key] = {"_id": key, "ticket_id": ticket_id, "last_at": at}
        self._touched_conversations.add(key)

    def opened(self, ticket: KnownTicket, partition: int, at: datetime) -> None:
        self._tickets[ticket.ticket_id] = ticket
        self.senders.opened(ticket.customer_id, ticket.ticket_id, partition, at)

    def flush(self) -> None:
        """Inserts meet those of other partitions: then the batch runs again and sees theirs."""
        for document in self._new_seen:
            write = self.tx.put if document["_id"] in self._stored_seen else self.tx.insert
            write(RECEIVED, document)
        for address, owner in self._learned.items():
            self.tx.put(ADDRESSES, {"_id": address, "customer_id": owner})
        for key in sorted(self._touched_conversations):
            write = self.tx.put if key in self._stored_conversations else self.tx.insert
            write(CONVERSATIONS, self._conversations[key])
        self.senders.flush()


def reference_key(channel: str, external_id: str) -> str:
    return index_key(channel, external_id)


def conversation_key(channel: str, mailbox: str | None, conversation: str) -> str:
    return index_key("conversation", channel, normal_address(mailbox or "", channel), conversation)


def _known_ticket(ticket_id: str, document: Document) -> KnownTicket:
    return KnownTicket(
        ticket_id=ticket_id,
        status=Status(document["status"]),
        customer_id=document["requester"]["customer_id"],
        participants=frozenset(p for p in document["participants"] if isinstance(p, str)),
        number=document["number"],
        onward=document.get("merged_into") or document.get("continued_in"),
    )
